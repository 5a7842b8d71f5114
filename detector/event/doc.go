// Package event finds the CloudTrail events in a shipper's records and
// shows each of them as the ECS document that Elastic's rules are written
// against.
//
//	record ──Reader──▶ shape ──▶ Event ──Values(Field)──▶ ECS values
//
// A record can be an event, or carry one or many in an envelope: the shapes.
// [Reader] walks the top of a record once, remembers where the members of
// interest lie, and opens envelopes, which may lie in each other in any order.
// An [Event] is that memory: fields are looked up in it only when somebody
// asks, so that an event that no rule cares for costs one walk over its top
// level.
//
// The ECS view follows Elastic's aws.cloudtrail ingest pipeline; [fields] is
// the whole of it as one table. Members that are empty (null, "", "-", "none",
// and objects and arrays of nothing else) are not there, at any depth.
//
// # What is ruled out unread
//
// A record without a member that tells a shape is nothing to us after one walk
// over its top. Text is decoded when it begins as JSON does and has the word
// event in it, or an escape that could spell it; nothing else is ruled out by
// searching raw text. Digest files and Insight records are never events.
//
// # Bounds
//
// Ten levels of envelopes, texts and list elements; 64 levels inside of an
// event, 128 of brackets in a JSON text; 32 MiB for what a text decompresses
// to, and for all texts of a record 1 MiB and 64 times its length. What lies
// beyond a bound is counted as unreadable and what lies before it is read: of
// a text that breaks off, all elements of a list that are whole.
//
// # Who owns the bytes
//
// An Event and the values it gives alias the record, or the Reader's buffers
// for what had to be decoded or derived. Both end when the visit returns.
package event
