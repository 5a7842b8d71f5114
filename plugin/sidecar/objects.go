package sidecar

import (
	"context"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/files"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
)

// objectsTag is the tag, in alerts, of records in objects, and the name of their input in
// metrics.
const objectsTag = "s3"

// objects evaluates the events in objects of CloudTrail. A batch is confirmed when its
// alerts are in the outbox: with state_path on the disk.
type objects struct {
	ingest *ingestHandler
	input  *trail.Input
	counts trail.Counts
	store  interface{ Close() error } // of positions; nil: none
	slow   logger.Log                 // rate-limited
	log    logger.Log
	limits *limits
	buffer buffer

	wake  chan struct{} // there may be a batch
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
}

// startObjects starts to read. The error names the key.
func startObjects(c settings.CloudTrail, h *ingestHandler, learner trail.Learner, log logger.Log, l *limits) (*objects, error) {
	setup, err := trail.Check(c)
	if err != nil {
		return nil, err
	}
	if c.StatePath == "" {
		log.Warnf("state_path is not set: objects count as read when their alerts are in memory, and a crash loses these")
	}
	o := &objects{
		ingest: h, slow: log.Limited(), log: log, limits: l, buffer: buffer{tag: objectsTag},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{}),
	}
	o.input, err = trail.Open(setup, trail.Options{
		Intake:     intake.Options{Acknowledge: intake.Evaluated, Large: h.waitForMemory},
		Counts:     &o.counts,
		OpenFiles:  func(dir string) (*files.Store, error) { return openPositions(o, dir, files.OpenStore) },
		OpenBucket: func(dir string) (*aws.Positions, error) { return openPositions(o, dir, aws.OpenPositions) },
		Log:        log,
		Learner:    learner,
	})
	if err != nil {
		o.closePositions()
		return nil, err
	}
	o.input.Notify(func() {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	})
	go o.run()
	return o, nil
}

// learner is the detector of the sidecar, which learns from objects.
type learner struct{ *host.Engine }

// IsReady reports that the detector is open.
func (learner) IsReady() bool { return true }

// Learn lets the detector learn from a chunk.
func (l learner) Learn(tag string, chunk []byte) error {
	return host.LearnSafely(l.Engine, tag, chunk)
}

// openPositions opens how far files or buckets were read.
func openPositions[T interface{ Close() error }](o *objects, dir string, open func(string, func(string)) (T, error)) (T, error) {
	store, err := open(dir, func(line string) { o.log.Warnf("state_path: %s", line) })
	if err == nil {
		o.store = store
	}
	return store, err
}

func (o *objects) closePositions() {
	if o.store == nil {
		return
	}
	if err := o.store.Close(); err != nil {
		o.log.Errorf("state_path: %v", err)
	}
}

// run evaluates batches until quit is closed.
func (o *objects) run() {
	defer close(o.ended)
	delay := o.limits.minRetry
	for {
		select {
		case <-o.quit:
			return
		default:
		}
		batches := o.input.Take(0)
		if len(batches) == 0 {
			select {
			case <-o.quit:
				return
			case <-o.wake:
			}
			continue
		}
		b := batches[0]
		err := o.evaluate(b)
		o.input.Taken(err == nil)
		if err == nil {
			delay = o.limits.minRetry
			o.input.Resume()
			continue
		}
		o.input.Pause() // nothing more is received
		o.slow.Warnf("%v; the records of %s are evaluated again", err, b.Source())
		select {
		case <-o.quit:
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, o.limits.maxRetry)
	}
}

// evaluate evaluates a batch. An error means that it has to be evaluated again later.
func (o *objects) evaluate(b *intake.Batch) error {
	letters := &letters{all: o.ingest.deadLetters, object: b.Source(), chunk: b.Data}
	defer letters.end()
	c := &o.buffer.chunk
	c.Data, c.Records = b.Data, c.Records[:0]
	for off := 0; off < len(b.Data); {
		_, end, err := msgpack.Read(b.Data, off)
		if err != nil {
			break // impossible: intake has written it
		}
		c.Records = append(c.Records, ingest.Record{JSON: true, Body: off + msgpack.RecordHeadSize})
		off = end
	}
	err := o.ingest.evaluate(&o.buffer, letters)
	c.Data = nil
	return err
}

// close ends reading, in a few seconds: what was evaluated is confirmed, the rest is given
// back to the queue.
func (o *objects) close() {
	o.once.Do(func() {
		close(o.quit)
		<-o.ended
		o.input.Close()
		o.closePositions()
	})
}

// waitForMemory waits until a reader of objects may take as much memory as a long item
// needs.
func (h *ingestHandler) waitForMemory(ctx context.Context) (release func(), err error) {
	select {
	case h.large <- struct{}{}:
		return func() { <-h.large }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
