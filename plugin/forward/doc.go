// Package forward sends alerts to a forward input of Fluent Bit or Fluentd, by version 1
// of the Forward protocol.
//
//	batch ─▶ messages, one for each run of alerts with the same tag ─▶ socket
//	accepted ◀──────────────────────────────── {"ack": chunk} ◀────────┘
//
// There is one connection. What is not acknowledged within ten seconds, or is on
// a connection that breaks, is sent again over a new connection. On one
// connection alerts arrive in order.
//
// # The protocol
//
// Alerts are sent in PackedForward mode, [tag, bin of [EventTime, record]…,
// {"chunk": id, "size": n}], which every version of both receivers reads. A
// receiver with a shared key or users begins with HELO; the answer is PING, and
// then PONG proves that the receiver has the key as well. The specification is
// github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1.
//
// # Why not a library
//
// fluent/fluent-logger-golang has no handshake and no choice of trusted
// certificates, requires an acknowledgement for each record, and drops a record
// after some attempts. IBM/fluent-forward-go has no deadlines for writes and for
// the handshake, and the handshake fails with Fluent Bit and with users (its
// issue 71). Neither tells which part of a batch was acknowledged.
package forward
