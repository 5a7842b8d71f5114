package event

import "github.com/fluent-detect/fluent-detect/detector/msgpack"

// MaxDepth bounds how deep values are looked into. What lies deeper does not
// exist for a rule.
const MaxDepth = 64

const maxDepth = MaxDepth

// scratch is where the values of fields are put together. values and text
// are arenas: what was handed out stays valid until reset, also when they grow.
type scratch struct {
	values []msgpack.Value
	text   []byte
	prints []uint64 // of the keys of maps that are being walked over, a stack
	alike  bool     // two of a map's may be the same
	// cut: something lies deeper than maxDepth and was not looked at.
	cut bool
	// over: of a list of values that decides something only the first maxValues were
	// looked at. more: so it was of any list.
	over, more bool
	// The values that are put together now: full, they are as many as there may be, up to
	// limit in s.values; filled, without those that are empty.
	full, filled bool
	limit        int

	number uint64 // of the event

	// Of the event with the number: what hasDotted and original have found.
	dottedOf, originalOf uint64
	dotted               bool
	original             msgpack.Value
	originalText         []byte

	respelled []byte          // the event with its own names
	identity  []byte          // what an identity was made of last: memory for the next
	state     [maxSources]any // what the sources keep
	workspace any             // what is kept for all sources
	added     addedMembers

	identified identified // the event of which the identity was asked last
}

// maxArena is how many elements of an arena are kept for the next event.
const maxArena = 64 << 10

func (s *scratch) reset() {
	if cap(s.values) > maxArena || cap(s.text) > 16*maxArena || cap(s.prints) > maxArena {
		s.values, s.text, s.prints = nil, nil, nil
		clear(s.state[:]) // it may alias them
		s.workspace = nil
	}
	s.number++
	s.values = s.values[:0]
	s.text = s.text[:0]
	s.cut, s.over, s.more = false, false, false
}

// maxValues is how many values of a field are put together. [Event.Any] has no limit.
const maxValues = 512

// putTogether prepares for values behind those that there are, maxValues at most.
func (s *scratch) putTogether() { s.limit, s.full = len(s.values)+maxValues, false }

// enough reports whether nothing more is to be looked for.
func (s *scratch) enough(to *visitor) bool {
	if to != nil {
		return to.found
	}
	return s.full
}

// visitor gets the values that are found one by one, where they are not put together.
type visitor struct {
	do     func(msgpack.Value) bool
	leaves bool // of objects it gets what is at their ends
	empty  bool // it also gets values that are empty
	whole  bool // it only gets to know that there is a value, be it null or an empty array
	found  bool // do has returned true: it gets no more
	any    bool // do was called
}

// push appends a value that was found, or hands it to the visitor if there is one.
func (s *scratch) push(v msgpack.Value, to *visitor) {
	switch {
	case to != nil:
		s.visit(v, to)
	case s.filled && IsEmpty(v):
	case len(s.values) < s.limit:
		s.values = append(s.values, v)
	default:
		s.full, s.over, s.more = true, true, true
	}
}

func (s *scratch) visit(v msgpack.Value, to *visitor) {
	switch {
	case to.found:
	case to.leaves && v.Kind() == msgpack.Map:
		s.leavesOf(v, v.Encoded(), 0, maxDepth, to)
	case to.empty || !IsEmpty(v):
		to.any, to.found = true, to.do(v)
	}
}

// What follows looks into the value at buf[off:], which is whole, and returns
// the offset behind it: every byte is passed once, however deep it lies. When enough
// was found the rest is not passed, and the offset means nothing.

