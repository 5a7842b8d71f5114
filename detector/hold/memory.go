package hold

import "time"

// Memory is state that matches change. What it remembers are entries in a named
// space of keys, which a store keeps for the next process.
//
// Every change belongs to a transaction. Transactions form a queue: Begin appends
// one, which sees the changes of those before it although they may not be final
// yet; Commit removes the oldest, whose changes are now final; Rollback removes
// the newest and undoes exactly its changes. A transaction changes the memory only
// while it is the newest.
type Memory interface {
	// Space returns the name of the space.
	Space() string
	// Restore adds an entry that an earlier process has stored. It is called before
	// the first Begin, in the order of the keys, and reports whether the entry makes
	// sense.
	Restore(key, value []byte, expires time.Time) bool
	Begin()
	// Changes appends the changes of the newest transaction to dst. It is called
	// once, as the last step before the transaction is written.
	Changes(dst []Change) []Change
	Commit()
	Rollback()
}

// Change sets or deletes one entry of a space.
type Change struct {
	Space   string
	Key     []byte
	Value   []byte
	Expires time.Time // the store drops the entry from then on
	Delete  bool
}

// maxForgotten is the maximum number of entries that a memory remembers to delete
// from the store, should the store not take changes for long. It drops the others
// when they expire.
const maxForgotten = 1 << 16

// Memories are several memories with common transactions.
type Memories []Memory

// Begin begins a transaction in all memories.
func (all Memories) Begin() {
	for _, m := range all {
		m.Begin()
	}
}

// Changes appends the changes of the newest transaction in all memories.
func (all Memories) Changes(dst []Change) []Change {
	for _, m := range all {
		dst = m.Changes(dst)
	}
	return dst
}

// Commit makes the oldest transaction final in all memories.
func (all Memories) Commit() {
	for _, m := range all {
		m.Commit()
	}
}

// Rollback undoes the newest transaction in all memories.
func (all Memories) Rollback() {
	for _, m := range all {
		m.Rollback()
	}
}

// queue holds the open transactions of a memory, the oldest first. Transactions
// are reused.
type queue[T any, P interface {
	*T
	reset()
}] struct {
	open, free []*T
}

func (q *queue[T, P]) begin() {
	if n := len(q.free); n > 0 {
		q.open, q.free = append(q.open, q.free[n-1]), q.free[:n-1]
		return
	}
	q.open = append(q.open, new(T))
}

func (q *queue[T, P]) oldest() *T { return q.open[0] }

func (q *queue[T, P]) newest() *T { return q.open[len(q.open)-1] }

func (q *queue[T, P]) removeOldest() {
	t := q.open[0]
	n := copy(q.open, q.open[1:])
	q.open[n] = nil
	q.open = q.open[:n]
	q.recycle(t)
}

func (q *queue[T, P]) removeNewest() {
	n := len(q.open) - 1
	t := q.open[n]
	q.open[n] = nil
	q.open = q.open[:n]
	q.recycle(t)
}

func (q *queue[T, P]) recycle(t *T) {
	P(t).reset()
	q.free = append(q.free, t)
}
