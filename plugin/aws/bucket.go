package aws

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/layout"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// BucketOptions are what a Bucket is made of.
type BucketOptions struct {
	Name        string
	Prefix      layout.Prefix
	From, Until time.Time // days, UTC; zero: no limit
	Once        bool      // the objects that are there now are read, and Completed is closed then
	Account     Account
	Positions   *Positions
	Purpose     string // tells what is read apart from the same bucket's positions for other purposes
	Parallel    int    // objects that are read at the same time
	Insights    bool
	Payer       bool         // the requester pays
	DeadLetters *DeadLetters // of objects that are broken; nil: none
	Queue       *intake.Queue
	Stats       *intake.Stats
	Listing     *Listing
	Log         logger.Log
}

// listTiming says how often a bucket is listed. Tests have less time.
type listTiming struct {
	poll       time.Duration // how often new objects of a region are looked for
	quietPoll  time.Duration // the same, if there were none for quietAfter
	quietAfter time.Duration
	lookBack   time.Duration // how late an object may come, by the time in its name
	quickBack  time.Duration // how far back each poll looks
	full       time.Duration // how often one looks back as far as lookBack
	discover   time.Duration // how often new accounts and regions are looked for
}

// An empty poll is one request. CloudTrail writes objects about every five minutes, some
// minutes out of order.
var defaultListTiming = listTiming{poll: time.Minute, quietPoll: 5 * time.Minute, quietAfter: time.Hour,
	lookBack: 24 * time.Hour, quickBack: time.Hour, full: 30 * time.Minute, discover: 10 * time.Minute}

// pagesPerTurn is how many pages of a region are listed until others have their turn.
const pagesPerTurn = 3

// Bucket reads the objects of CloudTrail in a bucket, and new ones.
type Bucket struct {
	BucketOptions
	timing
	listTiming
	lister  lister
	objects objects
	keeper  keeper
	slow    logger.Log // rate-limited
	denied  once
	stop    context.CancelFunc
	ended   sync.WaitGroup
	jobs    chan *item

	Completed chan struct{} // closed when all objects were read, and there will be no others

	// Only the goroutine that lists uses these.
	discovered time.Time // when all regions were found
	missing    bool      // it was logged that there are none
	looked     bool      // regions were looked for, without an error

	mu        sync.Mutex
	regions   map[string]*region // by folder; only the goroutine that lists changes it
	items     map[string]*item   // found, and not confirmed, by key
	confirmed map[string]*region // keys that are confirmed, and not stored
}

// item is an object that was found. The bucket's lock protects its tries.
type item struct {
	tries
	region   *region
	modified time.Time
	before   string // the key listed before it
}

// StartBucket checks that the bucket exists, and starts to read. The error names the key.
func StartBucket(ctx context.Context, o BucketOptions) (*Bucket, error) {
	return startBucket(ctx, o, defaultTiming, defaultListTiming)
}

func startBucket(ctx context.Context, o BucketOptions, t timing, l listTiming) (*Bucket, error) {
	c, err := newClients(ctx, o.Account)
	if err != nil {
		return nil, err
	}
	b := &Bucket{BucketOptions: o, timing: t, listTiming: l, slow: o.Log.Limited(), jobs: make(chan *item), Completed: make(chan struct{}),
		lister: lister{c, o.Name, o.Payer}, regions: map[string]*region{}, items: map[string]*item{}, confirmed: map[string]*region{}}
	b.objects = objects{clients: c, payer: o.Payer, insights: o.Insights, idle: t.idle, stats: o.Stats, errors: &o.Listing.Errors, slow: b.slow}
	b.keeper = keeper{tick: t.tick, letters: o.DeadLetters, dead: &o.Listing.Dead, log: o.Log, slow: b.slow, flush: b.flush}
	one := int32(1)
	if _, err := b.lister.request(ctx, &s3.ListObjectsV2Input{Prefix: &o.Prefix.Path, MaxKeys: &one}); err != nil {
		if codeOf(err) == "NoSuchBucket" {
			return nil, fmt.Errorf("bucket: %s: the bucket does not exist: %w", o.Name, shortError(err))
		}
		b.failed(err)
	}
	ctx, b.stop = context.WithCancel(context.Background())
	b.ended.Add(2 + o.Parallel)
	go b.list(ctx)
	go func() {
		defer b.ended.Done()
		b.keeper.run(ctx)
	}()
	for range o.Parallel {
		go b.work(ctx)
	}
	return b, nil
}

// failed counts and logs that the bucket cannot be listed.
func (b *Bucket) failed(err error) {
	b.Listing.Errors.count(err)
	if isDenied(err) {
		if b.denied.first(codeOf(err)) {
			b.Log.Errorf("bucket: %s: listing is not allowed: %v. s3:ListBucket on the bucket is needed; it will be tried again", b.Name, shortError(err))
		}
		return
	}
	b.slow.Errorf("bucket: %s cannot be listed: %v; it will be tried again", b.Name, shortError(err))
}

// list finds regions and objects, until all days were read.
func (b *Bucket) list(ctx context.Context) {
	defer b.ended.Done()
	defer close(b.jobs)
	for ctx.Err() == nil {
		b.discover(ctx)
		b.retry(ctx)
		switch r := b.next(time.Now()); {
		case r != nil:
			b.turn(ctx, r)
		case b.isComplete():
			if !b.Once {
				b.Log.Infof("bucket: %s: all objects until %s were read", b.Name, b.Until.Format(time.DateOnly))
			}
			close(b.Completed)
			return
		default:
			sleep(ctx, b.tick)
		}
	}
}

