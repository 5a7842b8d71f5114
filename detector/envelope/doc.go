// Package envelope finds the events in a shipper's records.
//
//	record ──Reader──▶ shape ──▶ event.Event
//
// A record can be an event, or carry one or many in an envelope: the shapes.
// [Reader] opens envelopes, which may be in each other in any order, and hands
// the maps in which a source of its schema recognizes an event to a function.
//
// # What is ruled out unread
//
// A record without a member that tells a shape or an event has nothing for us,
// after one walk over its top. Text is decoded when it begins as JSON does and
// has the word event in it, or an escape that could spell it; nothing else is
// ruled out by searching raw text.
//
// # Bounds
//
// Ten levels of envelopes, texts and list elements; 128 levels of brackets in a
// JSON text; for what a text decompresses to 1 MiB, or 64 times its length if that
// is more, and never over 32 MiB. What is beyond a bound is counted as
// unreadable and what is before it is read: of a text that breaks off, all
// elements of a list that are whole.
//
// # Who owns the bytes
//
// An Event aliases the record, or the Reader's buffers for what had to be
// decoded. Both end when the visit returns.
package envelope
