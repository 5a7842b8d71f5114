package aws

import "sync/atomic"

// Messages counts the messages of a queue. It is safe for concurrent use.
type Messages struct {
	Received atomic.Uint64
	Deleted  atomic.Uint64
	Returned atomic.Uint64 // given back to the queue, or let go
	Extended atomic.Uint64
	Ignored  atomic.Uint64 // tests and the like, which are deleted
	Unknown  atomic.Uint64 // none that we know, which are left to the queue
	Dead     atomic.Uint64 // given up: they are dead letters, and deleted
	Errors   Errors

	Lag        atomic.Int64 // age of the message that was received last, in nanoseconds
	Visible    atomic.Int64 // number of messages in the queue
	NotVisible atomic.Int64 // of those that somebody has received
}

// Listing counts the objects of a bucket that is listed. It is safe for concurrent use.
type Listing struct {
	Requests atomic.Uint64
	Found    atomic.Uint64 // objects that are new
	Dead     atomic.Uint64 // objects that are broken and were given up
	Errors   Errors

	Lag atomic.Int64 // age of the object that was opened last, in nanoseconds
}

// Notes counts objects that messages announce without a queue. It is safe for concurrent use.
type Notes struct {
	Noted   atomic.Uint64
	Done    atomic.Uint64 // their alerts are in the outbox
	Dead    atomic.Uint64 // they are broken and were given up
	Refused atomic.Uint64 // not noted, since too many wait

	Waiting atomic.Int64 // those that are noted now
}
