// Package cloudtrail finds the CloudTrail events in a shipper's records and
// shows each of them as the ECS document that Elastic's rules are written
// against.
//
//	record ──Reader──▶ shape ──▶ Event ──Values(Field)──▶ ECS values
//
// A record can be an event, or carry one or many in an envelope: the shapes.
// [Reader] walks the top of a record once, remembers where the members of
// interest lie, and opens envelopes. An [Event] is that memory: fields are
// looked up in it only when somebody asks, so that an event that no rule cares
// for costs one walk over its top level.
//
// The ECS view follows Elastic's aws.cloudtrail ingest pipeline; [fields] is
// the whole of it as one table.
//
// # Who owns the bytes
//
// An Event and the values it gives alias the record, or the Reader's buffers
// for what had to be decoded or derived. Both end when the visit returns.
package cloudtrail
