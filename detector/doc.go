// Package detector is the detection engine: it turns chunks of records into alerts
// in an outbox. It does not depend on the program that it runs in: Fluent Bit's
// plugin, the sidecar and the command line are thin layers over it, and other Go
// programs can embed it.
//
//	chunk ─prefilter─▶ records ─envelope─▶ events ─match─▶ matches ─hold─▶ ─alert─▶ ─store─▶ ─outbox─▶
//
// [New] returns an [Engine] for rules and a configuration. [Engine.Scan] evaluates one
// chunk; its [Result] and error say what to answer the sender. When Scan returns
// without an error, the alerts are in the outbox, and on disk if there is a store.
// If it returns a *[outbox.FullError] or a *[StoreError], nothing has happened.
//
// # Concurrency
//
// An Engine may be used by several goroutines. Chunks without a match share no lock
// and never wait for the disk. From its first match to its end a chunk has locked the
// state, so that decisions have an order; it is written to disk after that, together
// with others.
//
// # Ownership
//
// Scan keeps nothing of the chunk.
package detector
