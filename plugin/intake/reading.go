package intake

// Batch is some records of one object, at most [MaxBatch] bytes unless a single record
// is longer.
type Batch struct {
	// Data is msgpack in Fluent Bit's format. It is nil once the host has taken it.
	Data []byte
	// Records is the number of records.
	Records int

	reading   *Reading
	number    uint64
	size      int   // of Data
	after     int64 // number of records of the object up to the end of the batch
	taken     int64 // when the host took it, on the queue's clock
	confirmed bool
}

// Source returns the name of the object that the records are of.
func (b *Batch) Source() string { return b.reading.what }

// Reading is one object that is being read. Its functions are called by one goroutine of
// the queue, in order, and must not block for long.
type Reading struct {
	queue    *Queue
	what     string // for the log
	progress func(records int64)
	done     func(error)

	// The queue's lock protects these.
	batches []*Batch // not confirmed, or behind one that is not
	ended   bool     // no more batches follow
	err     error    // why it is given up
	over    bool     // done was or is being called
}

// Begin begins a reading; what names the object in the log. Progress, which may be nil, is
// called with the number of records, from the first one on, that are confirmed. Done is
// called once: with nil after the end of the reading when all its batches are confirmed,
// or with the error with which it was ended or given up.
func (q *Queue) Begin(what string, progress func(records int64), done func(error)) *Reading {
	return &Reading{queue: q, what: what, progress: progress, done: done}
}

// End says that no more batches follow, because the end of the object was reached (nil)
// or cannot be. After an error the host still gets what was read, but done is called
// without waiting for it.
func (r *Reading) End(err error) {
	q := r.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	r.ended = true
	if r.err == nil {
		r.err = err
	}
	q.settle(r)
}
