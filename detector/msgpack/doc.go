// Package msgpack reads Fluent Bit's chunks without copying them, and writes
// msgpack.
//
// A chunk is a concatenation of records. [Cursor] finds the records one after
// the other and reports where each body begins; [Read], [Skip] and [Value] read
// one msgpack value; [Members] and [Elements] iterate over maps and arrays. The
// Append functions write values. Nothing here allocates, except for what append
// needs.
//
//	chunk bytes ──Cursor──▶ Head{Time, Metadata, Body offset} ──Read──▶ Value
//
// # Ownership of the bytes
//
// Every Value aliases the slice it was read from and is valid only as long as
// that slice is. Inside Fluent Bit this means: until the flush returns. Whoever
// keeps a value longer must copy it.
//
// # Formats
//
// A record is [[timestamp, metadata], body], as Fluent Bit 2.1 and later write
// it, or [timestamp, body], as earlier versions and forwarders do. The encoding
// is that of the msgpack specification,
// github.com/msgpack/msgpack/blob/master/spec.md.
package msgpack
