package intake

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// MaxBatch is the maximum size of a batch in bytes, unless a single record is longer.
const MaxBatch = 1 << 20

// Acknowledgement says what confirms a batch.
type Acknowledgement uint8

// The acknowledgements.
const (
	// Detected is the commit of a detector that has evaluated the batch.
	Detected Acknowledgement = iota
	// Appended is that the host took the batch and was not paused in the two seconds
	// that followed. It may lose what a crash finds in the host's memory.
	Appended
	// Evaluated is that the host took the batch: it has evaluated it and committed the
	// state before it says so. Records have no marks.
	Evaluated
)

const (
	// appendedAfter is how long a host takes to store what it took.
	appendedAfter = 2 * time.Second
	// warnAfter is how long a batch may be open before that is logged.
	warnAfter = 2 * time.Minute
	// giveUpAfter is how long it may be open before its reading is given up.
	giveUpAfter = 15 * time.Minute
	// tick is how often a queue looks at how long batches are open.
	tick = 500 * time.Millisecond
	// maxReady is how many bytes wait for the host: it takes much more in a second.
	maxReady = 8 << 20
)

var (
	// ErrUnconfirmed is why a reading is given up whose batches are never confirmed.
	ErrUnconfirmed = errors.New("no detect output has confirmed its records")
	// ErrClosed is why a reading is given up when the queue is closed.
	ErrClosed = errors.New("the input was closed")
)

// Options are what a Queue is made of.
type Options struct {
	Marks       *Marks // for Detected
	Acknowledge Acknowledgement
	InFlight    int // the maximum number of bytes that are not confirmed
	// Large, if not nil, is called before a reader takes much more memory than usual, for a
	// record of more than a megabyte or two. It waits until there is enough. Release is
	// called when the reader has given that memory back.
	Large func(context.Context) (release func(), err error)
	Log   logger.Log
	Stats *Stats
}

// Queue passes batches from sources to a host. It is safe for concurrent use.
type Queue struct {
	Options
	slow logger.Log // rate-limited

	mu       sync.Mutex
	room     sync.Cond // there may be room for a batch, or the queue was closed
	ready    []*Batch  // not taken
	waiting  int       // bytes of them
	taking   []*Batch  // being taken
	open     map[*Batch]bool
	inFlight int        // bytes of open batches
	settled  []func()   // to be called, in order
	changed  *sync.Cond // settled has something, or the queue was closed
	notify   func()
	paused   bool
	clock    int64 // ticks of the time in which the host was not paused
	warned   bool
	closed   bool
	ended    chan struct{} // closed when both goroutines have ended
}

// NewQueue returns an open queue. It must be closed.
func NewQueue(o Options) *Queue {
	q := &Queue{Options: o, slow: o.Log.Limited(), open: map[*Batch]bool{}, notify: func() {}, ended: make(chan struct{})}
	q.room.L = &q.mu
	q.changed = sync.NewCond(&q.mu)
	go q.run()
	return q
}

// Notify sets a function that is called when there may be a batch to take. It must not
// block.
func (q *Queue) Notify(f func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify = f
}

// put puts a batch on the queue, and waits until there is room for it.
func (q *Queue) put(ctx context.Context, b *Batch) error {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.room.Broadcast()
	})
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && ctx.Err() == nil && b.reading.err == nil && !q.hasRoom(b.size) {
		q.room.Wait()
	}
	switch {
	case q.closed:
		return ErrClosed
	case b.reading.err != nil:
		return b.reading.err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	if len(q.open) == 0 {
		q.arm()
	}
	q.open[b] = true
	q.inFlight += b.size
	q.waiting += b.size
	q.ready = append(q.ready, b)
	b.reading.batches = append(b.reading.batches, b)
	q.Stats.inFlight(q.inFlight)
	if q.Acknowledge == Detected {
		q.Marks.add(b)
	}
	q.notify()
	return nil
}

// hasRoom reports whether a batch of that size may be put. One that is larger than any
// limit may if nothing else is on its way.
func (q *Queue) hasRoom(size int) bool {
	return q.inFlight == 0 || q.inFlight+size <= q.InFlight && (q.waiting == 0 || q.waiting+size <= maxReady)
}

// HasRoom reports whether a source may begin to read another object.
func (q *Queue) HasRoom() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.paused && q.hasRoom(MaxBatch)
}

// Take returns the next batches, together about max bytes at most, or none. Taken must be
// called before the next Take.
func (q *Queue) Take(maxBytes int) []*Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.ready) && (n == 0 || size+q.ready[n].size <= maxBytes) {
		size += q.ready[n].size
		n++
	}
	q.taking = append(q.taking[:0], q.ready[:n]...)
	clear(q.ready[:n])
	q.ready = q.ready[n:]
	return q.taking
}

