package aws

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// announcedFile is the name of the file in the directory of an Announced.
const announcedFile = "announced.db"

// announced is the table with the objects that are not confirmed, by bucket, key and version.
var announced = []byte("objects")

// MaxAnnounced is the maximum number of objects that wait, unless a single notification
// names more.
const MaxAnnounced = 10000

// ErrFull is why objects are not noted: too many wait already.
var ErrFull = fmt.Errorf("%d objects wait to be read, which is the maximum", MaxAnnounced)

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
	Notes       *Notes
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
	keeper  keeper
	slow    logger.Log // rate-limited
	stop    context.CancelFunc
	ended   sync.WaitGroup
	jobs    chan *notice
	wake    chan struct{} // there may be an object to read

	mu        sync.Mutex
	items     map[string]*notice // by name
	waiting   []*notice          // to be read now
	confirmed []*notice          // to be removed
}

// notice is an object that is not removed yet. The lock protects it, except for its object.
type notice struct {
	tries
	name    string
	idle    bool // it waits to be read, now or later
	renewed bool // it was announced again since its reading began
}

// StartAnnounced opens the file and starts to read what is noted in it. If the file is
// damaged, it is renamed, which is logged, and what can still be read of its notes is taken
// over.
func StartAnnounced(ctx context.Context, o AnnouncedOptions) (*Announced, error) {
	return startAnnounced(ctx, o, defaultTiming, MaxAnnounced)
}

func startAnnounced(ctx context.Context, o AnnouncedOptions, t timing, limit int) (*Announced, error) {
	c, err := newClients(ctx, o.Account)
	if err != nil {
		return nil, err
	}
	db, err := openNotes(o.Dir, o.Log)
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	a := &Announced{AnnouncedOptions: o, timing: t, max: limit, db: db, slow: o.Log.Limited(), jobs: make(chan *notice), wake: make(chan struct{}, 1), items: map[string]*notice{}}
	a.objects = objects{clients: c, payer: o.Payer, insights: o.Insights, idle: t.idle, stats: o.Stats, errors: o.Errors, slow: a.slow}
	a.keeper = keeper{tick: t.tick, letters: o.DeadLetters, dead: &o.Notes.Dead, log: o.Log, slow: a.slow, flush: a.flush}
	if err := a.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("state_path: %w", err), db.Close())
	}
	if n := len(a.items); n > 0 {
		o.Log.Infof("state_path: %s announced before: reading goes on", logger.Count(n, "object"))
	}
	ctx, a.stop = context.WithCancel(context.Background())
	a.ended.Add(2 + o.Parallel)
	go a.offer(ctx)
	go func() {
		defer a.ended.Done()
		a.keeper.run(ctx)
	}()
	for range o.Parallel {
		go a.work(ctx)
	}
	return a, nil
}

// load reads the notes of an earlier process.
func (a *Announced) load() error {
	return a.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(announced).ForEach(func(k, v []byte) error {
			object, whole, ok := readNote(string(k), v)
			if !ok {
				a.Log.Errorf("state_path: %s: the note %s cannot be read, and stays", announcedFile, logger.Printable(string(k), 300))
				return nil
			}
			if !whole {
				a.Log.Warnf("state_path: %s: the note about %s is damaged: what can be read of it is used", announcedFile, nameOfObject(object.Bucket, object.Key))
			}
			n := &notice{tries: tries{object: object}, name: string(k), idle: true}
			a.items[n.name] = n
			a.waiting = append(a.waiting, n)
			a.Notes.Waiting.Add(1)
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
		name := noteName(&o)
		values[name], objects[name] = newNote(name, o), o
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
		a.Notes.Refused.Add(uint64(fresh))
		return ErrFull
	}
	var added []*notice
	for name, o := range objects {
		if n := a.items[name]; n != nil {
			n.renewed = n.renewed || !n.idle // it may have changed since
			continue
		}
		n := &notice{tries: tries{object: o}, name: name, idle: true}
		a.items[name] = n
		a.Notes.Noted.Add(1)
		a.Notes.Waiting.Add(1)
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
	confirm := func() { a.confirmed = append(a.confirmed, n) }
	switch n.add(err, &a.timing) {
	case confirmed:
		a.Notes.Done.Add(1)
		confirm()
	case failed:
		n.idle = true
		a.waiting = append(a.waiting, n)
	case broken:
		a.keeper.giveUp(&n.tries, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			confirm()
		})
	}
}

// flush removes what was confirmed since the last flush. What was announced again meanwhile
// is read again.
func (a *Announced) flush() {
	a.mu.Lock()
	over := a.confirmed
	a.confirmed = nil
	a.mu.Unlock()
	if len(over) == 0 {
		return
	}
	err := a.db.Update(func(tx *bbolt.Tx) error {
		for _, n := range over {
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
		a.confirmed = append(a.confirmed, over...)
		a.slow.Errorf("state_path: %v; after a crash objects may be read again", err)
		return
	}
	for _, n := range over {
		if n.renewed {
			n.tries, n.idle = tries{object: n.object}, true
			a.waiting = append(a.waiting, n)
			continue
		}
		delete(a.items, n.name)
		a.Notes.Waiting.Add(-1)
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
