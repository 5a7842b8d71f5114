package trail

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Learner is the detectors that learn from what is read for learn_from.
type Learner interface {
	// IsReady reports whether they are open.
	IsReady() bool
	// HasHistory reports whether all of them have a memory already.
	HasHistory() bool
	// Learn lets them learn from a chunk. After an error it is called again.
	Learn(tag string, chunk []byte) error
	// Learned ends learning.
	Learned() error
}

const (
	// learnInFlight is how many bytes of records wait to be learned at most.
	learnInFlight = 16 << 20
	// learnPatience is how long nothing is learned until learning is given up.
	learnPatience = 5 * time.Minute
	// learnRetry is how long to wait after a failure, and for detectors to be opened.
	learnRetry = 250 * time.Millisecond
	// learnProgress is how often it is logged how much was learned.
	learnProgress = time.Minute

	learnTag = "learn_from"
)

// What is noted of learning in the positions.
const (
	learnBegun = "begun"
	learnDone  = "done"
)

// lesson is learning from a bucket, in the background. A nil one is over.
type lesson struct {
	from      settings.LearnFrom
	options   aws.BucketOptions
	learner   Learner
	positions *aws.Positions
	log       logger.Log
	slow      logger.Log // rate-limited
	stats     *intake.Stats
	queue     *intake.Queue // of what is to be learned
	then      func()        // called when it is over

	over  atomic.Bool
	stop  context.CancelFunc
	ended chan struct{}
}

// learn begins to learn.
func (t *Input) learn(s *Setup, learner Learner, positions *aws.Positions) *lesson {
	c := &s.config
	l := &lesson{
		from: c.LearnFrom, learner: learner, positions: positions, log: t.log, slow: t.log.Limited(), stats: &t.counts.Learned,
		ended: make(chan struct{}),
		then: func() {
			t.Queue.Resume()
			t.Queue.Wake()
		},
	}
	l.options = aws.BucketOptions{
		Name: c.LearnFrom.Bucket, Prefix: s.learn, From: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -c.LearnFrom.Days),
		Account: accountOf(c), Parallel: c.Parallel, Payer: c.RequestPayer, Once: true, Positions: positions, Purpose: l.purpose(),
		Stats: l.stats, Listing: new(aws.Listing), Log: learnLog(t.log),
	}
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	go l.run(ctx)
	return l
}

// learnLog returns a log of messages about the bucket of learn_from.
func learnLog(log logger.Log) logger.Log {
	return func(level logger.Level, message string) { log(level, "learn_from: "+message) }
}

// purpose is what the positions are called.
func (l *lesson) purpose() string {
	return "learn_from s3://" + l.from.Bucket + "/" + l.from.Prefix + " "
}

func (l *lesson) isOver() bool { return l.over.Load() }

// end ends learning. The next process goes on with it.
func (l *lesson) end() {
	if l == nil {
		return
	}
	l.stop()
	<-l.ended
}

func (l *lesson) run(ctx context.Context) {
	defer close(l.ended)
	for !l.learner.IsReady() {
		if sleep(ctx, learnRetry) != nil {
			return
		}
	}
	if !l.read(ctx) && ctx.Err() != nil {
		return // nothing is taken any more
	}
	l.over.Store(true)
	l.then()
}

// read learns, if there is something to learn, and reports whether it was learned.
func (l *lesson) read(ctx context.Context) bool {
	where := "s3://" + l.from.Bucket + "/" + l.from.Prefix
	begun := l.positions.Note(l.purpose()) == learnBegun
	switch {
	case begun:
		l.log.Infof("learn_from: learning from %s goes on", where)
	case l.learner.HasHistory():
		l.log.Infof("learn_from: the rules have a memory already: nothing is learned")
		return false
	default:
		l.log.Infof("learn_from: learning from %s, %s and today, before anything else is read", where, logger.Count(l.from.Days, "day"))
		if err := l.positions.SetNote(l.purpose(), learnBegun, true); err != nil {
			l.log.Errorf("learn_from: state_path: %v: nothing is learned", err)
			return false
		}
	}
	l.queue = intake.NewQueue(intake.Options{Acknowledge: intake.Evaluated, InFlight: learnInFlight, Stats: l.stats, Log: l.options.Log})
	l.options.Queue = l.queue
	starting, cancel := context.WithTimeout(ctx, startTime)
	bucket, err := aws.StartBucket(starting, l.options)
	cancel()
	if err != nil {
		l.queue.Close()
		l.log.Errorf("learn_from: %v; the rules learn from new events, for learn_for", err)
		return false
	}
	learned := l.take(ctx, bucket)
	bucket.Stop()
	l.queue.Close()
	bucket.Close()
	if !learned {
		return false
	}
	if !l.learner.HasHistory() {
		l.log.Warnf("learn_from: there was no event in %s to learn from; the rules learn from new events, for learn_for", where)
		return false
	}
	if err := l.learner.Learned(); err != nil {
		l.log.Errorf("learn_from: %v; learning ends at the next start", err)
		return false
	}
	if err := l.positions.SetNote(l.purpose(), learnDone, true); err != nil {
		l.log.Errorf("learn_from: state_path: %v", err)
	}
	l.log.Infof("learn_from: learned from %s; now the input begins", l.amount())
	return true
}

// amount returns "2,000 events in 30 objects": what this process has learned from.
func (l *lesson) amount() string {
	return logger.Count(int(l.stats.Events.Load()), "event") + " in " + logger.Count(int(l.stats.Objects[intake.Done].Load()), "object")
}

// take learns what is read, until all was, or until nothing comes for long.
func (l *lesson) take(ctx context.Context, bucket *aws.Bucket) bool {
	wake := make(chan struct{}, 1)
	l.queue.Notify(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	ticker := time.NewTicker(learnRetry)
	defer ticker.Stop()
	logged, progress := time.Now(), time.Now()
	answers := int64(0)
	for {
		batches := l.queue.Take(0)
		if len(batches) > 0 {
			err := l.learner.Learn(learnTag, batches[0].Data)
			l.queue.Taken(err == nil)
			if err == nil {
				progress = time.Now()
			} else {
				l.slow.Warnf("learn_from: %v; it will be tried again", err)
				_ = sleep(ctx, learnRetry)
			}
		}
		if n := int64(l.options.Listing.Requests.Load()) - int64(l.options.Listing.Errors.Load()); n > answers {
			answers, progress = n, time.Now()
		}
		if time.Since(logged) > learnProgress {
			logged = time.Now()
			l.log.Infof("learn_from: %s so far", l.amount())
		}
		if answers <= 0 && l.options.Listing.Errors.Of(aws.Denied) > 0 {
			l.log.Errorf("learn_from: the input begins, and the rules learn from new events for learn_for; the next start goes on with learning")
			return false
		}
		if time.Since(progress) > learnPatience {
			l.log.Errorf("learn_from: nothing could be read for %v: the input begins, the rules learn from new events for learn_for, and the next start goes on with learning", learnPatience)
			return false
		}
		if len(batches) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return false
		case <-bucket.Completed:
			return true
		case <-wake:
		case <-ticker.C:
		}
	}
}

// sleep waits, and returns the context's error if it ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
