package event

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// eventSet is what the field set "event" of a document in ECS form says about
// the record, whether it is nested or dotted.
type eventSet struct {
	// ours: a detector made the record, this one or Elastic's.
	ours bool
	// The values of the fields that tell an event from other documents, and
	// that every rule asks for.
	actions, providers []msgpack.Value
}

// eventSetMembers are the members that eventSet looks at.
var eventSetMembers = setOf(event, dottedAction, dottedDataset, dottedKind, dottedProvider)

// readEventSet looks through the field set.
func (e *Event) readEventSet() {
	s := &e.set
	s.ours, s.actions, s.providers = false, s.actions[:0], s.providers[:0]
	if e.has&eventSetMembers == 0 {
		return
	}
	if e.has.has(event) {
		for o := e.occurrences(event); o.next(); {
			s.nested(e.buf, int(o.offset), maxDepth)
		}
	}
	for left := e.has & eventSetMembers &^ setOf(event); left != 0; left &= left - 1 {
		for o := e.occurrences(left.first()); o.next(); {
			s.note(o.member, o.value(), maxDepth)
		}
	}
}

// mapped reports whether the record is an event that was mapped to ECS.
func (s *eventSet) mapped() bool { return len(s.actions)+len(s.providers) > 0 }

// nested looks through the field set, or an array of them, at buf[off:], which
// is whole, and returns the offset behind it.
func (s *eventSet) nested(buf []byte, off, depth int) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	if depth == 0 || v.Kind() != msgpack.Map && v.Kind() != msgpack.Array {
		end, _ = msgpack.Skip(buf, off)
		return end
	}
	for range v.Len() {
		if v.Kind() == msgpack.Array {
			pos = s.nested(buf, pos, depth-1)
			continue
		}
		var key []byte
		var m member
		key, pos, _ = msgpack.ReadKey(buf, pos)
		switch string(key) {
		case "action":
			m = dottedAction
		case "dataset":
			m = dottedDataset
		case "kind":
			m = dottedKind
		case "provider":
			m = dottedProvider
		default:
			pos, _ = msgpack.Skip(buf, pos)
			continue
		}
		v, next, _ := msgpack.Read(buf, pos)
		s.note(m, v, depth)
		pos = next
	}
	return pos
}

// ownDataset begins event.dataset in all records that fluent-detect makes.
const ownDataset = "fluent_detect."

// note takes down one value, or the elements of an array. Elastic's alerts
// have event.kind signal.
func (s *eventSet) note(m member, v msgpack.Value, depth int) {
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return
	case msgpack.Array:
		if depth == 0 {
			return
		}
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.note(m, element, depth-1)
		}
	}
	switch m {
	case dottedAction:
		s.actions = append(s.actions, v)
	case dottedProvider:
		s.providers = append(s.providers, v)
	case dottedKind:
		text := string(v.Bytes())
		s.ours = s.ours || text == "alert" || text == "signal"
	case dottedDataset:
		s.ours = s.ours || bytes.HasPrefix(v.Bytes(), []byte(ownDataset))
	}
}
