// Package delivery sends alerts from an outbox to a destination until they are
// accepted. The protocol is a [Destination]; what is the same for all of them is
// done by [Sender]: batches, retries with growing delays, smaller batches when one
// fails, rate-limited log lines, an end within a given time.
//
//	outbox.Consumer ──Take──▶ Batch, encoded once ──Send──▶ Destination
//	             ◀─AckFirst─────────number accepted ◀──┘
//
// A Sender has one goroutine. An alert leaves the outbox when it is accepted, so
// every alert arrives at least once, with the same alert_id: in order, except for those
// that the receiver fails to accept again and again, which do not hold up the others.
package delivery
