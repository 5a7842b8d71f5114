package event

import (
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// What follows answers for most events, and quickly, what Values would.

// Text returns the value of a field that is one text, and false when the event
// has none, several or other values, or when it takes longer to tell: then
// Values knows. The text aliases the event.
func (e *Event) Text(f *Field) (text []byte, ok bool) {
	if e.shape == ECS || f.member == none || f.derive != nil || f.below != "" || len(e.again) > 0 || !e.find(f.member) {
		return nil, false
	}
	text, _, err := msgpack.ReadKey(e.buf, int(e.offsets[f.member]))
	return text, err == nil && len(text) > len("none") // nothing shorter is empty
}

// MayHave reports whether the field can have a text in which the literal is. False
// is certain: the literal is nowhere in the member that the field is in.
func (e *Event) MayHave(f *Field, literal *literal.Finder) bool {
	if e.shape == ECS || !f.Nested() || len(e.again) > 0 {
		return true
	}
	if !e.find(f.member) {
		return false
	}
	return literal.In(e.buf[e.offsets[f.member]:e.ends[f.member]])
}

// Nested reports whether every text that the field can have lies below one member of
// the event, as it is, so that MayHave is quicker than Values.
func (f *Field) Nested() bool {
	return f.member != none && (f.inside || f.derive == nil && f.below != "")
}

// Verbatim reports whether every text that the field can have is in the event as
// it is, or is a part of a text in it: not put together, not changed and not a
// constant.
func (f *Field) Verbatim() bool {
	return f.value.Kind() == msgpack.Invalid && (f.derive == nil || verbatim[f.Name])
}

// verbatim are the fields that are no copy of one member but a part of one, or
// of one of several.
var verbatim = map[string]bool{"user.name": true, "cloud.account.id": true, "cloud.service.name": true}
