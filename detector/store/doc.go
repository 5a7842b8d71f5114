// Package store keeps on disk what has to survive a crash: alerts that were not
// delivered yet, and what was alerted before.
//
// A store is a directory that one process at a time may use. In it lies one
// bbolt file with these buckets:
//
//	meta               version, session
//	alerts/<channel>   number, ascending ──▶ alert
//	seen/<detector>    number, ascending ──▶ key, time of expiry
//
// [Store.Commit] writes the alerts and the keys of one chunk in one transaction
// that is on the disk when it returns. What was delivered is deleted a moment
// later, in the background: after a crash it may be delivered again, with the
// same id. [Store.Note] makes that rare, by a file beside the bbolt file to which
// is written at once, and not synced, what is to be deleted.
package store
