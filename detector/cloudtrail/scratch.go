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
	java   javaMaps
	// cut: something lies deeper than maxDepth and was not looked at.
	cut bool
}

func (s *scratch) reset() {
	s.values = s.values[:0]
	s.text = s.text[:0]
	s.java.keys = s.java.keys[:0]
	s.cut = false
}

// find appends the values at a dotted path below v. A name in the path may be
// a key by itself or together with its neighbours ({"a": {"b": 1}} and
// {"a.b": 1} are the same field), arrays on the way are looked through, and
// every occurrence of a repeated key counts. Arrays at the end are taken
// apart; null and empty ones are no values.
func (s *scratch) find(v record.Value, path string, depth int) {
	if s.tooDeep(v, depth) {
		return
	}
	if v.Kind() == record.Array {
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.find(element, path, depth-1)
		}
	}
	for pairs := v.Members(); ; {
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

// tooDeep says whether v is not to be looked into any more, and remembers it.
func (s *scratch) tooDeep(v record.Value, depth int) bool {
	if depth > 0 {
		return false
	}
	s.cut = s.cut || len(v.Encoded()) > 0
	return true
}

// add appends v, or the elements of an array.
func (s *scratch) add(v record.Value, depth int) {
	switch v.Kind() {
	case record.Nil, record.Invalid:
	case record.Array:
		if s.tooDeep(v, depth) {
			return
		}
		for elements := v.Elements(); ; {
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
	switch v.Kind() {
	case record.Nil, record.Invalid:
	case record.Array:
		if s.tooDeep(v, depth) {
			return
		}
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.leaves(element, depth-1)
		}
	case record.Map:
		if s.tooDeep(v, depth) {
			return
		}
		for pairs := v.Members(); ; {
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

// dropEmpty drops the values from mark on that are empty.
func (s *scratch) dropEmpty(mark int) {
	kept := mark
	for _, v := range s.values[mark:] {
		if !record.IsEmpty(v) {
			s.values[kept] = v
			kept++
		}
	}
	s.values = s.values[:kept]
}
