package msgpack

// Members iterates over the pairs of a map in their encoded order. Duplicate keys
// are not removed: the caller decides which one counts.
type Members struct {
	b    []byte
	off  int
	left int
}

// Members returns an iterator over the pairs of a Map, and an empty one for any
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
	if err != nil { // impossible if the map came from Read
		m.left = 0
		return Value{}, Value{}, false
	}
	m.off = off
	return key, value, true
}

// Elements iterates over the elements of an array.
type Elements struct {
	b    []byte
	off  int
	left int
}

// Elements returns an iterator over the elements of an Array, and an empty one for
// any other kind.
func (v Value) Elements() Elements {
	if v.Kind() != Array {
		return Elements{}
	}
	return Elements{b: v.payload, left: v.Len()}
}

// Next returns the next element, and false at the end. The value aliases the
// input.
func (e *Elements) Next() (value Value, ok bool) {
	if e.left == 0 {
		return Value{}, false
	}
	e.left--
	value, off, err := Read(e.b, e.off)
	if err != nil { // impossible if the array came from Read
		e.left = 0
		return Value{}, false
	}
	e.off = off
	return value, true
}