// Taken tells the queue whether the host took the batches of the last Take. Otherwise they are
// returned again.
func (q *Queue) Taken(ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var again []*Batch
	for _, b := range q.taking {
		switch open := q.open[b]; { // it may be confirmed by now, or given up
		case ok:
			q.Stats.Events.Add(uint64(b.Records))
			b.Data = nil
			if open {
				b.taken = q.clock + 1
				q.waiting -= b.size
			}
			if open && q.Acknowledge == Evaluated {
				q.confirmed(b)
			}
		case open:
			again = append(again, b)
		}
	}
	q.ready = append(again, q.ready...)
	clear(q.taking)
	q.taking = q.taking[:0]
	q.room.Broadcast()
}

// Pause says that the host stores nothing for now, or is about to end.
func (q *Queue) Pause() { q.pause(true) }

// Resume ends a Pause.
func (q *Queue) Resume() { q.pause(false) }

func (q *Queue) pause(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = on
}

// Wake calls the function that Notify has set, if there is a batch to take.
func (q *Queue) Wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready) > 0 {
		q.notify()
	}
}

// Paused reports whether the host is paused.
func (q *Queue) Paused() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.paused
}

// confirm is called when a batch is confirmed.
func (q *Queue) confirm(b *Batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[b] {
		q.confirmed(b)
	}
}

// confirmed handles that an open batch is confirmed. The lock is held.
func (q *Queue) confirmed(b *Batch) {
	q.drop(b)
	b.confirmed = true
	q.settle(b.reading)
}

// drop removes a batch. The lock is held.
func (q *Queue) drop(b *Batch) {
	if !q.open[b] {
		return
	}
	delete(q.open, b)
	q.inFlight -= b.size
	if b.taken == 0 {
		q.waiting -= b.size
		q.ready = slices.DeleteFunc(q.ready, func(other *Batch) bool { return other == b })
	}
	if len(q.open) == 0 {
		q.warned = false
	}
	q.Stats.inFlight(q.inFlight)
	q.room.Broadcast()
}

// giveUp drops all batches of a reading. The lock is held.
func (q *Queue) giveUp(r *Reading, err error) {
	if r.err == nil {
		r.err = err
	}
	for _, b := range r.batches {
		if q.Acknowledge == Detected {
			q.Marks.remove(b)
		}
		q.drop(b)
	}
	r.batches = nil
}

// settle calls the functions of a reading if something about it has changed. The lock is
// held.
func (q *Queue) settle(r *Reading) {
	n := 0
	for n < len(r.batches) && r.batches[n].confirmed {
		n++
	}
	if n > 0 {
		after := r.batches[n-1].after
		r.batches = r.batches[n:]
		if r.progress != nil && !r.over {
			q.call(func() { r.progress(after) })
		}
	}
	if r.ended && !r.over && (r.err != nil || len(r.batches) == 0) {
		r.over = true
		q.call(func() { r.done(r.err) })
	}
}

// call calls a function in the queue's goroutine. The lock is held.
func (q *Queue) call(f func()) {
	q.settled = append(q.settled, f)
	q.changed.Signal()
}

// run calls the functions of readings.
func (q *Queue) run() {
	defer close(q.ended)
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for len(q.settled) == 0 && !q.closed {
			q.changed.Wait()
		}
		calls := q.settled
		q.settled = nil
		if len(calls) == 0 {
			return
		}
		q.mu.Unlock()
		for _, f := range calls {
			f()
		}
		q.mu.Lock()
	}
}

// arm looks at how long batches are open, in a while.
func (q *Queue) arm() {
	time.AfterFunc(tick, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.closed || len(q.open) == 0 {
			q.Stats.oldest(0)
			return
		}
		if !q.paused {
			q.clock++
			q.age()
		}
		q.arm()
	})
}

// age handles batches that have been open for a while. The lock is held.
func (q *Queue) age() {
	var oldest *Batch
	for b := range q.open {
		if b.taken > 0 && (oldest == nil || b.taken < oldest.taken) {
			oldest = b
		}
		if q.Acknowledge == Appended && b.taken > 0 && q.since(b) >= appendedAfter {
			q.confirmed(b)
		}
	}
	if oldest == nil || q.Acknowledge != Detected {
		q.Stats.oldest(0)
		return
	}
	age := q.since(oldest)
	q.Stats.oldest(age)
	if age >= warnAfter && !q.warned {
		q.warned = true
		q.Log.Warnf("no detect output has confirmed records of %s for %s: either no [OUTPUT] detect matches their tag, or a filter drops them; they will be read again, unless acknowledge is appended", oldest.reading.what, warnAfter)
	}
	if age >= giveUpAfter {
		r := oldest.reading
		q.giveUp(r, ErrUnconfirmed)
		q.settle(r)
	}
}

// since returns how long a batch is with the host, without pauses.
func (q *Queue) since(b *Batch) time.Duration { return time.Duration(q.clock+1-b.taken) * tick }

// Close gives up all readings and waits until their functions have returned.
func (q *Queue) Close() {
	q.mu.Lock()
	for b := range q.open {
		q.giveUp(b.reading, ErrClosed)
		q.settle(b.reading)
	}
	q.closed = true
	q.room.Broadcast()
	q.changed.Broadcast()
	q.mu.Unlock()
	<-q.ended
}
