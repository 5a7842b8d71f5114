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
//   - JSON in a string of an object that is too long to be buffered, such as a whole object
//     of S3 in a member: it is read as an input of its own, and the string becomes empty in
//     the object, which is read as well;
//   - any other line, which becomes {"log": line}, as shippers do.
//
// Compressed data, also in compressed data, is decompressed, and UTF-16 and UTF-32 read, by what
// the first bytes say.
//
// # What is broken
//
// Nothing that is broken hides what is beside it, and all that is not read is a
// [Problem] with its place, or a record of text:
//
//   - A line that is a whole JSON value is read by itself, once, whatever lines are
//     around it. The only exception is an element of a list that is read: it is read as
//     such. If the lines around it make it a part of a value, that value has null there.
//   - Of a value over several lines that is broken, those parts are read that begin a
//     line and are whole; the rest is text. What was read of a list remains read.
//   - An element of a list that is too long or no JSON is skipped, or is text. So is an
//     array or object that is nested too deeply, wherever it is.
//
// Memory does not depend on the length of the input: a [Reader] buffers one item, of
// at most [MaxItem] bytes. Every byte is looked at a fixed number of times.
//
// Reading and splitting is the work of one goroutine; filling chunks, which is most of
// the work, can be distributed over several.
package ingest
