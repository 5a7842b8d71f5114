// Package forward sends alerts by the Forward protocol, version 1, to a forward
// input of Fluent Bit or Fluentd, and lets go of them when they are
// acknowledged.
//
//	outbox.Taker ──Take──▶ batch ─▶ messages, one a run of alerts with the same tag ─▶ socket
//	             ◀─AckFirst, Settle─────────────────────────── {"ack": chunk} ◀──────┘
//
// A [Sender] has one goroutine and one connection. What is not acknowledged
// within ten seconds, or is on a connection that breaks, is sent again over a
// new connection: every alert arrives at least once, with the same alert_id,
// and on one connection alerts come in their order. Nobody waits for the
// sender: who makes alerts puts them in the outbox.
//
// # The protocol
//
// Alerts go in PackedForward mode, [tag, bin of [EventTime, record]…, {"chunk":
// id, "size": n}], which every version of either receiver reads. A receiver with
// a shared key or users begins with HELO; the answer is PING, and then PONG
// proves that the receiver has the key as well. TLS is below all that. The
// specification is
// github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1.
//
// # Why not a library
//
// fluent/fluent-logger-golang has no handshake and no choice of certificates to
// trust, wants an acknowledgement for each record, and gives up a record after
// some attempts. IBM/fluent-forward-go has no deadlines for writes and for the
// handshake, and the handshake fails with Fluent Bit and with users (its issue
// 71). Neither tells which part of a batch was acknowledged.
package forward
