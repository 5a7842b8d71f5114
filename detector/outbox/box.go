package outbox

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Alert is one finished alert.
type Alert struct {
	ID       string
	Rule     string    // slug of the rule; empty: a report, see IsReport
	Severity int       // 21, 47, 73, 99
	Time     time.Time // when it was made
	Record   []byte    // the document, a msgpack map
}

// Keeper keeps alerts somewhere safe while they are in a box.
type Keeper interface {
	// Forget is called when the alerts with these numbers have left the box. It
	// must not block.
	Forget(channel string, numbers []uint64)
	// Note ensures that alerts for which Forget was called are not delivered again
	// if the process is killed from now on. It may block.
	Note() error
}

// entry is an alert with its place in the order of arrival.
type entry struct {
	Alert
	place  uint64
	keeper Keeper    // nil: none
	number uint64    // of the alert at the keeper
	acked  time.Time // when it was acknowledged
}

// Box holds the undelivered alerts of one channel.
type Box struct {
	name     string
	maxBytes int
	now      func() time.Time

	mu        sync.Mutex
	consumers []*Consumer
	between   bool    // a consumer was closed, and none was opened since
	unrouted  []entry // alerts that no consumer accepts, in order
	next      uint64
	bytes     int // of all alerts that are not gone
	count     int
	reports   int // of them
}

// New returns an empty box for the channel of that name. It holds alerts of up to
// maxBytes bytes in total.
func New(name string, maxBytes int) *Box {
	return &Box{name: name, maxBytes: maxBytes, now: time.Now}
}

// FullError means that a box has no room for a batch now. Nothing of the batch is in
// the box; it can be put again when some alerts were delivered.
type FullError struct {
	Channel          string
	Bytes, Max, Want int
}

// Error names the channel and the sizes in bytes.
func (e *FullError) Error() string {
	return fmt.Sprintf("outbox of channel %q is full: %d of %d bytes wait for delivery, %d more do not fit",
		e.Channel, e.Bytes, e.Max, e.Want)
}

// Put puts all the alerts in the box, or none. It returns those that no consumer of
// the channel accepts, which are not kept; but before the first consumer is opened,
// and while one is closed and the next is not opened yet (during a reload),
// everything is kept. The error is a *FullError. A batch that is larger than the
// whole box fits if the box is empty.
func (b *Box) Put(alerts []Alert) (unwanted []Alert, err error) {
	r, unwanted, err := b.Reserve(alerts)
	if err == nil {
		r.Commit(nil, nil)
	}
	return unwanted, err
}

// Reservation is room in a box for alerts that have to be written to disk first.
type Reservation struct {
	box    *Box
	alerts []Alert
	bytes  int
}

// Reserve is Put in two steps: there is room for the alerts until Commit, which puts
// them in the box, or Cancel.
func (b *Box) Reserve(alerts []Alert) (r Reservation, unwanted []Alert, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.box = b
	keepAll := b.consumersPending()
	r.alerts = make([]Alert, 0, len(alerts))
	for _, a := range alerts {
		if keepAll || b.consumerOf(a) != nil {
			r.alerts = append(r.alerts, a)
			r.bytes += len(a.Record)
		} else {
			unwanted = append(unwanted, a)
		}
	}
	if r.bytes > 0 && b.count > 0 && b.bytes+r.bytes > b.maxBytes {
		return Reservation{}, nil, &FullError{Channel: b.name, Bytes: b.bytes, Max: b.maxBytes, Want: r.bytes}
	}
	b.bytes += r.bytes
	b.count += len(r.alerts)
	return r, unwanted, nil
}

// Alerts returns the alerts that Commit will put in the box.
func (r *Reservation) Alerts() []Alert { return r.alerts }

// Commit puts the alerts in the box. The keeper, if there is one, has them under
// these numbers.
func (r *Reservation) Commit(k Keeper, numbers []uint64) {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	r.box.add(r.alerts, k, numbers)
}

// Cancel frees the room.
func (r *Reservation) Cancel() {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	r.box.bytes -= r.bytes
	r.box.count -= len(r.alerts)
}

// Restore puts alerts in the box that a keeper has from an earlier process, however
// many they are.
func (b *Box) Restore(alerts []Alert, k Keeper, numbers []uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range alerts {
		b.bytes += len(a.Record)
	}
	b.count += len(alerts)
	b.add(alerts, k, numbers)
}

