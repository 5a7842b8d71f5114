package trail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/files"
	"github.com/fluent-detect/fluent-detect/plugin/intake/layout"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Setup is the configuration of a source, which was checked.
type Setup struct {
	config   settings.CloudTrail
	patterns []files.Pattern
	prefix   layout.Prefix
	learn    layout.Prefix // of learn_from
}

// Check checks a configuration as far as that is possible without opening the source. The
// error is a *settings.KeyError.
func Check(c settings.CloudTrail) (Setup, error) {
	s := Setup{config: c}
	var err error
	if c.Path != "" {
		if s.patterns, err = files.ParsePatterns(c.Path); err != nil {
			err = &settings.KeyError{Key: c.KeyName("path"), Err: err}
		}
		return s, err
	}
	if s.learn, err = layout.ParsePrefix(c.LearnFrom.Prefix); err != nil {
		return s, &settings.KeyError{Key: c.KeyName("learn_from"), Err: err}
	}
	if s.prefix, err = layout.ParsePrefix(c.Prefix); err != nil {
		err = &settings.KeyError{Key: c.KeyName("prefix"), Err: err}
	}
	return s, err
}

// String lists the values in effect, without secrets.
func (s *Setup) String() string { return s.config.String() }

// Counts are the counters of a source. The host keeps them when it opens the source again.
type Counts struct {
	Objects  intake.Stats
	Messages aws.Messages
	Listing  aws.Listing
	Notes    aws.Notes
	Learned  intake.Stats // of what was read to learn from
	from     atomic.Int32 // kinds
}

// kind is a kind of source. Several are a mask.
type kind int32

const (
	fromPath kind = 1 << iota
	fromQueue
	fromBucket
	fromSNS // what messages of SNS announce, alone or beside another
	fromAWS = fromQueue | fromBucket | fromSNS
	fromAny = fromPath | fromAWS
)

func kindOf(c *settings.CloudTrail) kind {
	switch {
	case c.QueueURL != "":
		return fromQueue
	case c.Bucket != "":
		return fromBucket
	case c.Announced:
		return fromSNS
	}
	return fromPath
}

// reads reports whether the source is of one of these kinds.
func (c *Counts) reads(from kind) bool { return kind(c.from.Load())&from != 0 }

// Options are what an Input needs of its host.
type Options struct {
	// Intake has what the queue for the records is made of, except for its size and
	// Stats.
	Intake intake.Options
	Counts *Counts
	// OpenFiles and OpenBucket open the positions in a directory, of files and of a bucket.
	// The host closes them after the Input, also if it cannot be opened.
	OpenFiles  func(dir string) (*files.Store, error)
	OpenBucket func(dir string) (*aws.Positions, error)
	// Learner learns from what is read for learn_from. It may be nil if that is not set.
	Learner Learner
	Log     logger.Log
}

// Input is an open source with the queue of its records.
type Input struct {
	*intake.Queue
	source source // nil: only what is announced
	// Announced reads what is announced without a queue; nil: nothing.
	Announced *aws.Announced
	learner   *lesson // nil: nothing is learned
	counts    *Counts
	log       logger.Log
}

// source reads what an Input hands over.
type source interface {
	// Stop ends reading.
	Stop()
	// Close is called after the queue was closed.
	Close()
}

// Open opens a source, which begins to read. The error names the key.
func Open(s Setup, o Options) (*Input, error) {
	c := &s.config
	t := &Input{counts: o.Counts, log: named(c, o.Log)}
	from := kindOf(c)
	if c.Announced {
		from |= fromSNS
	}
	o.Counts.from.Store(int32(from))
	options := o.Intake
	options.InFlight, options.Stats, options.Log = c.InFlight, &o.Counts.Objects, t.log
	t.Queue = intake.NewQueue(options)
	var positions *aws.Positions
	var err error
	if c.Bucket != "" || c.LearnFrom.Bucket != "" {
		if positions, err = o.OpenBucket(c.StatePath); err != nil {
			t.Queue.Close()
			return nil, &settings.KeyError{Key: "state_path", Err: err}
		}
	}
	if c.LearnFrom.Bucket != "" {
		t.Queue.Pause() // nothing is received meanwhile
		t.learner = t.learn(&s, o.Learner, positions)
	}
	switch kindOf(c) {
	case fromQueue:
		err = t.readQueue(c)
	case fromBucket:
		err = t.readBucket(&s, positions)
	case fromSNS:
	default:
		err = t.readFiles(&s, o.OpenFiles)
	}
	if err == nil && c.Announced {
		err = t.readAnnounced(c)
	}
	if err != nil {
		t.learner.end()
		t.close()
		return nil, err
	}
	return t, nil
}

// Take returns the next batches, see [intake.Queue.Take]. There are none until what there was
// to learn was learned.
func (t *Input) Take(maxBytes int) []*intake.Batch {
	if t.learner != nil && !t.learner.isOver() {
		return nil
	}
	return t.Queue.Take(maxBytes)
}

// startTime is how long the start of a queue or bucket may take.
const startTime = 10 * time.Second

func accountOf(c *settings.CloudTrail) aws.Account {
	return aws.Account{Region: c.Region, Profile: c.Profile, RoleARN: c.RoleARN, ExternalID: c.ExternalID,
		Endpoint: c.Endpoint, SQSEndpoint: c.SQSEndpoint, STSEndpoint: c.STSEndpoint}
}

