package outbox

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"
)

// Filter selects the alerts of a consumer.
type Filter struct {
	Rules       []string // slugs; empty = all
	MinSeverity int      // 0 = all
}

// Accepts reports whether the alert passes the filter. Reports pass every filter.
func (f Filter) Accepts(a Alert) bool {
	return a.IsReport() || a.Severity >= f.MinSeverity && (len(f.Rules) == 0 || slices.Contains(f.Rules, a.Rule))
}

// Grace is how long an acknowledged alert is kept. Fluent Bit acknowledges alerts that
// it has put in a ring buffer, which it empties every 250 ms; what is in it is lost
// when the process or the input ends.
const Grace = time.Second

const grace = Grace

// Consumer takes alerts out of a box. Take and Ack are called by one goroutine at a
// time; the other functions may be called by others.
type Consumer struct {
	box    *Box
	filter Filter
	queue  []entry       // waiting to be taken
	flight []entry       // taken, not acknowledged
	aside  []entry       // set aside by SetAside, in that order
	acked  []entry       // acknowledged and not confirmed, oldest first
	wakeup chan struct{} // wakes a Take that waits
	notify func()        // of Notify
	paused bool
	closed bool
}

// Open returns a new consumer for alerts that pass the filter. If several consumers
// accept an alert, the one that was opened first gets it.
func (b *Box) Open(f Filter) *Consumer {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := &Consumer{box: b, filter: f, wakeup: make(chan struct{}, 1)}
	b.consumers = append(b.consumers, c)
	b.between = false
	waiting := b.unrouted
	b.unrouted = nil
	for _, e := range waiting {
		b.route(e)
	}
	return c
}

func (c *Consumer) wake() {
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
	if c.notify != nil {
		c.notify()
	}
}

// Notify sets a function that is called when a Take may return something, or should
// not be waited for, after one that returned nothing while the consumer was Idle. It
// is called with the box locked and must not block.
func (c *Consumer) Notify(wake func()) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.notify = wake
}

// Idle reports whether nothing is waiting, in flight, or acknowledged and not
// confirmed.
func (c *Consumer) Idle() bool {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	return !c.paused && !c.closed && len(c.queue)+len(c.flight)+len(c.aside)+len(c.acked) == 0
}

// Take returns the next alerts in order: as many as fit in maxBytes, but at least
// one. If there are none it waits up to that long and then returns nothing; while the
// consumer is paused, and when it is closed, it returns nothing at once. Alerts that
// it returned before and that were not acknowledged are returned again first. The
// records are read-only and stay valid until a grace period after the batch was
// acknowledged.
func (c *Consumer) Take(maxBytes int, wait time.Duration) []Alert {
	batch, open := c.take(maxBytes)
	if len(batch) > 0 || !open || wait <= 0 {
		return batch
	}
	end := time.Now().Add(wait)
	for {
		timer := time.NewTimer(min(time.Until(end), c.confirmableIn()))
		select {
		case <-c.wakeup:
			timer.Stop()
		case <-timer.C:
			if !time.Now().Before(end) {
				return nil
			}
		}
		if batch, open = c.take(maxBytes); len(batch) > 0 || !open {
			return batch
		}
	}
}

// confirmableIn returns the time until the grace period of an acknowledged alert
// ends.
func (c *Consumer) confirmableIn() time.Duration {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	if len(c.acked) == 0 {
		return math.MaxInt64
	}
	return max(c.acked[0].acked.Add(grace).Sub(c.box.now()), time.Millisecond)
}

// take returns what can be taken now, and whether more may come.
func (c *Consumer) take(maxBytes int) (batch []Alert, open bool) {
	batch, confirmed, open := c.takeLocked(maxBytes)
	for _, k := range confirmed {
		_ = k.Note() // if that fails they are deleted soon all the same
	}
	return batch, open
}

// takeLocked is take. It also returns the keepers of alerts that it confirmed.
func (c *Consumer) takeLocked(maxBytes int) (batch []Alert, confirmed []Keeper, open bool) {
	b := c.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.closed || c.paused {
		return nil, nil, false
	}
	confirmed = c.confirm(b.now().Add(-grace))
	c.putBack(c.flight)
	c.flight = nil
	n, size := 0, 0
	for n < len(c.queue) && (n == 0 || size+len(c.queue[n].Record) <= maxBytes) {
		size += len(c.queue[n].Record)
		n++
	}
	if n == 0 {
		return nil, confirmed, true
	}
	c.flight = slices.Clone(c.queue[:n])
	clear(c.queue[:n]) // the rest of the array must not keep the records alive
	c.queue = c.queue[n:]
	if len(c.queue) == 0 {
		c.queue = nil
	}
	batch = make([]Alert, n)
	for i, e := range c.flight {
		batch[i] = e.Alert
	}
	return batch, confirmed, true
}

