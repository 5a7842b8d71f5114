// Package ingest converts files, pipes and HTTP bodies to the records that a shipper
// would make of them.
//
//	io.Reader ──Decompress──▶ text ──Reader──▶ Block of items ──Chunk──▶ msgpack records
//
// The input is JSON, or lines, or both:
//
//   - lines of JSON, each an event or an envelope;
//   - JSON values over several lines, or several on one line;
//   - an array, whose elements are records;
//   - an object of any length that has a list of events, such as the {"Records": […]}
//     that CloudTrail writes to S3: it is split while it is read;
//   - any other line, which becomes {"log": line}, as shippers do.
//
// Memory does not depend on the length of the input: a [Reader] buffers one item, of
// at most [MaxItem] bytes. Longer ones are skipped and reported as a [Problem].
//
// Reading and splitting is the work of one goroutine; filling chunks, which is most of
// the work, can be distributed over several.
package ingest
