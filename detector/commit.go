package detector

import (
	"errors"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// group is transactions that are written to disk together.
//
// With a store, a transaction is committed in three steps:
//
//  1. Seal, with the state locked. The decisions of the transaction are complete,
//     and later transactions see them. There is room for its alerts in the outbox,
//     and the changes of the memories are encoded. The transaction joins the group
//     that is forming, and the state is unlocked.
//  2. Write, without the lock. The first member of the group waits until the group
//     before is finished. Then it closes the group and writes the alerts and changes
//     of all members, in the order of sealing, in one transaction of the store, with
//     one fsync. Meanwhile the next group forms.
//  3. Finish, with the state locked. If the group is on disk, each member in order is
//     made final: the memories commit, the alerts are in the outbox, the matches are
//     counted. If not, everything that is not final is rolled back, the newest first:
//     the group, and the one that is forming, whose members have seen its decisions.
//
// Scan returns after step 3: nil, or the error by which the host sends the chunk
// again. So:
//
//   - A chunk whose matches are duplicates of alerts that are not on disk yet joins
//     the forming group although it has nothing to write, and is answered only when
//     these alerts are on disk.
//   - Rolling back is exact: no transaction is open meanwhile, since that would hold
//     the lock, and transactions are undone in the reverse of the order in which they
//     were sealed.
//   - After a crash between 2 and 3 the alerts are on disk and the host has no answer:
//     it sends the chunk again, and its matches are duplicates.
//   - A chunk without a match takes no part: it never waits for the disk.
type group struct {
	members []*transaction
	done    chan struct{} // closed after step 3
	err     error         // why it is not on disk
}

// join seals the transaction, unlocks the state and returns after step 3.
func (t *transaction) join() error {
	s := t.engine.state
	g := s.forming
	first := g == nil
	if first {
		g = &group{done: make(chan struct{})}
		s.forming = g
	}
	g.members = append(g.members, t)
	s.unfinished++
	t.open = false
	s.mu.Unlock()
	if first {
		s.write(g, &t.engine.host, t.engine.config.Channel)
	}
	<-g.done
	return g.err
}

// write does steps 2 and 3 of a group.
func (s *State) write(g *group, host *Host, channel string) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	if g.err != nil { // rolled back with the group before
		s.mu.Unlock()
		return
	}
	s.forming = nil
	s.mu.Unlock()
	var numbers []uint64
	err := errors.New("a panic while it was written")
	defer func() { s.finish(g, numbers, err) }()
	alerts, changes := g.content()
	if len(alerts)+len(changes) == 0 { // the group has waited for the one before
		err = nil
		return
	}
	numbers, err = host.Store.Commit(store.Batch{Channel: channel, Alerts: alerts, Detector: host.Name, Changes: changes})
}

// content returns what the group writes.
func (g *group) content() (alerts []outbox.Alert, changes []hold.Change) {
	for _, t := range g.members {
		alerts = append(alerts, t.room.Alerts()...)
		changes = append(changes, t.changes...)
	}
	return alerts, changes
}

// finish does step 3 of a group, whose alerts have these numbers in the store.
func (s *State) finish(g *group, numbers []uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		for _, t := range g.members {
			n := len(t.room.Alerts())
			t.finish(numbers[:n])
			numbers = numbers[n:]
		}
		s.unfinished -= len(g.members)
		close(g.done)
		return
	}
	failed := []*group{g}
	if s.forming != nil {
		failed = append([]*group{s.forming}, g)
		s.forming = nil
	}
	for _, g := range failed {
		for i := len(g.members) - 1; i >= 0; i-- {
			s.memories.Rollback()
			g.members[i].room.Cancel()
		}
		s.unfinished -= len(g.members)
		g.err = err
		close(g.done)
	}
}