// Backlog returns the bytes of the alerts that wait to be taken.
func (c *Consumer) Backlog() int {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	n := 0
	for _, e := range c.queue {
		n += len(e.Record)
	}
	return n
}

// Ack acknowledges the batch of the last Take. It leaves the box after a grace
// period.
func (c *Consumer) Ack() { c.AckFirst(math.MaxInt) }

// AckFirst is Ack for the first n alerts of the batch. The rest is returned by the
// next Take.
func (c *Consumer) AckFirst(n int) {
	b := c.box
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	n = min(n, len(c.flight))
	c.acked = slices.Grow(c.acked, n)
	for _, e := range c.flight[:n] {
		e.acked = now
		c.acked = append(c.acked, e)
	}
	clear(c.flight[:n]) // the rest of the array must not keep the records alive
	c.flight = c.flight[n:]
}

// SetAside sets the first alert of the batch aside: it is no longer of the batch, and Take
// does not return it: the consumers that are opened next do, unless it is acknowledged.
// The number that SetAside returns is for AckAside. There must be a first one.
func (c *Consumer) SetAside() (number uint64) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	e := c.flight[0]
	c.aside = append(c.aside, e)
	c.flight[0] = entry{} // the rest of the array must not keep the record alive
	c.flight = c.flight[1:]
	return e.place
}

// AckAside acknowledges an alert that was set aside.
func (c *Consumer) AckAside(number uint64) {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	i := slices.IndexFunc(c.aside, func(e entry) bool { return e.place == number })
	if i < 0 { // the consumer was closed
		return
	}
	e := c.aside[i]
	e.acked = c.box.now()
	c.acked = append(c.acked, e)
	c.aside = slices.Delete(c.aside, i, i+1)
}

// Pause makes Take return nothing until Resume, also one that waits. The batch of the
// last Take can still be acknowledged.
func (c *Consumer) Pause() {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.paused = true
	c.wake()
}

// Resume ends a Pause.
func (c *Consumer) Resume() {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	c.paused = false
	c.wake()
}

// Renew restarts the grace period of everything that was acknowledged, because the ring
// buffer was not read until now.
func (c *Consumer) Renew() {
	c.box.mu.Lock()
	defer c.box.mu.Unlock()
	now := c.box.now()
	for i := range c.acked {
		c.acked[i].acked = now
	}
}

// recall puts back into the queue what is not confirmed.
func (c *Consumer) recall() {
	c.putBack(c.flight)
	// These are in the order of acknowledgement, or of being set aside: alerts that
	// another consumer left came late.
	late := append(c.acked, c.aside...)
	slices.SortFunc(late, func(x, y entry) int { return cmp.Compare(x.place, y.place) })
	c.putBack(late)
	c.flight, c.acked, c.aside = nil, nil, nil
}

// putBack merges entries, which are in order, into the queue.
func (c *Consumer) putBack(entries []entry) {
	if len(entries) == 0 {
		return
	}
	merged := make([]entry, 0, len(entries)+len(c.queue))
	for len(entries) > 0 && len(c.queue) > 0 {
		from := &entries
		if c.queue[0].place < entries[0].place {
			from = &c.queue
		}
		merged = append(merged, (*from)[0])
		*from = (*from)[1:]
	}
	c.queue = append(append(merged, entries...), c.queue...)
}

// Confirm confirms that everything that was acknowledged has arrived. It is not taken
// again, not even after a crash, unless the error says that a keeper could not note
// it. Confirm may block.
func (c *Consumer) Confirm() (err error) {
	c.box.mu.Lock()
	keepers := c.confirm(c.box.now())
	c.box.mu.Unlock()
	for _, k := range keepers {
		err = errors.Join(err, k.Note())
	}
	return err
}

// confirm removes what was acknowledged at that time or before, and returns the
// keepers of it.
func (c *Consumer) confirm(until time.Time) []Keeper {
	n := 0
	for n < len(c.acked) && !c.acked[n].acked.After(until) {
		n++
	}
	keepers := c.box.gone(c.acked[:n])
	clear(c.acked[:n])
	c.acked = c.acked[n:]
	if len(c.acked) == 0 {
		c.acked = nil
	}
	return keepers
}

// Close closes the consumer. What is not confirmed stays in the box for the consumers
// that are opened next; a Take that waits returns at once.
func (c *Consumer) Close() { c.CloseAt(c.box.now().Add(-grace)) }

// CloseAt is Close, and confirms what was acknowledged at that time or before.
func (c *Consumer) CloseAt(arrived time.Time) {
	b := c.box
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	b.between = true
	c.confirm(arrived)
	c.recall()
	b.consumers = slices.DeleteFunc(b.consumers, func(x *Consumer) bool { return x == c })
	for _, e := range c.queue {
		b.unrouted = insert(b.unrouted, e)
	}
	c.queue = nil
	c.wake()
}
