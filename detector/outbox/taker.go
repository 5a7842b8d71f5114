package outbox

import (
	"slices"
	"time"
)

// Filter says which alerts a taker wants.
type Filter struct {
	Rules       []string // slugs; empty = all
	MinSeverity int      // 0 = all
}

// Wants says whether the filter lets the alert through.
func (f Filter) Wants(a Alert) bool {
	return a.Severity >= f.MinSeverity && (len(f.Rules) == 0 || slices.Contains(f.Rules, a.Rule))
}

// Taker takes alerts out of a box. Take, Ack and Recall are called by one
// goroutine at a time; Close may come from another.
type Taker struct {
	box      *Box
	filter   Filter
	queue    []entry       // waiting to be taken
	flight   []entry       // taken, not acknowledged
	settling []entry       // acknowledged, kept for one more round
	bell     chan struct{} // rings when something is put into an empty queue
	closed   bool
}

// Open returns a new taker for alerts that pass the filter. When several
// takers want an alert, the one that was opened first gets it.
func (b *Box) Open(f Filter) *Taker {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := &Taker{box: b, filter: f, bell: make(chan struct{}, 1)}
	b.takers = append(b.takers, t)
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
}

// Take settles what was acknowledged before, and then returns the next alerts
// in order: as many as fit in maxBytes, but one at least. With nothing to give
// it waits up to that long, and then returns nothing. What it returned before
// and was not acknowledged is returned again first. The records are for
// reading and stay valid until the batch is settled.
func (t *Taker) Take(maxBytes int, wait time.Duration) []Alert {
	if batch := t.take(maxBytes); len(batch) > 0 || wait <= 0 {
		return batch
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-t.bell:
			if batch := t.take(maxBytes); len(batch) > 0 || t.isClosed() {
				return batch
			}
		case <-timer.C:
			return nil
		}
	}
}

func (t *Taker) isClosed() bool {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	return t.closed
}

func (t *Taker) take(maxBytes int) []Alert {
	b := t.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.closed {
		return nil
	}
	t.settle()
	t.putBack(t.flight)
	t.flight = nil
	n, size := 0, 0
	for n < len(t.queue) && (n == 0 || size+len(t.queue[n].Record) <= maxBytes) {
		size += len(t.queue[n].Record)
		n++
	}
	if n == 0 {
		return nil
	}
	t.flight = slices.Clone(t.queue[:n])
	clear(t.queue[:n]) // the records are not to be held by what is left of the array
	t.queue = t.queue[n:]
	if len(t.queue) == 0 {
		t.queue = nil
	}
	batch := make([]Alert, n)
	for i, e := range t.flight {
		batch[i] = e.Alert
	}
	return batch
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

// Ack says that the batch of the last Take was delivered. It is settled, and
// gone, with the next Take.
func (t *Taker) Ack() {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.settling = append(t.settling, t.flight...)
	t.flight = nil
}

// Recall says that what was delivered last may have been lost on the way: it
// is to be taken again.
func (t *Taker) Recall() {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.putBack(t.flight)
	t.putBack(t.settling)
	t.flight, t.settling = nil, nil
	if len(t.queue) > 0 {
		t.ring()
	}
}

func (t *Taker) putBack(entries []entry) {
	for _, e := range entries {
		t.queue = insert(t.queue, e)
	}
}

// Settle says that all that was acknowledged has arrived for certain.
func (t *Taker) Settle() {
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	t.settle()
}

func (t *Taker) settle() {
	for _, e := range t.settling {
		t.box.bytes -= len(e.Record)
		t.box.count--
	}
	t.settling = nil
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
	t.putBack(t.flight)
	t.putBack(t.settling)
	b.takers = slices.DeleteFunc(b.takers, func(x *Taker) bool { return x == t })
	for _, e := range t.queue {
		b.homeless = insert(b.homeless, e)
	}
	t.queue, t.flight, t.settling = nil, nil, nil
	t.ring()
}
