package delivery

import "github.com/fluent-detect/fluent-detect/detector/outbox"

// Batch is a number of alerts in order, with their encoded form.
type Batch struct {
	Alerts []outbox.Alert
	data   []byte
	ends   []int // of each alert in data
	start  int   // of the first one
}

// Encoded returns the encoded form of the alerts from i up to j, without j.
func (b *Batch) Encoded(i, j int) []byte {
	start := b.start
	if i > 0 {
		start = b.ends[i-1]
	}
	if i == j {
		return nil
	}
	return b.data[start:b.ends[j-1]]
}

// All returns the encoded form of all alerts.
func (b *Batch) All() []byte { return b.Encoded(0, len(b.Alerts)) }

// first returns a batch of the first n alerts.
func (b Batch) first(n int) Batch {
	b.Alerts, b.ends = b.Alerts[:n], b.ends[:n]
	return b
}

// skip removes the first n alerts.
func (b *Batch) skip(n int) {
	if n > 0 {
		b.start = b.ends[n-1]
		b.Alerts, b.ends = b.Alerts[n:], b.ends[n:]
	}
}

// NewBatch encodes alerts in the memory of buf, of which nothing else remains.
func NewBatch(alerts []outbox.Alert, appendAlert func([]byte, *outbox.Alert) []byte, buf []byte) Batch {
	b := Batch{Alerts: alerts, data: buf[:0], ends: make([]int, len(alerts))}
	for i := range alerts {
		b.data = appendAlert(b.data, &alerts[i])
		b.ends[i] = len(b.data)
	}
	return b
}

// maxKept is the maximum size of a buffer to be used for the next batch: a single
// alert may be much larger than a batch.
const maxKept = 16 * maxBytes

// buffer returns the memory of the batch for the next one.
func (b *Batch) buffer() []byte {
	if cap(b.data) > maxKept {
		return nil
	}
	return b.data
}
