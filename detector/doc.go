// Package detector is the detection engine: the whole way from a chunk of
// records to alerts in an outbox. It knows no host; Fluent Bit's plugin, the
// sidecar and the command line are thin layers over it, and a Go program can
// embed it.
//
//	chunk ─record─▶ events ─cloudtrail─▶ fields ─program─▶ matches ─dedup─▶ ─limit─▶ ─alert─▶ ─outbox─▶
//
// [New] makes an [Engine] of rules and settings. [Engine.Scan] evaluates one
// chunk; what it returns says what to answer the host. An alert that was made
// is in the outbox before Scan returns, or Scan says that it could not be put
// there, and then nothing has happened.
//
// # Concurrency
//
// An Engine may be used from several goroutines. Chunks without a match share
// no lock. From its first match to its end a chunk holds the engine's lock, so
// that duplicates are found across chunks that are evaluated at the same time.
//
// # Who owns the bytes
//
// Scan keeps nothing of the chunk.
package detector