// find appends the values at a dotted path below a value. A name in the path
// may be a key by itself or together with its neighbours ({"a": {"b": 1}} and
// {"a.b": 1} are the same field, and in both a is an object), arrays on the way
// are looked through, and every occurrence of a repeated key counts. Arrays at
// the end are taken apart; null is not a value.
func (s *scratch) find(buf []byte, off int, path string, depth int, to *visitor) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	switch v.Kind() {
	case msgpack.Array:
		if s.tooDeep(v, depth) {
			return skip(buf, off)
		}
		for range v.Len() {
			if end := msgpack.SkipPlain(buf, pos); end != 0 {
				pos = end
				continue
			}
			if pos = s.find(buf, pos, path, depth-1, to); s.enough(to) {
				break
			}
		}
	case msgpack.Map:
		if s.tooDeep(v, depth) {
			return skip(buf, off)
		}
		return s.findMembers(buf, pos, v.Len(), path, depth, to)
	}
	return pos
}

// findMembers is find in a map whose n pairs are at buf[pos:].
func (s *scratch) findMembers(buf []byte, pos, n int, path string, depth int, to *visitor) (end int) {
	for range n {
		var key []byte
		key, pos, _ = msgpack.ReadKey(buf, pos)
		switch {
		case len(key) > len(path):
			end := skip(buf, pos)
			if key[len(path)] == '.' && string(key[:len(path)]) == path {
				s.wrap(key[len(path)+1:], buf[pos:end], to)
			}
			pos = end
		case string(key) != path[:len(key)]:
			pos = skip(buf, pos)
		case len(key) == len(path):
			if pos = s.add(buf, pos, depth-1, to); s.enough(to) {
				return pos
			}
		case path[len(key)] == '.':
			if pos = s.find(buf, pos, path[len(key)+1:], depth-1, to); s.enough(to) {
				return pos
			}
		default:
			pos = skip(buf, pos)
		}
	}
	return pos
}

// wrap appends the object {key: value}, of an encoded value.
func (s *scratch) wrap(key, value []byte, to *visitor) {
	mark := len(s.text)
	s.text = append(msgpack.AppendString(s.text, key), value...)
	s.push(msgpack.MapOf(1, s.text[mark:]), to)
	if to != nil {
		s.text = s.text[:mark]
	}
}

// add appends the value, or the elements of an array.
func (s *scratch) add(buf []byte, off, depth int, to *visitor) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	if to != nil && to.whole {
		to.found = true
		return off
	}
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
	case msgpack.Array:
		if s.tooDeep(v, depth) {
			return skip(buf, off)
		}
		for range v.Len() {
			if pos = s.add(buf, pos, depth-1, to); s.enough(to) {
				break
			}
		}
	case msgpack.Map:
		v, pos, _ = msgpack.Read(buf, off)
		fallthrough
	default:
		s.push(v, to)
	}
	return pos
}

// leaves appends what lies at the ends of the value: texts, numbers, truths.
func (s *scratch) leaves(buf []byte, off, depth int, to *visitor) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
	case msgpack.Array, msgpack.Map:
		if s.tooDeep(v, depth) {
			return skip(buf, off)
		}
		return s.leavesOf(v, buf, pos, depth, to)
	default:
		s.push(v, to)
	}
	return pos
}

// leavesOf is leaves in the container v, whose members are at buf[pos:].
func (s *scratch) leavesOf(v msgpack.Value, buf []byte, pos, depth int, to *visitor) (end int) {
	for range v.Len() {
		if v.Kind() == msgpack.Map {
			pos = skip(buf, pos) // the key
		}
		if pos = s.leaves(buf, pos, depth-1, to); s.enough(to) {
			break
		}
	}
	return pos
}

// tooDeep reports whether the container v is not to be looked into any more, and
// remembers it.
func (s *scratch) tooDeep(v msgpack.Value, depth int) bool {
	if depth > 0 {
		return false
	}
	s.cut = s.cut || v.Len() > 0
	return true
}

// skip returns the offset behind the value at buf[off:], which is whole.
func skip(buf []byte, off int) int {
	end, _ := msgpack.Skip(buf, off)
	return end
}

// dropEmpty drops the values from mark on that are empty.
func (s *scratch) dropEmpty(mark int) {
	kept := mark
	for _, v := range s.values[mark:] {
		if !IsEmpty(v) {
			s.values[kept] = v
			kept++
		}
	}
	s.values = s.values[:kept]
}
