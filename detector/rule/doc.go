// Package rule reads detection rules: files in, checked rules out.
//
// The format is the one of Elastic's detection-rules repository: TOML files
// with a [rule] table, as they lie there, and the NDJSON that Kibana exports.
// What fluent-detect adds lives under [fluent_detect], see [FluentDetect].
//
//	set, err := rule.Load("builtin, /etc/fluent-detect/rules", conf.Rules())
//
// Rules of type "query" in language "kuery" are the ones evaluated here. Any
// other rule is refused when its own file was named, and listed in
// [Set.Skipped] when a directory or a glob brought it along.
//
// Nothing is guessed: an unknown key, a value out of range or a broken test
// event is an [Error] with file, line, column and key, and all of them are
// reported at once. The text of a query is not looked at, that is the
// compiler's business; [Rule.QueryPosition] turns the places it complains about
// into places of the file.
//
// Columns count characters, lines and columns start at 1. A rule is read-only
// once it is loaded.
package rule