// deadLettersOf opens the dead letters, or returns nil if there are none.
func deadLettersOf(c *settings.CloudTrail) (*aws.DeadLetters, error) {
	if c.DeadLetters == "" {
		return nil, nil
	}
	d, err := aws.OpenDeadLetters(c.DeadLetters)
	if err != nil {
		return nil, &settings.KeyError{Key: c.KeyName("dead_letters"), Err: err}
	}
	return d, nil
}

func (t *Input) readQueue(c *settings.CloudTrail) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	dead, err := deadLettersOf(c)
	if err != nil {
		return err
	}
	q, err := aws.StartQueue(ctx, aws.QueueOptions{
		URL: c.QueueURL, Account: accountOf(c), Visibility: c.Visibility, Wait: c.Wait, Parallel: c.Parallel, Insights: c.Insights, Payer: c.RequestPayer,
		MaxReceives: c.MaxReceives, DeadLetters: dead,
		Queue: t.Queue, Stats: &t.counts.Objects, Messages: &t.counts.Messages, Log: t.log,
	})
	if err != nil {
		return errors.New(nameKey(c, err.Error()))
	}
	t.source = q
	return nil
}

func (t *Input) readBucket(s *Setup, store *aws.Positions) error {
	c := &s.config
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	dead, err := deadLettersOf(c)
	if err != nil {
		return err
	}
	b, err := aws.StartBucket(ctx, aws.BucketOptions{
		Name: c.Bucket, Prefix: s.prefix, From: c.From, Until: c.Until, Account: accountOf(c), Positions: store, Parallel: c.Parallel, Insights: c.Insights,
		Payer: c.RequestPayer, DeadLetters: dead, Queue: t.Queue, Stats: &t.counts.Objects, Listing: &t.counts.Listing, Log: t.log,
	})
	if err != nil {
		return errors.New(nameKey(c, err.Error()))
	}
	t.source = b
	return nil
}

func (t *Input) readAnnounced(c *settings.CloudTrail) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	dead, err := deadLettersOf(c)
	if err != nil {
		return err
	}
	errs := &t.counts.Messages.Errors
	if kindOf(c) == fromBucket {
		errs = &t.counts.Listing.Errors
	}
	t.Announced, err = aws.StartAnnounced(ctx, aws.AnnouncedOptions{
		Dir: c.StatePath, Account: accountOf(c), Parallel: c.Parallel, Insights: c.Insights, Payer: c.RequestPayer, DeadLetters: dead,
		Queue: t.Queue, Stats: &t.counts.Objects, Notes: &t.counts.Notes, Errors: errs, Log: t.log,
	})
	if err != nil {
		return errors.New(nameKey(c, err.Error()))
	}
	return nil
}

func (t *Input) readFiles(s *Setup, open func(string) (*files.Store, error)) error {
	store, err := open(s.config.StatePath)
	if err != nil {
		return &settings.KeyError{Key: "state_path", Err: err}
	}
	t.source = files.Start(files.Options{Patterns: s.patterns, Insights: s.config.Insights, Store: store, Queue: t.Queue, Stats: &t.counts.Objects, Log: t.log})
	return nil
}

// nameKey replaces the key that a message begins with, by what it is called in the host.
func nameKey(c *settings.CloudTrail, message string) string {
	key, rest, found := strings.Cut(message, ": ")
	if !found {
		return message
	}
	return c.KeyName(key) + ": " + rest
}

// named returns a log of messages in which keys have the names of the host.
func named(c *settings.CloudTrail, log logger.Log) logger.Log {
	return func(level logger.Level, message string) { log(level, nameKey(c, message)) }
}

// close stops and closes the sources and the queue.
func (t *Input) close() {
	var sources []source
	if t.source != nil {
		sources = append(sources, t.source)
	}
	if t.Announced != nil {
		sources = append(sources, t.Announced)
	}
	for _, s := range sources {
		s.Stop()
	}
	t.Queue.Close()
	for _, s := range sources {
		s.Close()
	}
}

// Close ends the input. What is not confirmed is read again by the next one. Nothing must
// be taken any more.
func (t *Input) Close() {
	t.learner.end()
	t.close()
	o := &t.counts.Objects
	var objects []string
	for _, result := range intake.AllResults() {
		objects = append(objects, fmt.Sprintf("%s=%d", result, o.Objects[result].Load()))
	}
	t.log.Infof("events=%d bytes=%d unreadable=%d objects: %s", o.Events.Load(), o.Bytes.Load(), o.Unreadable.Load(), strings.Join(objects, " "))
	switch m, l := &t.counts.Messages, &t.counts.Listing; {
	case t.counts.reads(fromQueue):
		t.log.Infof("messages: received=%d deleted=%d returned=%d ignored=%d unknown=%d dead=%d", m.Received.Load(), m.Deleted.Load(), m.Returned.Load(), m.Ignored.Load(), m.Unknown.Load(), m.Dead.Load())
	case t.counts.reads(fromBucket):
		t.log.Infof("listing: requests=%d found=%d dead=%d", l.Requests.Load(), l.Found.Load(), l.Dead.Load())
	}
	if n := &t.counts.Notes; t.counts.reads(fromSNS) {
		t.log.Infof("announced: noted=%d done=%d dead=%d refused=%d waiting=%d", n.Noted.Load(), n.Done.Load(), n.Dead.Load(), n.Refused.Load(), n.Waiting.Load())
	}
}
