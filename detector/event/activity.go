package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// Activity is the part of an event that a history of actors needs. Its texts alias the
// event.
type Activity struct {
	Caller
	ID, Provider, Action, Address, Region, Agent []byte

	Time   msgpack.Value // for [ParseTime]
	Failed bool
	// Identity are the bytes of the event from which the Caller follows, and from nothing
	// else; nil if there are no such bytes. Caller sets it to nil if they turn out not to be.
	Identity []byte
	Issued   []byte // the ID of a temporary key that the caller got
	Pushes   bool   // it pushes keys to instances, as [Subject] has them
}

// Caller is who caused an event.
type Caller struct {
	// Actor is who it is, in a form that its bearer cannot choose; empty: nobody knows.
	Actor   []byte
	Account []byte // in which it happened
	Key     []byte // the ID of the key by which the caller is known
	// Anonymous: nobody vouches for who it is.
	Anonymous bool
}

// Activity reads what a history has to know of an event, apart from the caller if
// Identity is set, and reports whether its source tells it.
func (s *Schema) Activity(e *Event, a *Activity) bool {
	source := s.sources[s.sourceOf(e)]
	if source.Activity == nil {
		return false
	}
	*a = Activity{}
	return source.Activity(e, a)
}

// Caller reads who caused an event, of which Activity was asked for.
func (s *Schema) Caller(e *Event, a *Activity) {
	s.sources[s.sourceOf(e)].Caller(e, a)
}

// Extent returns the bytes of the value of a member, nil if the event does not have it, or
// several times.
func (e *Event) Extent(m Member) []byte {
	if !e.find(m) || len(e.again) > 0 {
		return nil
	}
	return e.buf[e.offsets[m]:e.ends[m]]
}

// MemberText returns the first value of a member as text, nil if it is none.
func (e *Event) MemberText(m Member) []byte {
	if !e.has.Has(m) && !e.find(m) {
		return nil
	}
	return msgpack.ReadText(e.buf, int(e.offsets[m]))
}

// TextAt returns the first text at a place, nil if there is none.
func (e *Event) TextAt(p Place) []byte {
	if v := e.ValuesAt(p); len(v) > 0 {
		return v[0].Bytes()
	}
	return nil
}
