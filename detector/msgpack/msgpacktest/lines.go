package msgpacktest

import (
	_ "embed"
	"strings"
)

//go:embed events.ndjson
var events string

// Lines returns synthetic CloudTrail events as JSON lines: an SSH key pushed with
// success, one over the serial console without, and three calls that the built-in
// rule does not match. Names and numbers are those reserved for examples.
func Lines() []string { return strings.Split(strings.TrimSuffix(events, "\n"), "\n") }
