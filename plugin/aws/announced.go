package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/positions"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// announcedFile is the name of the file in the directory of an Announced.
const announcedFile = "announced.db"

// announced is the table with the objects that are not confirmed, by bucket, key and version.
var announced = []byte("objects")

// maxAnnounced is the maximum number of objects that wait, unless a single notification
// names more.
const maxAnnounced = 10000

// ErrFull is why objects are not noted: too many wait already.
var ErrFull = fmt.Errorf("%d objects wait to be read, which is the maximum", maxAnnounced)

// AnnouncedOptions are what an Announced is made of.
type AnnouncedOptions struct {
	Dir         string // of the file with the notes
	Account     Account
	Parallel    int // objects that are read at the same time
	Insights    bool
	Payer       bool         // the requester pays
	DeadLetters *DeadLetters // of objects that are broken; nil: none
	Queue       *intake.Queue
	Stats       *intake.Stats
	Errors      *Errors
	Log         logger.Log
}

// Announced reads objects that notifications without a queue announce. It keeps them in a
// file until they are confirmed. It is safe for concurrent use.
type Announced struct {
	AnnouncedOptions
	timing
	max     int
	db      *bbolt.DB
	objects objects
	slow    logger.Log // rate-limited
	stop    context.CancelFunc
	ended   sync.WaitGroup
	jobs    chan *notice
	wake    chan struct{} // there may be an object to read

	mu        sync.Mutex
	items     map[string]*notice // by name
	waiting   []*notice          // to be read now
	confirmed []*notice          // to be removed
	dying     []*notice          // to become dead letters
}

// notice is an object that is not removed yet. The lock protects it, except for its object.
type notice struct {
	name    string
	object  Object
	idle    bool // it waits to be read, now or later
	renewed bool // it was announced again since its reading began
	fails   int  // how often it could not be read
	broken  int  // how often because of what is in it
	err     error
	again   time.Time // when to try again, if it failed
}

// StartAnnounced opens the file and starts to read what is noted in it. If the file is
// damaged, it is renamed, and logged: what was noted is not read.
func StartAnnounced(ctx context.Context, o AnnouncedOptions) (*Announced, error) {
	return startAnnounced(ctx, o, defaultTiming, maxAnnounced)
}

func startAnnounced(ctx context.Context, o AnnouncedOptions, t timing, limit int) (*Announced, error) {
	c, err := newClients(ctx, o.Account)
	if err != nil {
		return nil, err
	}
	warn := func(line string) { o.Log.Errorf("state_path: %s: the objects that it names are not read", line) }
	db, err := positions.Open(o.Dir, announcedFile, warn, announced)
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	a := &Announced{AnnouncedOptions: o, timing: t, max: limit, db: db, slow: o.Log.Limited(), jobs: make(chan *notice), wake: make(chan struct{}, 1), items: map[string]*notice{}}
	a.objects = objects{clients: c, payer: o.Payer, insights: o.Insights, idle: t.idle, stats: o.Stats, errors: o.Errors, slow: a.slow}
	if err := a.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("state_path: %w", err), db.Close())
	}
	if n := len(a.items); n > 0 {
		o.Log.Infof("state_path: %s announced before: reading goes on", logger.Count(n, "object"))
	}
	ctx, a.stop = context.WithCancel(context.Background())
	a.ended.Add(2 + o.Parallel)
	go a.offer(ctx)
	go a.keep(ctx)
	for range o.Parallel {
		go a.work(ctx)
	}
	return a, nil
}

// load reads the notes of an earlier process.
func (a *Announced) load() error {
	return a.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(announced).ForEach(func(k, v []byte) error {
			n := &notice{name: string(k), idle: true}
			if err := json.Unmarshal(v, &n.object); err != nil {
				a.Log.Errorf("state_path: %s: the note %s cannot be read, and stays: %v", announcedFile, logger.Printable(string(k), 300), err)
				return nil
			}
			a.items[n.name] = n
			a.waiting = append(a.waiting, n)
			return nil
		})
	})
}

// Note notes objects, so that they are read even after a crash. After an error they have to
// be announced again; ErrFull means that too many wait.
func (a *Announced) Note(all []Object) error {
	values := map[string][]byte{}
	objects := map[string]Object{}
	for _, o := range all {
		v, err := json.Marshal(o)
		if err != nil {
			return err
		}
		name := string(nameOf(o.Bucket, o.Key+"\x00"+o.VersionID))
		values[name], objects[name] = v, o
	}
	a.mu.Lock()
	fresh := 0
	for name := range objects {
		if a.items[name] == nil {
			fresh++
		}
	}
	if fresh > 0 && len(a.items) > 0 && len(a.items)+fresh > a.max {
		a.mu.Unlock()
		return ErrFull
	}
	var added []*notice
	for name, o := range objects {
		if n := a.items[name]; n != nil {
			n.renewed = n.renewed || !n.idle // it may have changed since
			continue
		}
		n := &notice{name: name, object: o, idle: true}
		a.items[name] = n
		added = append(added, n)
	}
	a.mu.Unlock()
	err := a.db.Batch(func(tx *bbolt.Tx) error {
		t := tx.Bucket(announced)
		for name, v := range values {
			if err := t.Put([]byte(name), v); err != nil {
				return err
			}
		}
		return nil
	})
	// After an error too: another notification may name the same.
	a.mu.Lock()
	a.waiting = append(a.waiting, added...)
	a.mu.Unlock()
	a.poke()
	if err != nil {
		return fmt.Errorf("state_path: %w", err)
	}
	return nil
}

