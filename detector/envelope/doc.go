// Package envelope finds the events in a shipper's records.
//
//	record ──Reader──▶ shape ──▶ event.Event
//
// A record can be an event, or carry one or many: in any member, in lists, in JSON
// text behind whatever prefix, in base64, gzip, zstd and UTF-16, in each other, and as
// a list of names and values. Text that is nearly JSON is read if it has the names of
// an event. [Reader] opens all of these, and hands the maps in which a source of its
// schema recognizes an event to a function. The shape of a record is told by what was found, and by the
// names of known envelopes; it decides nothing.
//
// A map that is an event is visited, and then searched for further events in the
// members that its source does not define: those that it defines (requestParameters,
// userIdentity, …) hold what a caller chose, and nothing is looked for in them. Names
// that were flattened, prefixed or otherwise respelled get their own spelling first. Copies of one
// event in a record, such as the original beside its ECS form, count once.
//
// # What is ruled out unread
//
// A value is opened if a search of its bytes finds what an event has in some form:
// the hint of a source, an escape that could spell it, what gzip begins with, what
// base64 of an event has in it, or UTF-16. Everything else is walked over once. The search can
// only find too much.
//
// A record in which no event was found, nothing that could not be read, and nothing
// that is known to be something else, but a name that events have, is unrecognized:
// see [Reader.Unrecognized].
//
// # Bounds
//
// Fourteen levels of maps, texts and lists in lists; 128 levels of brackets in a JSON
// text; sixteen times the length of a record, what was decompressed counted in, for
// all that is read and decoded of it; 1 MiB and 64 times its length for all that is
// decompressed, and never over 32 MiB of one text. Members, elements of lists and
// texts in texts have shares of this by their lengths, so that none can use up what
// its neighbour needs. What is beyond a bound is counted as unreadable, and what is
// before it and beside it is read: of a text that breaks off, all elements of a list
// that are whole.
//
// # Who owns the bytes
//
// An Event aliases the record, or the Reader's buffers for what had to be
// decoded. Both end when the visit returns.
package envelope
