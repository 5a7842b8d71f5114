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
	ID       string    // the uuid
	Rule     string    // slug of the rule, what the inputs' key rules names; empty: a report, see IsReport
	Severity int       // 21, 47, 73, 99
	Time     time.Time // when it was made
	Record   []byte    // the document, a msgpack map
}

// Keeper keeps alerts somewhere safe until they are gone from the box.
type Keeper interface {
	// Forget says that the alerts with these numbers are gone: delivered, or
	// given away. It must not block.
	Forget(channel string, numbers []uint64)
	// Note sees to it that they are not delivered again should the process be
	// killed now. It may block.
	Note() error
}

// entry is an alert with its place in the order of arrival.
type entry struct {
	Alert
	place  uint64
	keeper Keeper    // nil: it is in the box only
	number uint64    // by which the keeper knows it
	acked  time.Time // when it was acknowledged; for those that are settling
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
	reports  int // of them
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
	r, unwanted, err := b.Reserve(alerts)
	if err == nil {
		r.Commit(nil, nil)
	}
	return unwanted, err
}

// Reservation is room in a box for alerts that somebody keeps safe first.
type Reservation struct {
	box    *Box
	alerts []Alert
	bytes  int
}

// Reserve is Put in two steps: the alerts are not in the box before Commit, but
// there is room for them until Commit or Cancel.
func (b *Box) Reserve(alerts []Alert) (r Reservation, unwanted []Alert, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.box = b
	keepAll := b.unsettled()
	for _, a := range alerts {
		if keepAll || b.wanter(a) != nil {
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

// Commit puts the alerts in the box. The keeper, if there is one, is told by
// these numbers when they are gone.
func (r *Reservation) Commit(k Keeper, numbers []uint64) {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	r.box.add(r.alerts, k, numbers)
}

// Cancel gives the room back.
func (r *Reservation) Cancel() {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	r.box.bytes -= r.bytes
	r.box.count -= len(r.alerts)
}

// Restore puts alerts in the box that a keeper has from before, however many
// they are.
func (b *Box) Restore(alerts []Alert, k Keeper, numbers []uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range alerts {
		b.bytes += len(a.Record)
	}
	b.count += len(alerts)
	b.add(alerts, k, numbers)
}

// add gives alerts for which there is room to their takers.
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

// gone takes entries out of the books, and tells their keepers, which it returns,
// each once.
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
			numbers = append(numbers, entries[n].number)
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

// unsettled reports whether takers are still to come, so that nobody can tell yet
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
	}
	b.gone(b.homeless)
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
	at, _ := slices.BinarySearchFunc(s, e.place, func(x entry, place uint64) int { return cmp.Compare(x.place, place) })
	return slices.Insert(s, at, e)
}

// Undelivered returns the alerts that are in the box and with no keeper, in order:
// those that are in nobody's hands, and those that a taker has and did not settle.
func (b *Box) Undelivered() []Alert {
	alerts := []Alert{}
	for _, e := range b.entries() {
		if e.keeper == nil && !e.IsReport() {
			alerts = append(alerts, e.Alert)
		}
	}
	return alerts
}

// Stored returns how many alerts are in the box that a keeper has as well.
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
	all := slices.Clone(b.homeless)
	for _, t := range b.takers {
		all = append(all, t.queue...)
		all = append(all, t.flight...)
		all = append(all, t.settling...)
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

// Wants reports whether some taker of the channel would take alerts of a rule of
// that slug and severity.
func (b *Box) Wants(rule string, severity int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wanter(Alert{Rule: rule, Severity: severity}) != nil
}

// HasTakers reports whether any taker is open.
func (b *Box) HasTakers() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.takers) > 0
}
