package eql

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// glob returns the pattern of a text in which * and ? stand for characters, and a
// backslash for itself.
func glob(text string) query.Pattern {
	return strings.Split(strings.ReplaceAll(text, "?", string([]byte{query.AnyChar})), "*")
}
