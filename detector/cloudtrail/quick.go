package cloudtrail

import (
	"github.com/fluent-detect/fluent-detect/detector/record"
	"github.com/fluent-detect/fluent-detect/detector/sieve"
)

// What follows answers for most events, and quickly, what Values would.

// Text returns the value of a field that is one text, and false when the event
// has none, several or other values, or when it takes longer to tell: then
// Values knows. The text aliases the event.
func (e *Event) Text(f *Field) (text []byte, ok bool) {
	if e.shape == ECS || f.member == none || f.derive != nil || f.below != "" || len(e.again) > 0 || !e.find(f.member) {
		return nil, false
	}
	text, _, err := record.ReadKey(e.buf, int(e.offsets[f.member]))
	return text, err == nil && len(text) > len("none") // nothing shorter is empty
}

// MayHave says whether the field can have a text in which the literal is. False
// is certain: the literal is nowhere in the member that the field is in.
func (e *Event) MayHave(f *Field, literal *sieve.Literal) bool {
	if e.shape == ECS || f.member == none || f.derive != nil || len(e.again) > 0 {
		return true
	}
	if !e.find(f.member) {
		return false
	}
	return literal.In(e.buf[e.offsets[f.member]:e.ends[f.member]])
}

// Nested says whether the field lies below a member of the event, so that
// MayHave is quicker than Values.
func (f *Field) Nested() bool { return f.member != none && f.derive == nil && f.below != "" }
