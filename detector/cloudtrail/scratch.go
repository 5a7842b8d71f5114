package cloudtrail

import "github.com/fluent-detect/fluent-detect/detector/record"

// maxDepth bounds how deep values are looked into. What lies deeper is not
// there for a rule.
const maxDepth = 64

// scratch is where the values of fields are put together. values and text
// are arenas: what was handed out stays valid until reset, also when they grow.
type scratch struct {
	values []record.Value
	text   []byte
	java   []javaMember // a stack
}

func (s *scratch) reset() {
	s.values = s.values[:0]
	s.text = s.text[:0]
}

// lookup returns the values at a dotted path below the map v, see
// [scratch.find].
func (s *scratch) lookup(v record.Value, path string) []record.Value {
	mark := len(s.values)
	s.find(v, path, maxDepth)
	return s.values[mark:]
}

// find appends the values at a dotted path below v. A name in the path may be
// a key by itself or together with its neighbours ({"a": {"b": 1}} and
// {"a.b": 1} are the same field), arrays on the way are looked through, and
// every occurrence of a repeated key counts. Arrays at the end are taken
// apart; null and empty ones are no values.
func (s *scratch) find(v record.Value, path string, depth int) {
	if depth == 0 {
		return
	}
	if v.Kind() == record.Array {
		elements := v.Elements()
		for {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.find(element, path, depth-1)
		}
	}
	pairs := v.Members()
	for {
		k, value, ok := pairs.Next()
		if !ok {
			return
		}
		key := k.Bytes()
		if len(key) > len(path) || string(key) != path[:len(key)] {
			continue
		}
		switch {
		case len(key) == len(path):
			s.add(value, depth-1)
		case path[len(key)] == '.':
			s.find(value, path[len(key)+1:], depth-1)
		}
	}
}

// add appends v, or the elements of an array.
func (s *scratch) add(v record.Value, depth int) {
	switch v.Kind() {
	case record.Nil, record.Invalid:
	case record.Array:
		if depth == 0 {
			return
		}
		elements := v.Elements()
		for {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.add(element, depth-1)
		}
	default:
		s.values = append(s.values, v)
	}
}

// leaves appends what lies at the ends of v: texts, numbers, truths.
func (s *scratch) leaves(v record.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Kind() {
	case record.Nil, record.Invalid:
	case record.Array:
		elements := v.Elements()
		for {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.leaves(element, depth-1)
		}
	case record.Map:
		pairs := v.Members()
		for {
			_, value, ok := pairs.Next()
			if !ok {
				return
			}
			s.leaves(value, depth-1)
		}
	default:
		s.values = append(s.values, v)
	}
}

// keep drops the values from mark on for which drop is true.
func (s *scratch) keep(mark int, wanted func(record.Value) bool) {
	kept := mark
	for _, v := range s.values[mark:] {
		if wanted(v) {
			s.values[kept] = v
			kept++
		}
	}
	s.values = s.values[:kept]
}

// write appends text to the arena and returns it as a value.
func (s *scratch) write(parts ...[]byte) record.Value {
	mark := len(s.text)
	for _, p := range parts {
		s.text = append(s.text, p...)
	}
	return record.Text(s.text[mark:])
}

// first returns the first value of a key directly in the map v, or the zero
// Value.
func first(v record.Value, key string) record.Value {
	pairs := v.Members()
	for {
		k, value, ok := pairs.Next()
		if !ok {
			return record.Value{}
		}
		if string(k.Bytes()) == key {
			return value
		}
	}
}
