package aws

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// maxTries is how often an object is read that is broken.
const maxTries = 5

// tries counts how often an object could not be read. A lock of its owner protects it, except
// for the object.
type tries struct {
	object Object
	fails  int // how often it could not be read
	broken int // how often because of what is in it
	err    error
	again  time.Time // when to read it again; zero: it did not fail, or is being read
}

// verdict is what happens to an object whose reading has ended.
type verdict uint8

const (
	confirmed verdict = iota // it need not be read again
	unread                   // the input ends; the next process reads it
	failed                   // it is read again later
	broken                   // it is given up
)

// add notes how reading has ended, and returns what happens to the object.
func (o *tries) add(err error, t *timing) verdict {
	var cause *brokenError
	o.err = err
	switch {
	case err == nil:
		return confirmed
	case errors.Is(err, intake.ErrClosed), errors.Is(err, context.Canceled):
		return unread
	case errors.As(err, &cause):
		o.broken++
	}
	o.fails++
	if o.broken >= maxTries {
		return broken
	}
	o.again = time.Now().Add(t.backoff(o.fails))
	return failed
}

// keeper gives up objects that are broken, and stores which objects are confirmed.
type keeper struct {
	tick    time.Duration
	letters *DeadLetters // nil: none
	dead    *atomic.Uint64
	log     logger.Log
	slow    logger.Log // rate-limited
	flush   func()     // stores what is confirmed

	mu   sync.Mutex
	lost []lost
}

// lost is an object to give up.
type lost struct {
	*tries
	confirm func() // called when it is a dead letter
}

// giveUp notes that an object is to be given up, and does not wait for the disk.
func (k *keeper) giveUp(o *tries, confirm func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = append(k.lost, lost{o, confirm})
}

// run gives up objects and stores which are confirmed once a tick, until the context ends.
func (k *keeper) run(ctx context.Context) {
	for ctx.Err() == nil {
		sleep(ctx, k.tick)
		k.giveUpAll()
		k.flush()
	}
}

// giveUpAll gives up the objects that giveUp noted: it writes dead letters and the log.
func (k *keeper) giveUpAll() {
	k.mu.Lock()
	all := k.lost
	k.lost = nil
	k.mu.Unlock()
	for _, d := range all {
		where := nameOfObject(d.object.Bucket, d.object.Key)
		if k.letters != nil {
			if err := k.letters.add(deadLetter{Kind: "object", Reason: d.err.Error(), Bucket: d.object.Bucket, Key: d.object.Key}); err != nil {
				k.slow.Errorf("dead_letters: %v: %s", err, where)
			}
		}
		k.dead.Add(1)
		k.log.Errorf("%s is broken, and was given up after %d tries: %v", where, d.broken, d.err)
		d.confirm()
	}
}
