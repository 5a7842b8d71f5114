package outbox

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Alert is one finished alert.
type Alert struct {
	ID       string    // the uuid
	Rule     string    // slug of the rule, what the inputs' key rules names
	Severity int       // 21, 47, 73, 99
	Time     time.Time // when it was made
	Record   []byte    // the document, a msgpack map
}

// entry is an alert with its place in the order of arrival.
type entry struct {
	Alert
	place uint64
	acked time.Time // when it was acknowledged; for those that are settling
}

// Box holds the undelivered alerts of one channel.
type Box struct {
	name     string
	maxBytes int
	now      func() time.Time

	mu       sync.Mutex
	takers   []*Taker
	between  bool    // a taker was closed, and none was opened since
	homeless []entry // what no taker has been found for yet, in order
	next     uint64
	bytes    int // of all alerts that are not gone
	count    int
}

// New returns an empty box for the channel of that name. It takes alerts of up
// to maxBytes bytes altogether.
func New(name string, maxBytes int) *Box {
	return &Box{name: name, maxBytes: maxBytes, now: time.Now}
}

// FullError says that a box cannot take a batch now. Nothing of it was taken:
// the batch can be put again when inputs have delivered some alerts.
type FullError struct {
	Channel          string
	Bytes, Max, Want int
}

// Error names the channel and the sizes in bytes.
func (e *FullError) Error() string {
	return fmt.Sprintf("outbox of channel %q is full: %d of %d bytes wait for delivery, %d more do not fit",
		e.Channel, e.Bytes, e.Max, e.Want)
}

// Put takes all the alerts or none. It returns those that no taker of the
// channel wants, which it does not keep; but before the first taker is opened,
// and from the time that one is closed until the next is opened (during a
// reload), everything is kept. The error is a *FullError. A batch that is
// larger than the whole box is taken when the box is empty.
func (b *Box) Put(alerts []Alert) (unwanted []Alert, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keepAll := b.unsettled()
	want := 0
	for _, a := range alerts {
		if keepAll || b.wanter(a) != nil {
			want += len(a.Record)
		}
	}
	if want > 0 && b.count > 0 && b.bytes+want > b.maxBytes {
		return nil, &FullError{Channel: b.name, Bytes: b.bytes, Max: b.maxBytes, Want: want}
	}
	for _, a := range alerts {
		if !keepAll && b.wanter(a) == nil {
			unwanted = append(unwanted, a)
			continue
		}
		b.next++
		b.bytes += len(a.Record)
		b.count++
		b.route(entry{Alert: a, place: b.next})
	}
	return unwanted, nil
}

// unsettled says whether takers are still to come, so that nobody can tell yet
// what is wanted.
func (b *Box) unsettled() bool { return b.between || len(b.takers) == 0 }

// Orphans takes out of the box, and returns, what none of the takers wants: it
// was put there when there were others. To be called when all of them are open;
// before, and during a reload, it returns nothing.
func (b *Box) Orphans() []Alert {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unsettled() {
		return nil
	}
	alerts := make([]Alert, len(b.homeless))
	for i, e := range b.homeless {
		alerts[i] = e.Alert
		b.bytes -= len(e.Record)
	}
	b.count -= len(alerts)
	b.homeless = nil
	return alerts
}

// wanter returns the first taker that wants the alert.
func (b *Box) wanter(a Alert) *Taker {
	for _, t := range b.takers {
		if t.filter.Wants(a) {
			return t
		}
	}
	return nil
}

// route gives an entry that is in the box to its taker, or keeps it until one
// comes.
func (b *Box) route(e entry) {
	t := b.wanter(e.Alert)
	if t == nil {
		b.homeless = insert(b.homeless, e)
		return
	}
	t.queue = insert(t.queue, e)
	t.ring()
}

// insert puts e where its place is; nearly always this is the end.
func insert(s []entry, e entry) []entry {
	if n := len(s); n == 0 || s[n-1].place < e.place {
		return append(s, e)
	}
	at, _ := slices.BinarySearchFunc(s, e.place, func(x entry, place uint64) int {
		if x.place < place {
			return -1
		}
		return 1
	})
	return slices.Insert(s, at, e)
}

// Undelivered returns what is in the box, in order: alerts that are in
// nobody's hands, and those that a taker has and did not settle.
func (b *Box) Undelivered() []Alert {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.homeless)
	for _, t := range b.takers {
		all = append(all, t.queue...)
		all = append(all, t.flight...)
		all = append(all, t.settling...)
	}
	slices.SortFunc(all, func(x, y entry) int {
		if x.place < y.place {
			return -1
		}
		return 1
	})
	alerts := make([]Alert, len(all))
	for i, e := range all {
		alerts[i] = e.Alert
	}
	return alerts
}

// Size returns how many alerts are in the box and their bytes.
func (b *Box) Size() (alerts, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count, b.bytes
}

// Wants says whether some taker of the channel would take alerts of a rule of
// that slug and severity.
func (b *Box) Wants(rule string, severity int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wanter(Alert{Rule: rule, Severity: severity}) != nil
}

// HasTakers says whether any taker is open.
func (b *Box) HasTakers() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.takers) > 0
}
