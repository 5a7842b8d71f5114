// Package sidecar is fluent-detect serve: a detector that takes events by HTTP, from
// Vector and everything else that can POST.
//
//	POST /v1/ingest ─▶ ingest.Reader ─▶ chunks ─▶ host.Engine ─▶ outbox ─▶ POST as NDJSON, or stdout
//	       200 ◀── when all alerts of the body are in the outbox ──┘     └─ removed at 200
//
// Objects of CloudTrail in S3 or in folders take the same way, if they are configured:
//
//	queue of SQS, folders ─▶ trail.Input ─▶ batches ─▶ host.Engine ─▶ outbox
//	       ▲                                                           │
//	       └── a message is deleted when all its alerts are in there ──┘
//
// [Serve] is the whole program, with its signals. [Start] is the same without
// signals, for other programs and for tests.
//
// # Responses
//
// A body is NDJSON, a JSON array, JSON values over several lines, or text lines, in
// any envelope of CloudTrail, compressed or not. It is evaluated while it is read,
// so memory does not depend on its size. The response is sent when all of it was
// evaluated and its alerts are in the outbox, with state_path also on disk:
//
//   - 200, without a body, also if some of it could not be read: sent again, it
//     would fail again. It is counted and becomes a dead letter.
//   - 503 if the outbox or the disk cannot take the alerts, if too many requests
//     are being read, if the body comes too slowly, and while the sidecar stops. The same body has to be sent
//     again; alerts that were made already are then recognized as duplicates.
//   - 401, 404, 405, 415: the client is misconfigured.
//   - 403: a web page in a browser may have sent it, or SNS has not signed it.
//
// What AWS posts is taken at /v1/firehose, /v1/sns and /v1/eventbridge, in the same way and
// with answers that these services know.
//
// # Delivery
//
// Alerts are sent in order, as many as there are, and are removed from the outbox at
// 200, see package delivery. A batch that is rejected with 400, 413 or 422 is halved
// until one alert is left, which goes to the file of rejected alerts. After any other
// response the batch is sent again, in smaller parts: every alert arrives at least once,
// with the same alert_id, and one that is never accepted keeps no other waiting.
//
// # Stopping
//
// After SIGTERM the sidecar continues to serve until there was no request for 5
// seconds, for at most 50 seconds: Vector stops all its sources together, and its
// sinks deliver after that. No more objects are read then: what was evaluated is
// confirmed, and all other messages are given back to the queue. Then it responds with 503, delivers for some seconds, and
// ends. Alerts that were not delivered are in state_path, or are written to stderr.
package sidecar
