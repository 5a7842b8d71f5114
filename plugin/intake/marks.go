package intake

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

const (
	// markKey is the member of a record's metadata that has the mark.
	markKey = "fluent_detect"
	// markNonce and markNumber are the sizes in bytes of the two parts of a mark: a
	// random number of the process, and the number of the batch. Both are hexadecimal.
	markNonce  = 16
	markNumber = 12
)

// Marks tells the batches of a process apart. It is safe for concurrent use.
type Marks struct {
	nonce []byte
	count atomic.Int64 // of open batches

	mu   sync.Mutex
	last uint64
	open map[uint64]*Batch // not confirmed
}

// NewMarks returns marks that no other process has.
func NewMarks() *Marks {
	var random [markNonce / 2]byte
	_, _ = rand.Read(random[:]) // never fails
	return &Marks{nonce: hex.AppendEncode(nil, random[:]), open: map[uint64]*Batch{}}
}

// next returns the number of the next batch.
func (m *Marks) next() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = (m.last + 1) & (1<<(4*markNumber) - 1)
	return m.last
}

// add makes a batch one that can be confirmed.
func (m *Marks) add(b *Batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open[b.number] = b
	m.count.Add(1)
}

// remove makes a batch one that can no longer be confirmed, and reports whether it
// could.
func (m *Marks) remove(b *Batch) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[b.number] != b {
		return false
	}
	delete(m.open, b.number)
	m.count.Add(-1)
	return true
}

// appendMetadata appends the metadata of the records of a batch, as msgpack.
func (m *Marks) appendMetadata(dst []byte, number uint64) []byte {
	dst = msgpack.AppendString(msgpack.AppendMapHeader(dst, 1), markKey)
	dst = msgpack.AppendStringHeader(dst, markNonce+markNumber)
	dst = append(dst, m.nonce...)
	var digits [markNumber]byte
	for i := range digits {
		digits[len(digits)-1-i] = "0123456789abcdef"[number>>(4*i)&0xf]
	}
	return append(dst, digits[:]...)
}

// Confirm confirms the batches of which there are records in the chunk. It neither
// blocks nor retains the chunk. Without open batches it costs nothing.
func (m *Marks) Confirm(chunk []byte) {
	if m.count.Load() == 0 {
		return
	}
	var last uint64
	for {
		i := bytes.Index(chunk, m.nonce)
		if i < 0 {
			return
		}
		chunk = chunk[i+markNonce:]
		if len(chunk) < markNumber {
			return
		}
		number, err := strconv.ParseUint(string(chunk[:markNumber]), 16, 64)
		if err != nil || number == last {
			continue
		}
		last = number
		m.mu.Lock()
		b := m.open[number]
		delete(m.open, number)
		m.mu.Unlock()
		if b != nil {
			m.count.Add(-1)
			b.reading.queue.confirm(b)
		}
	}
}