// discover finds the regions in which there is something, if it is time for that.
func (b *Bucket) discover(ctx context.Context) {
	now := time.Now()
	if !b.discovered.IsZero() && now.Sub(b.discovered) < b.listTiming.discover {
		return
	}
	b.Listing.Requests.Add(1)
	err := b.lister.regions(ctx, b.Prefix, b.Insights, func(folder string) {
		if b.regions[folder] != nil {
			return
		}
		r := b.open(folder)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.regions[folder] = r
	})
	if ctx.Err() != nil {
		return
	}
	b.discovered = now
	b.looked = b.looked || err == nil
	if err != nil {
		b.failed(err)
		b.discovered = now.Add(b.poll - b.listTiming.discover)
	} else if len(b.regions) == 0 && !b.missing {
		b.missing = true
		b.Log.Warnf("bucket: nothing has a key AWSLogs/[o-id/]ACCOUNT/CloudTrail/REGION/… below s3://%s/%s: it will be looked for again; is prefix right?", b.Name, b.Prefix.Path)
	}
}

// next returns the region that has waited longest, or nil if none is due.
func (b *Bucket) next(now time.Time) (next *region) {
	for _, r := range b.regions {
		if !r.complete && !r.due.After(now) && (next == nil || r.due.Before(next.due)) {
			next = r
		}
	}
	return next
}

// isComplete reports whether all days were read, and are over for so long that no more
// objects come.
func (b *Bucket) isComplete() bool {
	if b.Once && !b.looked || !b.Once && (b.Until.IsZero() || len(b.regions) == 0) {
		return false
	}
	for _, r := range b.regions {
		if !r.complete {
			return false
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.items) == 0
}

// offer has an object read as soon as there is room for it.
func (b *Bucket) offer(ctx context.Context, i *item) {
	for ctx.Err() == nil && (!b.Queue.HasRoom() || b.holds() > maxHeld) {
		sleep(ctx, b.tick/4)
		b.retry(ctx)
	}
	b.start(ctx, i)
}

func (b *Bucket) start(ctx context.Context, i *item) {
	select {
	case b.jobs <- i:
	case <-ctx.Done():
	}
}

func (b *Bucket) holds() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.items)
}

// retry reads objects again that could not be read.
func (b *Bucket) retry(ctx context.Context) {
	now := time.Now()
	var due []*item
	b.mu.Lock()
	for _, i := range b.items {
		if !i.again.IsZero() && !i.again.After(now) {
			i.again = time.Time{}
			due = append(due, i)
		}
	}
	b.mu.Unlock()
	for _, i := range due {
		b.start(ctx, i)
	}
}

// work reads objects.
func (b *Bucket) work(ctx context.Context) {
	defer b.ended.Done()
	reader := b.Queue.NewReader()
	for i := range b.jobs {
		if !i.modified.IsZero() {
			b.Listing.Lag.Store(int64(time.Since(i.modified)))
		}
		err := b.objects.read(ctx, reader, b.Queue, i.object, func(err error) { b.done(i, err) })
		if err != nil && kindOf(err) == Throttled {
			sleep(ctx, b.timing.retry) // fewer are read at the same time
		}
	}
}

// done handles that an object is confirmed, or will not be.
func (b *Bucket) done(i *item, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch i.add(err, &b.timing) {
	case confirmed:
		b.confirm(i)
	case broken:
		b.keeper.giveUp(&i.tries, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.confirm(i)
		})
	}
}

// confirm notes that an object needs not be read again. The lock is held.
func (b *Bucket) confirm(i *item) {
	delete(b.items, i.object.Key)
	b.confirmed[i.object.Key] = i.region
}

// flush stores what has changed since the last flush.
func (b *Bucket) flush() {
	b.mu.Lock()
	changes := map[*region]*change{}
	of := func(r *region) *change {
		c := changes[r]
		if c == nil {
			c = &change{folder: r.folder, at: position{After: max(r.after, r.settled), From: r.from}}
			changes[r] = c
		}
		return c
	}
	for key, r := range b.confirmed {
		of(r).confirmed = append(of(r).confirmed, key)
	}
	for _, r := range b.regions {
		if r.settled > r.after || !r.stored {
			of(r)
		}
	}
	for _, i := range b.items { // the position stays before each of them
		if c := changes[i.region]; c != nil {
			c.at.After = max(i.region.after, min(c.at.After, i.before))
		}
	}
	b.mu.Unlock()
	var all []change
	for r, c := range changes {
		if c.at.After != r.after || len(c.confirmed) > 0 || !r.stored {
			all = append(all, *c)
		}
	}
	if len(all) == 0 {
		return
	}
	if err := b.Positions.put(b.positions(), all); err != nil {
		b.slow.Errorf("state_path: %v; after a crash objects may be read again", err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for r, c := range changes {
		r.after, r.stored = c.at.After, true
		for _, key := range c.confirmed {
			delete(b.confirmed, key)
		}
	}
}

// positions is the name of the positions of the bucket.
func (b *Bucket) positions() string { return b.Purpose + b.Name }

// Stop ends listing and reading. After the queue of records was closed Close must be
// called.
func (b *Bucket) Stop() {
	b.stop()
	b.ended.Wait()
}

// Close stores what is confirmed.
func (b *Bucket) Close() { b.flush() }