func (a *Announced) poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// offer has objects read as soon as there is room for them.
func (a *Announced) offer(ctx context.Context) {
	defer a.ended.Done()
	defer close(a.jobs)
	for ctx.Err() == nil {
		var n *notice
		if a.Queue.HasRoom() {
			n = a.next()
		}
		if n == nil {
			select {
			case <-ctx.Done():
			case <-a.wake:
			case <-time.After(a.tick / 4):
			}
			continue
		}
		select {
		case a.jobs <- n:
		case <-ctx.Done():
		}
	}
}

// next returns the next object to read, or nil.
func (a *Announced) next() *notice {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	for i, n := range a.waiting {
		if n.again.After(now) {
			continue
		}
		a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
		n.idle, n.renewed = false, false
		return n
	}
	return nil
}

// work reads objects.
func (a *Announced) work(ctx context.Context) {
	defer a.ended.Done()
	reader := a.Queue.NewReader()
	for n := range a.jobs {
		err := a.objects.read(ctx, reader, a.Queue, n.object, func(err error) { a.done(n, err) })
		if err != nil && kindOf(err) == Throttled {
			sleep(ctx, a.retry) // fewer are read at the same time
		}
	}
}

// done handles that an object is confirmed, or will not be.
func (a *Announced) done(n *notice, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var broken *brokenError
	n.err = err
	switch {
	case err == nil:
		a.confirmed = append(a.confirmed, n)
		return
	case errors.Is(err, intake.ErrClosed), errors.Is(err, context.Canceled):
		return // the next process reads it
	case errors.As(err, &broken):
		n.broken++
	}
	n.fails++
	if n.broken >= maxTries {
		a.dying = append(a.dying, n)
		return
	}
	n.idle, n.again = true, time.Now().Add(a.backoff(n.fails))
	a.waiting = append(a.waiting, n)
}

// keep removes what is confirmed.
func (a *Announced) keep(ctx context.Context) {
	defer a.ended.Done()
	for ctx.Err() == nil {
		sleep(ctx, a.tick)
		a.bury()
		a.flush()
	}
}

// bury gives up objects that are broken.
func (a *Announced) bury() {
	a.mu.Lock()
	dying := a.dying
	a.dying = nil
	a.mu.Unlock()
	for _, n := range dying {
		where := nameOfObject(n.object.Bucket, n.object.Key)
		if a.DeadLetters != nil {
			if err := a.DeadLetters.add(deadLetter{Kind: "object", Reason: n.err.Error(), Bucket: n.object.Bucket, Key: n.object.Key}); err != nil {
				a.slow.Errorf("dead_letters: %v: %s", err, where)
			}
		}
		a.Log.Errorf("%s is broken, and was given up after %d tries: %v", where, n.broken, n.err)
		a.mu.Lock()
		a.confirmed = append(a.confirmed, n)
		a.mu.Unlock()
	}
}

// flush removes what was confirmed since the last flush. What was announced again meanwhile
// is read again.
func (a *Announced) flush() {
	a.mu.Lock()
	confirmed := a.confirmed
	a.confirmed = nil
	a.mu.Unlock()
	if len(confirmed) == 0 {
		return
	}
	err := a.db.Update(func(tx *bbolt.Tx) error {
		for _, n := range confirmed {
			// Note writes after it has set renewed, and so either it is seen here, or the
			// note is written after this transaction.
			if a.isRenewed(n) {
				continue
			}
			if err := tx.Bucket(announced).Delete([]byte(n.name)); err != nil {
				return err
			}
		}
		return nil
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.confirmed = append(a.confirmed, confirmed...)
		a.slow.Errorf("state_path: %v; after a crash objects may be read again", err)
		return
	}
	for _, n := range confirmed {
		if n.renewed {
			n.idle, n.fails, n.broken, n.again = true, 0, 0, time.Time{}
			a.waiting = append(a.waiting, n)
			continue
		}
		delete(a.items, n.name)
	}
}

func (a *Announced) isRenewed(n *notice) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return n.renewed
}

// Stop ends reading. After the queue of records was closed Close must be called.
func (a *Announced) Stop() {
	a.stop()
	a.ended.Wait()
}

// Close removes what is confirmed, and closes the file. Nothing can be noted any more.
func (a *Announced) Close() {
	a.flush()
	if err := a.db.Close(); err != nil {
		a.Log.Errorf("state_path: %v", err)
	}
}
