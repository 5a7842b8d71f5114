package msgpack

// Members walks the pairs of a map, in their order in the bytes. A key that
// occurs twice comes twice: which one counts is for the caller to say.
type Members struct {
	b    []byte
	off  int
	left int
}

// Members returns a walk over the pairs of a Map, and an empty one for any
// other kind.
func (v Value) Members() Members {
	if v.Kind() != Map {
		return Members{}
	}
	return Members{b: v.payload, left: v.Len()}
}

// Next returns the next pair, and false at the end. Both values alias the
// input.
func (m *Members) Next() (key, value Value, ok bool) {
	if m.left == 0 {
		return Value{}, Value{}, false
	}
	m.left--
	key, off, err := Read(m.b, m.off)
	if err == nil {
		value, off, err = Read(m.b, off)
	}
	if err != nil { // not after Read has walked over the map
		m.left = 0
		return Value{}, Value{}, false
	}
	m.off = off
	return key, value, true
}

// Elements walks the elements of an array.
type Elements struct {
	b    []byte
	off  int
	left int
}

// Elements returns a walk over the elements of an Array, and an empty one for
// any other kind.
func (v Value) Elements() Elements {
	if v.Kind() != Array {
		return Elements{}
	}
	return Elements{b: v.payload, left: v.Len()}
}

// Next returns the next element, and false at the end. It aliases the input.
func (e *Elements) Next() (value Value, ok bool) {
	if e.left == 0 {
		return Value{}, false
	}
	e.left--
	value, off, err := Read(e.b, e.off)
	if err != nil { // not after Read has walked over the array
		e.left = 0
		return Value{}, false
	}
	e.off = off
	return value, true
}
