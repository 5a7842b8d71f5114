// Package intake passes what sources read to a host, and says when the host has taken
// care of it. A source reads objects: files of CloudTrail in a folder or in S3. They
// become records, one for each event, in batches of at most a megabyte.
//
//	io.Reader ──Read──▶ batches ──Queue──▶ host: Take, Taken ──▶ … ──▶ Marks.Confirm
//	                                                                    │
//	source ◀── Reading: progress, done ◀────────────────────────────────┘
//
// # When a batch is confirmed
//
// That the host has taken a batch means nothing: Fluent Bit puts it into a ring in
// memory, and a kill or a pause loses it there. So each record has a mark in its
// metadata: the number of its batch. The batch is confirmed when a detector has
// evaluated a chunk with the mark and committed its state. A source lets go of a message
// or advances its position only after that, and what was not confirmed is read again.
//
// Where there is no detector, a source can do with less: see [Appended].
//
// A [Reading] is done when its end was reached and all of its batches are confirmed. It
// is not done while batches may follow, even if none is open.
package intake
