package event

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Any reports whether do returns true for one of the values of a field, which are
// those that Values would return if it had no limit. It stops at the first. They are
// not put together, so that it takes no memory however many there are; they are valid
// until do returns. Fields that do not copy a part of the event have their limit.
func (e *Event) Any(f *Field, do func(msgpack.Value) bool) bool {
	w := e.way(f)
	if w.constant != nil || w.derive != nil || w.kept != 0 || w.taken(e) != "" {
		return slices.ContainsFunc(e.Values(f), do)
	}
	to := visitor{do: do, leaves: w.leaves, empty: w.byName || w.raw != ""}
	switch {
	case w.added != nil:
		e.findAdded(w.added, &to)
	case w.byName:
		e.scratch.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, &to)
	case w.raw != "":
		e.findRaw(w, &to)
	case w.Member != None && e.find(w.Member):
		e.addPlace(w.Place, &to)
		if w.also.Member != None {
			e.addPlace(w.also, &to)
		}
	}
	return to.found
}

// Values returns the values of a field, none when the event does not have it.
// Arrays are taken apart, null is not a value; an object is a value of kind Map.
// A member that occurs twice gives the values of both. Of more than some hundred
// values it returns the first, and the event is [Event.Truncated].
func (e *Event) Values(f *Field) []msgpack.Value {
	w := e.way(f)
	switch {
	case w.constant != nil:
		return w.constant
	case w.derive != nil:
		return w.derive(e, w.Place)
	case w.kept != 0:
		return e.kept[w.kept-1]
	case w.added != nil:
		return e.Added(w.added)
	}
	taken := w.taken(e)
	s := &e.scratch
	mark := len(s.values)
	switch {
	case w.byName:
		s.putTogether()
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, nil)
	case w.raw != "":
		s.putTogether()
		e.findRaw(w, nil)
	case w.Member != None:
		e.copyPlace(w.Place)
		if w.also.Member != None {
			e.copyPlace(w.also)
		}
		if taken != "" {
			e.dropMember(mark, w.Below, taken)
		}
	}
	if w.leaves {
		s.filled = !w.byName // documents in ECS form are taken as they are
		s.replaceByLeaves(mark)
		s.filled = false
	}
	return s.values[mark:]
}

// taken returns the name of the member that another field has taken from the object,
// or "".
func (w *way) taken(e *Event) string {
	if w.without == nil {
		return ""
	}
	return w.without(e)
}

// dropMember drops what has been taken from an object from the values from mark on,
// which are of the place below in the object: its member of that name.
func (e *Event) dropMember(mark int, below, name string) {
	s := &e.scratch
	if below != "" {
		if first, _, _ := strings.Cut(below, "."); first == name {
			s.values = s.values[:mark]
		}
		return
	}
	for i, v := range s.values[mark:] {
		if v.Kind() != msgpack.Map {
			continue
		}
		from, n := len(s.text), 0
		kept := msgpack.AppendMapHeader(s.text, v.Len())
		for members := v.Members(); ; {
			key, value, ok := members.Next()
			if !ok {
				break
			}
			if string(key.Bytes()) != name {
				kept = msgpack.AppendValue(msgpack.AppendValue(kept, key), value)
				n++
			}
		}
		msgpack.SetLen(kept[from:], n)
		s.text = kept
		s.values[mark+i], _, _ = msgpack.Read(kept[from:], 0) // cannot fail: it was written here
	}
	s.dropEmpty(mark)
}

// First returns the first value of a field, or the zero Value.
func (e *Event) First(f *Field) msgpack.Value {
	if v := e.Values(f); len(v) > 0 {
		return v[0]
	}
	return msgpack.Value{}
}

// ValuesAt returns the values at a place of the event that are not empty, for
// a [Derive]. The caller may change the slice.
func (e *Event) ValuesAt(p Place) []msgpack.Value {
	mark := len(e.scratch.values)
	e.copyPlace(p)
	return e.scratch.values[mark:]
}

// TextsAt is ValuesAt for texts: it returns what convert makes of them, where
// it returns true. Other values are dropped.
func (e *Event) TextsAt(p Place, convert func(*Event, []byte) (text []byte, ok bool)) []msgpack.Value {
	values := e.ValuesAt(p)
	kept := values[:0]
	for _, v := range values {
		if !v.IsText() {
			continue
		}
		if text, ok := convert(e, v.Bytes()); ok {
			kept = append(kept, msgpack.TextOf(text))
		}
	}
	return kept
}

