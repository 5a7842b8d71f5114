package event

import (
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// What follows answers for most events, and fast, what Values would.

// Text returns the value of a field that is one text, and false when the event
// has none, several or other values, or when it takes longer to tell: then
// Values knows. The text aliases the event.
func (e *Event) Text(f *Field) (text []byte, ok bool) {
	w := e.way(f)
	if !w.plain || len(e.again) > 0 || !e.find(w.Member) {
		return nil, false
	}
	return e.shortText(w.Member)
}

// shortText returns the text of a member that the event has once.
func (e *Event) shortText(m Member) (text []byte, ok bool) {
	text, _, err := msgpack.ReadKey(e.buf, int(e.offsets[m&(maxMembers-1)]))
	return text, err == nil && len(text) > len("none") // nothing shorter is empty
}

// MayHave reports whether the field can have a text in which the literal is.
// False is certain: the literal is nowhere in the member that the field is in.
func (e *Event) MayHave(f *Field, l *literal.Finder) bool {
	w := e.way(f)
	if !w.nested || len(e.again) > 0 {
		return true
	}
	if !e.find(w.Member) {
		return false
	}
	m := w.Member & (maxMembers - 1)
	return l.In(e.buf[e.offsets[m]:e.ends[m]])
}

// ShortText returns the text of a member that the event has once, if it is one
// and longer than any that counts as empty.
func (e *Event) ShortText(m Member) (text []byte, ok bool) {
	if len(e.again) > 0 || !e.find(m) {
		return nil, false
	}
	return e.shortText(m)
}
