package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Reader reads objects. It has the memory for one at a time.
type Reader struct {
	queue    *Queue
	block    ingest.Block
	chunk    ingest.Chunk
	data     []byte // of the next batch
	metadata []byte
	scratch  []byte
}

// NewReader returns a reader of objects for the queue.
func (q *Queue) NewReader() *Reader { return &Reader{queue: q} }

// Report says what was read of an object.
type Report struct {
	Records int64 // including those that were skipped
	// Sure is how many of them do not depend on where the input ends: an object that
	// has become longer begins with the same.
	Sure     int64
	Problems []ingest.Problem // the first ones
	Faults   int              // number of problems
	// Truncated reports whether the object ends too early: in compressed data, or in
	// a list.
	Truncated bool
}

const maxProblems = 3

// Read reads an object, compressed or not, and puts its records on the queue, except for
// the first skip ones. It waits when the queue is full. The caller ends the reading. The
// error is the context's, the queue's, or that of the source; an object that is not
// complete is an error too, ingest.ErrTruncated, if it is compressed.
func (r *Reader) Read(ctx context.Context, reading *Reading, source io.Reader, skip int64) (Report, error) {
	var report Report
	text, err := ingest.Decompress(source)
	if err != nil {
		return report, fmt.Errorf("cannot be decompressed: %w", err)
	}
	defer text.Close()
	b := batch{Reader: r, reading: reading, ctx: ctx, skip: skip}
	b.begin()
	in := &watched{Reader: text}
	lines := ingest.NewReader(in)
	defer r.bound(ctx, lines)()
	for {
		if err = lines.Next(&r.block); err != nil {
			break
		}
		now := time.Now()
		r.chunk.Fill(&r.block, now)
		if err = b.add(&r.chunk, now); err != nil {
			return report, err
		}
		report.problems(r.block.Problems)
		if in.err == nil {
			report.Sure = b.records
		}
	}
	if err2 := b.flush(); err2 != nil {
		return report, err2
	}
	report.Records = b.records
	if !ingest.IsEnd(err) {
		report.Truncated = errors.Is(err, ingest.ErrTruncated)
		return report, err
	}
	if !report.Truncated {
		report.Sure = report.Records
	}
	return report, nil
}

// bound makes lines ask before it takes much memory. The function that it returns gives it
// back.
func (r *Reader) bound(ctx context.Context, lines *ingest.Reader) (free func()) {
	large := r.queue.Large
	if large == nil {
		return func() {}
	}
	var release func() // not nil: there is memory to give back
	free = func() {
		if release != nil {
			r.chunk = ingest.Chunk{}
			release()
			release = nil
		}
	}
	lines.Large = func() (err error) {
		release, err = large(ctx)
		return err
	}
	lines.Small = free
	return free
}

// watched remembers the error of a reader.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

func (r *Report) problems(all []ingest.Problem) {
	for _, p := range all {
		r.Faults++
		r.Truncated = r.Truncated || p.Reason == ingest.Truncated
		if len(r.Problems) < maxProblems {
			r.Problems = append(r.Problems, p)
		}
	}
}

// batch is the batch that is being made of an object.
type batch struct {
	*Reader
	ctx     context.Context
	reading *Reading
	skip    int64
	records int64 // of the object, with those that were skipped
	inBatch int
	after   int64 // value of records at the end of the batch
	number  uint64
}

// begin begins the next batch.
func (b *batch) begin() {
	if cap(b.data) > 4*MaxBatch { // do not keep the memory of one long record
		b.data = nil
	}
	b.data, b.metadata, b.inBatch = b.data[:0], b.metadata[:0], 0
	if q := b.queue; q.Acknowledge == Detected {
		b.number = q.Marks.next()
		b.metadata = q.Marks.appendMetadata(b.metadata, b.number)
	}
}

// add adds the events of a chunk, each as a record.
func (b *batch) add(c *ingest.Chunk, now time.Time) error {
	for i := range c.Records {
		end := len(c.Data)
		if i+1 < len(c.Records) {
			end = c.Records[i+1].Body - msgpack.RecordHeadSize
		}
		err := eventsOf(c.Data[c.Records[i].Body:end], &b.scratch, func(event []byte) error { return b.addEvent(event, now) })
		if err != nil {
			return err
		}
	}
	return context.Cause(b.ctx)
}

func (b *batch) addEvent(event []byte, now time.Time) error {
	b.records++
	if b.records <= b.skip {
		return nil
	}
	if len(b.data)+msgpack.RecordHeadSize+len(b.metadata)+len(event) > MaxBatch {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.data = appendRecord(b.data, timeOf(event, now), b.metadata, event)
	b.inBatch++
	b.after = b.records
	return nil
}

// flush puts the batch on the queue, unless it is empty, and begins the next one.
func (b *batch) flush() error {
	if b.inBatch == 0 {
		return nil
	}
	err := b.queue.put(b.ctx, &Batch{
		Data:    bytes.Clone(b.data),
		Records: b.inBatch,
		reading: b.reading,
		number:  b.number,
		size:    len(b.data),
		after:   b.after,
	})
	b.begin()
	return err
}
