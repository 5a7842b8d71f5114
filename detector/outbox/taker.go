package outbox

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"
)

// Filter says which alerts a taker wants.
type Filter struct {
	Rules       []string // slugs; empty = all
	MinSeverity int      // 0 = all
}

// Wants reports whether the filter lets the alert through. Reports pass every one.
func (f Filter) Wants(a Alert) bool {
	return a.IsReport() || a.Severity >= f.MinSeverity && (len(f.Rules) == 0 || slices.Contains(f.Rules, a.Rule))
}

// grace is how long an acknowledged alert is kept. Fluent Bit acknowledges what
// it has put into a ring that it empties every 250 ms; what is in the ring is
// lost when the input is paused or ended.
const grace = time.Second

// Taker takes alerts out of a box. Take and Ack are called by one goroutine at
// a time; Pause, Resume and Close may come from others.
type Taker struct {
	box      *Box
	filter   Filter
	queue    []entry       // waiting to be taken
	flight   []entry       // taken, not acknowledged
	settling []entry       // acknowledged, oldest first
	bell     chan struct{} // rings when a Take that waits has to look again
	notify   func()        // does the same for who waits elsewhere
	paused   bool
	closed   bool
}

// Open returns a new taker for alerts that pass the filter. When several
// takers want an alert, the one that was opened first gets it.
func (b *Box) Open(f Filter) *Taker {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := &Taker{box: b, filter: f, bell: make(chan struct{}, 1)}
	b.takers = append(b.takers, t)
	b.between = false
	waiting := b.homeless
	b.homeless = nil
	for _, e := range waiting {
		b.route(e)
	}
	return t
}

func (t *Taker) ring() {
	select {
	case t.bell <- struct{}{}:
	default:
	}
	if t.notify != nil {
		t.notify()
	}
}

// Notify says what to call when a Take may give something, or must not wait,
// after one that gave nothing while the taker was Idle. It is called with the box
// locked and must not block.
func (t *Taker) Notify(ring func()) {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.notify = ring
}

// Idle says that nothing is waiting, nothing is in flight and nothing that was
// acknowledged has still to be let go.
func (t *Taker) Idle() bool {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	return !t.paused && !t.closed && len(t.queue)+len(t.flight)+len(t.settling) == 0
}

// Take returns the next alerts in order: as many as fit in maxBytes, but one at
// least. With nothing to give it waits up to that long, and then returns
// nothing; while the taker is paused, or when it is closed, it returns nothing
// at once. What it returned before and was not acknowledged is returned again
// first. The records are for reading and stay valid until a grace period after
// the batch was acknowledged.
func (t *Taker) Take(maxBytes int, wait time.Duration) []Alert {
	batch, open := t.take(maxBytes)
	if len(batch) > 0 || !open || wait <= 0 {
		return batch
	}
	end := time.Now().Add(wait)
	for {
		timer := time.NewTimer(min(time.Until(end), t.settlesIn()))
		select {
		case <-t.bell:
			timer.Stop()
		case <-timer.C:
			if !time.Now().Before(end) {
				return nil
			}
		}
		if batch, open = t.take(maxBytes); len(batch) > 0 || !open {
			return batch
		}
	}
}

// settlesIn returns how long it takes until something that was acknowledged can be
// let go.
func (t *Taker) settlesIn() time.Duration {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	if len(t.settling) == 0 {
		return math.MaxInt64
	}
	return max(t.settling[0].acked.Add(grace).Sub(t.box.now()), time.Millisecond)
}

