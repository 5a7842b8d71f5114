// Package outbox keeps the alerts that were made and not delivered yet.
//
// A [Box] belongs to one channel. Outputs put alerts in; inputs take them out
// through a [Taker] and acknowledge each batch. An alert leaves the box only
// when it is settled: acknowledged a while ago without anything going wrong
// since. What a taker had and did not settle goes back when the taker is paused
// or closed, in its old place.
//
//	Put ──▶ queue of the first taker that wants it ──Take──▶ in flight ──Ack──▶ settling ──a second──▶ gone
//	                     ▲                                       │                  │
//	                     └──────────────── Pause, Close ◀────────┴──────────────────┘
//
// [Box.Report] puts in what is no alert: heartbeats and errors, which may be lost.
//
// A Box is safe for concurrent use, and owns the bytes of its alerts: they
// are not written to after Put, and may be read until the alert is gone.
package outbox
