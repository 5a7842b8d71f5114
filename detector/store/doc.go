// Package store keeps on disk what has to survive a crash: alerts that were not
// delivered yet, and what detectors remember.
//
// A store is a directory that one process at a time may use. In it lies one
// bbolt file with these buckets:
//
//	meta                         version, session, names of the buckets
//	alerts/<channel>             number, ascending ──▶ checksum, alert
//	spaces/<detector>/<space>    key ──▶ checksum, time of expiry, value
//
// A space is what one memory of a detector remembers, a [hold.Memory]; the store
// does not know what its entries mean. Another memory is another space.
//
// [Store.Commit] writes alerts and changes of spaces in one transaction, which is on
// the disk when it returns. What was delivered is deleted a moment
// later, in the background: after a crash it may be delivered again, with the
// same id. [Store.Note] makes that rare, by a file beside the bbolt file to which
// is written at once, and not synced, what is to be deleted.
//
// # Damage
//
// The file is read once at the start, page by page and without bbolt, which trusts what it
// reads. Nothing in it is compressed. If anything is wrong, the entries whose checksums are
// right are taken over into a new file: those that can be reached from the root, and those
// in pages that are neither reached nor free, which their checksums tell to which bucket
// they belong. So a byte that changes costs the entry that it belongs to. If both meta
// pages are unreadable nobody can tell what was deleted, and alerts may be delivered again.
package store
