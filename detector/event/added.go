package event

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// AddedFields has, by the name of a field, the keys under which shippers add it to
// records, dotted or nested. A field is always under its own name as well.
type AddedFields map[string][]string

// Added is where a field is that a shipper added to the record that an event came
// in: under one of several names at its top. In documents in ECS form the names
// are looked up in the document.
type Added struct {
	names []string
	// outer: the names also count in the record that the event is in an envelope of.
	// What is said there of an address is of another one.
	outer bool
}

// Of returns where the field of that name may have been added.
func (a AddedFields) Of(field string) *Added {
	names := append(append([]string(nil), a[field]...), field)
	return &Added{names, !strings.HasPrefix(field, perAddress)}
}

// perAddress is what the names of fields begin with that are about the source address.
const perAddress = "source."

// said reports whether somebody has said that the field is added.
func (a *Added) said() bool { return a != nil && len(a.names) > 1 }

// addedTo returns where the field of that name may have been added to the events of
// the source, nil if nowhere: what is below a member that the source defines was in
// the event before.
func (a AddedFields) addedTo(source *Source, field string) *Added {
	first, _, _ := strings.Cut(field, ".")
	if source.Open || source.Own.Has(Lookup([]byte(first))) && len(a[field]) == 0 {
		return nil
	}
	return a.Of(field)
}

// SetOuter says which record the event is in: outer, nil if it is the record.
// carriers are the members in which that has events.
func (e *Event) SetOuter(outer *Event, carriers *Set) { e.outer, e.carriers = outer, carriers }

// Added returns the values of a field that was added: those under the first of its
// names that has any. Null is no value, and in a record nothing else that is empty.
func (e *Event) Added(a *Added) []msgpack.Value {
	s := &e.scratch
	mark := len(s.values)
	s.putTogether()
	s.filled = !e.IsOpen()
	e.findAdded(a, nil)
	s.filled = false
	return s.values[mark:]
}

// findAdded finds the values of a field that was added.
func (e *Event) findAdded(a *Added, to *visitor) {
	s := &e.scratch
	mark := len(s.values)
	some := func() bool { return len(s.values) > mark || to != nil && to.any }
	for _, name := range a.names {
		if e.IsOpen() {
			s.findMembers(e.document.Encoded(), 0, e.document.Len(), name, maxDepth, to)
		} else {
			s.findIn(e.added(&e.schema.sources[e.source].Own), name, to)
			if a.outer && e.outer != nil && !some() {
				s.findIn(e.outer.added(e.carriers), name, to)
			}
		}
		if some() {
			return
		}
	}
}

// MayHaveAdded reports whether the event has members that its source does not define, so
// that a shipper may have added fields that do not count in what is around it. A document in
// ECS form always may.
func (e *Event) MayHaveAdded() bool {
	return e.schema == nil || e.IsOpen() || len(e.added(&e.schema.sources[e.source].Own).keys) > 0
}

// addedMembers are members of a record that no source defines.
type addedMembers struct {
	number uint64 // of the event in whose memory they are
	buf    []byte
	keys   []uint32 // where each of them begins
}

// findIn finds the values at a dotted path that begins with one of the members.
func (s *scratch) findIn(members *addedMembers, path string, to *visitor) {
	for _, key := range members.keys {
		if s.findMembers(members.buf, int(key), 1, path, maxDepth, to); s.enough(to) {
			return
		}
	}
}

// added returns the members of the record that are not in own. They are found once
// for an event.
func (e *Event) added(own *Set) *addedMembers {
	m := &e.scratch.added
	if m.number == e.scratch.number {
		return m
	}
	if cap(m.keys) > maxArena {
		m.keys = nil
	}
	*m = addedMembers{number: e.scratch.number, buf: e.document.Encoded(), keys: m.keys[:0]}
	digest := uint64(0) // of the names and the source, if own are the source's
	if e.names != 0 && e.schema != nil && own == &e.schema.sources[e.source].Own {
		if digest = e.names + uint64(e.source); e.none.has(digest) {
			return m
		}
	}
	before := uint32(cap(e.buf) - cap(m.buf)) // how many bytes of e.buf are before it
	once := len(e.again) == 0
	for pos, n := 0, e.document.Len(); n > 0; n-- {
		name, value, _ := msgpack.ReadKey(m.buf, pos)
		member := Lookup(name)
		if !own.Has(member) {
			m.keys = append(m.keys, uint32(pos))
		}
		if once && e.has.Has(member) && e.offsets[member] == uint32(value)+before {
			pos = int(e.ends[member] - before)
		} else {
			pos = skip(m.buf, value)
		}
	}
	if digest != 0 && len(m.keys) == 0 {
		e.none.add(digest)
	}
	return m
}