// add routes alerts for which there is room.
func (b *Box) add(alerts []Alert, k Keeper, numbers []uint64) {
	for i, a := range alerts {
		b.next++
		e := entry{Alert: a, place: b.next}
		if k != nil {
			e.keeper, e.number = k, numbers[i]
		}
		if a.IsReport() {
			b.reports++
		}
		b.route(e)
	}
}

// gone removes entries that are in no list any more from the counts, and calls
// Forget of their keepers. It returns these keepers, each once.
func (b *Box) gone(entries []entry) (keepers []Keeper) {
	for len(entries) > 0 {
		k := entries[0].keeper
		var numbers []uint64
		n := 0
		for ; n < len(entries) && entries[n].keeper == k; n++ {
			b.bytes -= len(entries[n].Record)
			if entries[n].IsReport() {
				b.reports--
			}
			if k != nil {
				numbers = append(numbers, entries[n].number)
			}
		}
		b.count -= n
		entries = entries[n:]
		if k != nil {
			k.Forget(b.name, numbers)
			if !slices.Contains(keepers, k) {
				keepers = append(keepers, k)
			}
		}
	}
	return keepers
}

// consumersPending reports whether consumers are still to be opened, so that it is
// not known yet what they accept.
func (b *Box) consumersPending() bool { return b.between || len(b.consumers) == 0 }

// TakeUnrouted removes and returns the alerts that none of the consumers accepts:
// they were put in when there were others. It should be called when all consumers
// are open; before, and during a reload, it returns nothing.
func (b *Box) TakeUnrouted() []Alert {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.consumersPending() {
		return nil
	}
	alerts := make([]Alert, len(b.unrouted))
	for i, e := range b.unrouted {
		alerts[i] = e.Alert
	}
	b.gone(b.unrouted)
	b.unrouted = nil
	return alerts
}

// consumerOf returns the first consumer that accepts the alert, or nil.
func (b *Box) consumerOf(a Alert) *Consumer {
	for _, t := range b.consumers {
		if t.filter.Accepts(a) {
			return t
		}
	}
	return nil
}

// route puts an entry in the queue of its consumer, or among those without one.
func (b *Box) route(e entry) {
	t := b.consumerOf(e.Alert)
	if t == nil {
		b.unrouted = insert(b.unrouted, e)
		return
	}
	t.queue = insert(t.queue, e)
	t.wake()
}

// insert inserts e by its place, which is nearly always the end.
func insert(s []entry, e entry) []entry {
	if n := len(s); n == 0 || s[n-1].place < e.place {
		return append(s, e)
	}
	at, _ := slices.BinarySearchFunc(s, e.place, func(x entry, place uint64) int { return cmp.Compare(x.place, place) })
	return slices.Insert(s, at, e)
}

// Undelivered returns the alerts in the box that have no keeper, in order, whether
// or not a consumer has taken them.
func (b *Box) Undelivered() []Alert {
	alerts := []Alert{}
	for _, e := range b.entries() {
		if e.keeper == nil && !e.IsReport() {
			alerts = append(alerts, e.Alert)
		}
	}
	return alerts
}

// Stored returns how many alerts in the box have a keeper.
func (b *Box) Stored() int {
	n := 0
	for _, e := range b.entries() {
		if e.keeper != nil {
			n++
		}
	}
	return n
}

// entries returns all that is in the box, in order.
func (b *Box) entries() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.unrouted)
	for _, t := range b.consumers {
		all = append(all, t.queue...)
		all = append(all, t.flight...)
		all = append(all, t.aside...)
		all = append(all, t.acked...)
	}
	slices.SortFunc(all, func(x, y entry) int { return cmp.Compare(x.place, y.place) })
	return all
}

// Size returns how many alerts are in the box, and the bytes of all that is in it.
func (b *Box) Size() (alerts, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count - b.reports, b.bytes
}

// Accepts reports whether a consumer of the channel accepts alerts of a rule with
// that slug and severity.
func (b *Box) Accepts(rule string, severity int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.consumerOf(Alert{Rule: rule, Severity: severity}) != nil
}

// HasConsumers reports whether any consumer is open.
func (b *Box) HasConsumers() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.consumers) > 0
}
