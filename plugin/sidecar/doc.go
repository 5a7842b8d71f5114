// Package sidecar is the detector behind HTTP, for Vector and whatever else can
// POST: fluent-detect serve.
//
//	POST /v1/ingest ─▶ ingest.Reader ─▶ chunks ─▶ detector.Engine ─▶ outbox ─▶ POST as NDJSON, or stdout
//	       200 ◀── when all alerts of the body are in the outbox ──┘      └─ gone at 200
//
// [Serve] is the whole program, with its signals. [Start] is the same without
// them, for a program of one's own and for tests.
//
// # What is answered
//
// A body is NDJSON, a JSON array, JSON over many lines, or raw lines, in any
// shape of CloudTrail, plain or packed. It is evaluated while it is read, so that
// memory does not depend on its length. The answer comes when all of it was
// evaluated and its alerts are in the outbox, with state_path on the disk as
// well:
//
//   - 200, without a body, also when some of it could not be read: what is
//     broken stays broken when it is sent again. It is counted and goes to the
//     dead letters.
//   - 503 when the outbox or the disk cannot take the alerts, when all places
//     for requests are taken for too long, and at the end. The same body is to
//     be sent again; what was alerted already is then known as a duplicate.
//   - 401, 404, 405, 415: the client is set up wrong.
//
// # What becomes of alerts
//
// One goroutine sends them in order, as many as there are at a time, and lets go
// of them at 200. What the receiver refuses with 400 is halved until one alert is
// left, which goes to the dead letters; with 413 it is halved too. At anything
// else the sender waits and sends again: every alert arrives at least once, with
// the same alert_id.
//
// # The end
//
// At SIGTERM the sidecar goes on serving until nothing has come for 5 seconds, 50
// seconds at most: Vector stops all its sources together, and its sinks deliver
// after that. Then it answers 503, sends what it still can, and ends. What was not
// delivered is in state_path, or is written to stderr.
package sidecar
