package program

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/sieve"
)

// leastLiteral is the length from which looking for a literal is worth it.
const leastLiteral = 4

// literalOf returns what is in every text that the matcher matches, if the field
// is one where that is quicker to look for than the values. Texts that a number
// or a truth may have are none: these are not written as text in an event.
func literalOf(f *cloudtrail.Field, m matcher) (none sieve.Literal) {
	if !f.Nested() {
		return none
	}
	var literal string
	switch m := m.(type) {
	case exact:
		literal = string(m)
	case pattern:
		for _, part := range append(m.middle[:len(m.middle):len(m.middle)], m.first, m.last) {
			if len(part) > len(literal) {
				literal = string(part)
			}
		}
	}
	if len(literal) < leastLiteral || !strings.ContainsFunc(literal, notOfNumbers) {
		return none
	}
	return sieve.NewLiteral(literal)
}

// notOfNumbers says whether a character stands in no number and in no truth.
func notOfNumbers(r rune) bool { return !strings.ContainsRune("0123456789+-.eEINafnitrulsy", r) }
