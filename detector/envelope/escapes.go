package envelope

// Escapes are texts of which one is in every record in which an event has a
// text that the record does not have as it is. The exceptions are texts with
// characters that JSON escapes in more ways than by \u, and those that
// [event.Field.Verbatim] excludes.
var Escapes = []string{
	// What begins an escape that stands for any character. It stays as it is
	// in a text within a text.
	`\u`,
	// The key of what is packed in base64, in JSON text and in text within text.
	`"data`,
	// The same key as msgpack writes it: behind a byte of its own, or behind the
	// lowest byte of its length.
	"\xa4data", "\x04data",
}
