// Package ingest turns what people have (files, pipes, HTTP bodies) into the
// records that a shipper would make of it.
//
//	io.Reader ──Decompress──▶ text ──Reader──▶ Block of items ──Chunk──▶ msgpack events
//
// The input is JSON, or lines, or both:
//
//   - lines of JSON: each an event or an envelope;
//   - JSON values over many lines, or many on one line;
//   - an array: each element is a record of its own;
//   - one object of any length with a list of events in it, such as the
//     {"Records": […]} that CloudTrail leaves in S3: it is taken apart while it
//     is read;
//   - any other line, which becomes {"log": line}, as a shipper makes it.
//
// Memory does not depend on the length of the input: a [Reader] holds one
// piece, [MaxItem] bytes at most. What is longer is passed over, and a [Problem]
// says where.
//
// Reading and cutting is one goroutine's work; making chunks of blocks, which
// is most of it, can be spread over several.
package ingest