// take returns what can be taken now, and whether more may come.
func (t *Taker) take(maxBytes int) (batch []Alert, open bool) {
	b := t.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.closed || t.paused {
		return nil, false
	}
	t.settle(b.now().Add(-grace))
	t.putBack(t.flight)
	t.flight = nil
	n, size := 0, 0
	for n < len(t.queue) && (n == 0 || size+len(t.queue[n].Record) <= maxBytes) {
		size += len(t.queue[n].Record)
		n++
	}
	if n == 0 {
		return nil, true
	}
	t.flight = slices.Clone(t.queue[:n])
	clear(t.queue[:n]) // the records are not to be held by what is left of the array
	t.queue = t.queue[n:]
	if len(t.queue) == 0 {
		t.queue = nil
	}
	batch = make([]Alert, n)
	for i, e := range t.flight {
		batch[i] = e.Alert
	}
	return batch, true
}

// Backlog returns the bytes of the alerts that wait to be taken.
func (t *Taker) Backlog() int {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	n := 0
	for _, e := range t.queue {
		n += len(e.Record)
	}
	return n
}

// Ack says that the batch of the last Take was delivered. It is gone from the
// box after a grace period.
func (t *Taker) Ack() { t.AckFirst(math.MaxInt) }

// AckFirst is Ack for the first n alerts of the batch. The others are taken
// again.
func (t *Taker) AckFirst(n int) {
	b := t.box
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	n = min(n, len(t.flight))
	for _, e := range t.flight[:n] {
		e.acked = now
		t.settling = append(t.settling, e)
	}
	clear(t.flight[:n]) // the records are not to be held by what is left of the array
	t.flight = t.flight[n:]
}

// Pause makes Take return nothing until Resume, also one that waits. What was
// acknowledged last may have been lost on the way: it is to be taken again.
func (t *Taker) Pause() {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.paused = true
	t.recall()
	t.ring()
}

// Resume ends a Pause.
func (t *Taker) Resume() {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.paused = false
	t.ring()
}

// recall puts back into the queue what is not known to have arrived.
func (t *Taker) recall() {
	t.settle(t.box.now().Add(-grace))
	t.putBack(t.flight)
	// Those are in the order in which they were acknowledged: alerts that
	// another taker left came late.
	slices.SortFunc(t.settling, func(x, y entry) int { return cmp.Compare(x.place, y.place) })
	t.putBack(t.settling)
	t.flight, t.settling = nil, nil
}

// putBack merges entries, which are in order, into the queue.
func (t *Taker) putBack(entries []entry) {
	if len(entries) == 0 {
		return
	}
	merged := make([]entry, 0, len(entries)+len(t.queue))
	for len(entries) > 0 && len(t.queue) > 0 {
		from := &entries
		if t.queue[0].place < entries[0].place {
			from = &t.queue
		}
		merged = append(merged, (*from)[0])
		*from = (*from)[1:]
	}
	t.queue = append(append(merged, entries...), t.queue...)
}

// Settle says that all that was acknowledged has arrived for certain. It is not taken
// again, also not after a crash; the error says that it may be, because a keeper
// could not note it. It may block.
func (t *Taker) Settle() (err error) {
	t.box.mu.Lock()
	keepers := t.settle(t.box.now())
	t.box.mu.Unlock()
	for _, k := range keepers {
		err = errors.Join(err, k.Note())
	}
	return err
}

// settle lets go of what was acknowledged at that time or before, and returns the
// keepers that were told.
func (t *Taker) settle(until time.Time) []Keeper {
	n := 0
	for n < len(t.settling) && !t.settling[n].acked.After(until) {
		n++
	}
	keepers := t.box.gone(t.settling[:n])
	clear(t.settling[:n])
	t.settling = t.settling[n:]
	if len(t.settling) == 0 {
		t.settling = nil
	}
	return keepers
}

// Close ends the taker. What it has not settled stays in the box for the
// takers that are opened next; a Take that waits returns at once.
func (t *Taker) Close() {
	b := t.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	b.between = true
	t.recall()
	b.takers = slices.DeleteFunc(b.takers, func(x *Taker) bool { return x == t })
	for _, e := range t.queue {
		b.homeless = insert(b.homeless, e)
	}
	t.queue = nil
	t.ring()
}
