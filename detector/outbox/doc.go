// Package outbox keeps alerts until they are delivered.
//
// A [Box] belongs to one channel. Outputs put alerts in; inputs and senders take them
// out through a [Consumer] and acknowledge each batch. An alert leaves the box only
// when its arrival is confirmed: by [Consumer.Confirm], or a second after it was
// acknowledged. Alerts that a consumer took and that are not confirmed go back to
// their old places when the consumer is closed. One that is not accepted now can
// be set aside, by [Consumer.SetAside], so that it does not keep others waiting.
//
//	Put ──▶ queue of the first consumer that accepts it ──Take──▶ in flight ──Ack──▶ acknowledged ──a second──▶ gone
//	                     ▲                                            │                  │
//	                     └───────────────────── Close ◀───────────────┴──────────────────┘
//
// [Box.Report] puts in records that are not alerts: heartbeats and errors, which may
// be lost.
//
// A Box is safe for concurrent use, and owns the bytes of its alerts: nobody writes
// to them after Put, and they may be read until the alert is gone.
package outbox
