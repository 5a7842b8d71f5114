package detector

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// commits is the part of the state that transactions change, and what commits them.
// A transaction locks mu when it begins, and decides; then it calls commit, or
// rollback.
//
// Without a store, commit makes the decisions final at once. With a store it takes
// three steps:
//
//  1. Seal, with mu locked. The decisions are complete, and later transactions see
//     them. There is room for the alerts in the outbox, and the changes of the
//     memories are encoded. The transaction joins the group that is forming, and mu
//     is unlocked.
//  2. Write, without mu. The first member of the group waits until the group before
//     is finished. Then it closes the group and writes the alerts and changes of all
//     members, in the order of sealing, in one transaction of the store, with one
//     fsync. Meanwhile the next group forms.
//  3. Finish, with mu locked. If the group is on disk, each member in order is made
//     final: the memories commit, the alerts are in the outbox, the matches are
//     counted. If not, everything that is not final is rolled back, the newest first:
//     the group, and the one that is forming, whose members have seen its decisions.
//
// Scan returns after step 3: nil, or the error by which the host sends the chunk
// again. So:
//
//   - A chunk whose matches are duplicates of alerts that are not on disk yet joins
//     the forming group although it has nothing to write, and is answered only when
//     these alerts are on disk.
//   - Rolling back is exact: no transaction is open meanwhile, since that would have
//     locked mu, and transactions are undone in the reverse of the order in which
//     they were sealed.
//   - After a crash between 2 and 3 the alerts are on disk and the host has no answer:
//     it sends the chunk again, and its matches are duplicates.
//   - A chunk without a match takes no part: it never waits for the disk. While a history
//     of actors is kept (see [Config].Context) each chunk adds to it, in a transaction. If
//     others are unfinished it joins a group, so that they can be undone in their order, but
//     does not wait for it: what it has added is added again after it was undone. A group for
//     which nobody waits is finished with the one before. The history itself is written at
//     intervals.
type commits struct {
	writing sync.Mutex // held while a group is written; locked before mu

	mu         sync.Mutex
	memories   hold.Memories
	forming    *group // nil: none
	unfinished int    // sealed decisions that are neither final nor rolled back
}

// Store keeps on disk what has to survive the process. A *store.Store is one.
type Store interface {
	outbox.Keeper
	Commit(store.Batch) (numbers []uint64, err error)
	Restore(detector string, memories hold.Memories) error
}

// decisions are what a transaction commits.
type decisions struct {
	room    outbox.Reservation   // for its alerts
	changes []hold.Change        // of the memories, for the store
	owner   interface{ final() } // called with mu locked, when they are final
	// redo, if not nil, does them again: nobody waits for them. It is called with mu locked,
	// in a transaction.
	redo func()
}

// group is decisions that are written together.
type group struct {
	members []*decisions
	written bool          // a goroutine writes it, or is going to
	done    chan struct{} // closed after step 3
	err     error         // why they are not on disk
}

// destination is where a detector's decisions are written.
type destination struct {
	store             Store // nil: memory only
	channel, detector string
	warn              func(line string)
}

// commit makes the decisions of the newest transaction final and unlocks mu. With an
// error they are rolled back.
func (c *commits) commit(d *decisions, to destination) error {
	if to.store == nil {
		c.makeFinal(d, nil, nil)
		c.mu.Unlock()
		return nil
	}
	d.changes = c.memories.Changes(d.changes)
	if c.unfinished == 0 && len(d.room.Alerts())+len(d.changes) == 0 {
		c.makeFinal(d, to.store, nil)
		c.mu.Unlock()
		return nil
	}
	g := c.forming
	if g == nil {
		g = &group{done: make(chan struct{})}
		c.forming = g
	}
	g.members = append(g.members, d)
	c.unfinished++
	waits := d.redo == nil
	first := waits && !g.written
	g.written = g.written || waits
	c.mu.Unlock()
	if !waits {
		return nil
	}
	if first {
		c.write(g, to)
	}
	<-g.done
	return g.err
}

// rollback undoes the newest transaction and unlocks mu.
func (c *commits) rollback() {
	c.memories.Rollback()
	c.mu.Unlock()
}

// write does steps 2 and 3 of a group.
func (c *commits) write(g *group, to destination) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	if g.err != nil { // rolled back with the group before
		c.mu.Unlock()
		return
	}
	c.forming = nil
	c.mu.Unlock()
	var numbers []uint64
	err := errors.New("a panic while it was written")
	defer func() { c.finish(g, to, numbers, err) }()
	b := store.Batch{Channel: to.channel, Detector: to.detector}
	for _, d := range g.members {
		b.Alerts = append(b.Alerts, d.room.Alerts()...)
		b.Changes = append(b.Changes, d.changes...)
	}
	if len(b.Alerts)+len(b.Changes) == 0 { // the group has waited for the one before
		err = nil
		return
	}
	numbers, err = to.store.Commit(b)
}

// finish does step 3 of a group, whose alerts have these numbers in the store.
func (c *commits) finish(g *group, to destination, numbers []uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.end(g, to.store, numbers)
		if next := c.forming; next != nil && !next.written {
			c.finishNext(next, to)
		}
		return
	}
	failed := []*group{g}
	if c.forming != nil {
		failed = []*group{c.forming, g}
		c.forming = nil
	}
	var redone []*decisions // the newest first
	for _, g := range failed {
		for _, d := range slices.Backward(g.members) {
			c.memories.Rollback()
			d.room.Cancel()
			if d.redo != nil {
				redone = append(redone, d)
			}
		}
		c.unfinished -= len(g.members)
		g.err = err
		close(g.done) // the decisions of those who wait are theirs again
	}
	for _, d := range slices.Backward(redone) {
		c.memories.Begin()
		d.redo()
		c.memories.Commit()
		d.owner.final()
	}
}

// finishNext finishes a group for which nobody waits. The one before is final.
func (c *commits) finishNext(g *group, to destination) {
	if slices.ContainsFunc(g.members, func(d *decisions) bool { return len(d.changes) > 0 }) {
		g.written = true
		go c.writeUnattended(g, to)
		return
	}
	c.forming = nil
	c.end(g, to.store, nil)
}

// writeUnattended is write for a group whose error no host gets. If it is not written, its
// members were undone and done again.
func (c *commits) writeUnattended(g *group, to destination) {
	defer func() {
		if p := recover(); p != nil {
			to.warn(fmt.Sprintf("panic while the state was written: %v", p))
		} else if g.err != nil {
			to.warn(fmt.Sprintf("state_path: changes of the state are in memory only: %v", g.err))
		}
	}()
	c.write(g, to)
}

// end makes the decisions of a group final.
func (c *commits) end(g *group, s Store, numbers []uint64) {
	for _, d := range g.members {
		n := len(d.room.Alerts())
		c.makeFinal(d, s, numbers[:n])
		numbers = numbers[n:]
	}
	c.unfinished -= len(g.members)
	close(g.done)
}

// makeFinal makes the oldest transaction final. Its alerts have these numbers in the
// store.
func (c *commits) makeFinal(d *decisions, k outbox.Keeper, numbers []uint64) {
	c.memories.Commit()
	d.room.Commit(k, numbers)
	d.owner.final()
}
