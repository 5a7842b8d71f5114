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
	text = msgpack.ReadText(e.buf, int(e.offsets[w.Member]))
	return text, len(text) > len("none") // nothing shorter is empty
}

// HasOther reports whether a field whose value Text returned may have others: a member of
// a source's own records that is also there as an object, by a name with a dot.
func (e *Event) HasOther(f *Field) bool { return f.Type == TypeAny && e.hasDotted() }

// MayHave reports whether the field can have a text in which the literal is.
// False is certain: the literal is nowhere in the members that the field is in.
func (e *Event) MayHave(f *Field, l *literal.Finder) bool {
	w := e.way(f)
	if w.raw != "" { // it may be there by other names
		return e.IsOpen() || l.In(e.document.Encoded())
	}
	if !w.nested || len(e.again) > 0 {
		return true
	}
	if m := w.Member; e.find(m) && l.In(e.buf[e.offsets[m]:e.ends[m]]) {
		return true
	}
	for _, m := range w.inside {
		if e.find(m) && l.In(e.buf[e.offsets[m]:e.ends[m]]) {
			return true
		}
	}
	return false
}

// FirstText returns the first value of a member that the event has, nil if it is
// no text. The member must be in [Event.Members].
func (e *Event) FirstText(m Member) []byte {
	return msgpack.ReadText(e.buf, int(e.offsets[m]))
}
