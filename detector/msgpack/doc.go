// Package msgpack reads Fluent Bit's chunks without copying them.
//
// A chunk is a concatenation of msgpack events. [Cursor] finds the events one
// after the other and says where each body begins; [Read], [Skip] and
// [Value] look at one msgpack value; [Members] and [Elements] walk the inside
// of maps and arrays. Nothing here allocates.
//
//	chunk bytes ──Cursor──▶ Event{Time, Metadata, Body offset} ──Read──▶ Value
//
// # Who owns the bytes
//
// Every Value aliases the slice it was read from and is valid only as long as
// that slice is. Inside Fluent Bit this means: until the flush returns.
// Whatever must outlive it is copied by the one who keeps it.
//
// # Formats
//
// Event formats are those of Fluent Bit 2.1 and later,
// [[timestamp, metadata], body], and of earlier versions and forwarders,
// [timestamp, body]. The encoding is that of the msgpack specification,
// github.com/msgpack/msgpack/blob/master/spec.md.
package msgpack