// copyPlace appends the values at a place that are not empty.
func (e *Event) copyPlace(p Place) {
	if !e.find(p.Member) {
		return
	}
	s := &e.scratch
	if p.Below == "" && len(e.again) == 0 { // usually it is one short text
		if text := msgpack.ReadText(e.buf, int(e.offsets[p.Member])); len(text) > len("none") {
			s.values = append(s.values, msgpack.TextOf(text))
			return
		}
	}
	s.putTogether()
	s.filled = true
	e.addPlace(p, nil)
	s.filled = false
}

// addPlace appends the values at a place whose member the event has.
func (e *Event) addPlace(p Place, to *visitor) {
	s := &e.scratch
	if p.Below != "" && isTextFormat(e.buf[e.offsets[p.Member]]) {
		e.OpenTexts()
	}
	for o := e.Occurrences(p.Member); !s.enough(to) && o.Next(); {
		if p.Below == "" {
			s.add(e.buf, int(o.offset), maxDepth, to)
		} else {
			s.find(e.buf, int(o.offset), p.Below, maxDepth, to)
		}
	}
}

// replaceByLeaves puts in the place of the values from mark on what is at their
// ends.
func (s *scratch) replaceByLeaves(mark int) {
	n := len(s.values)
	s.putTogether()
	for i := mark; i < n; i++ {
		if v := s.values[i]; v.Kind() == msgpack.Map {
			s.leavesOf(v, v.Encoded(), 0, maxDepth, nil)
		} else {
			s.push(v, nil)
		}
	}
	s.values = append(s.values[:mark], s.values[n:]...)
}

// Object returns the object that an event has at a flattened field, or the
// zero Value.
func (e *Event) Object(f *Field) msgpack.Value {
	w := e.way(f)
	taken := w.taken(e)
	s := &e.scratch
	mark := len(s.values)
	over, more := s.over, s.more
	defer func() { s.over, s.more = over, more }() // only alerts ask for objects, and have limits
	if w.byName {
		s.putTogether()
		s.findMembers(e.document.Encoded(), 0, e.document.Len(), f.Name, maxDepth, nil)
	} else if w.Member != None {
		e.copyPlace(w.Place)
		if taken != "" {
			e.dropMember(mark, w.Below, taken)
		}
	}
	for _, v := range s.values[mark:] {
		if v.Kind() == msgpack.Map {
			return v
		}
	}
	return msgpack.Value{}
}

// maxKept is how many lists of values a source may keep.
const maxKept = 2

// Keep returns the list of the values at that place, from 1 on, for
// [Source.Recognize] to fill. Fields whose definition has the place have these
// values. The list is that of an event before, and to be emptied first.
func (e *Event) Keep(place int) *[]msgpack.Value { return &e.kept[place-1] }

// Lower returns text in lower case, that of ASCII. The result is valid as long
// as the event is.
func (e *Event) Lower(text []byte) []byte {
	s := &e.scratch
	mark := len(s.text)
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.text = append(s.text, c)
	}
	return s.text[mark:]
}

// Arena returns the memory for texts that are made for this event: what is
// appended to it and given back by SetArena is valid as long as the event is.
func (e *Event) Arena() []byte { return e.scratch.text }

// SetArena gives back what Arena returned, with what was appended to it.
func (e *Event) SetArena(text []byte) { e.scratch.text = text }

// Truncate notes that something in the event was not looked at.
func (e *Event) Truncate() { e.scratch.cut = true }

// State returns what the event's source keeps between events, in this place
// among the levels of envelopes: the working memory of its Derive functions. It
// is made by create when there is none yet.
func (e *Event) State(create func() any) any {
	state := &e.scratch.state[e.source]
	if *state == nil {
		*state = create()
	}
	return *state
}

// Workspace is State for what follows in the same way from the events of all sources.
func (e *Event) Workspace(create func() any) any {
	if e.scratch.workspace == nil {
		e.scratch.workspace = create()
	}
	return e.scratch.workspace
}

// Number returns a number that tells the event from those before it that are kept in
// the same memory, for what State keeps.
func (e *Event) Number() uint64 { return e.scratch.number }

// Mark, Add and Since are for a [Derive] that makes values one by one: Since
// returns those that were added since Mark.
func (e *Event) Mark() int { return len(e.scratch.values) }

// Add adds a value, which must be valid as long as the event is.
func (e *Event) Add(v msgpack.Value) { e.scratch.values = append(e.scratch.values, v) }

// Since returns the values that were added since Mark returned mark.
func (e *Event) Since(mark int) []msgpack.Value { return e.scratch.values[mark:] }
