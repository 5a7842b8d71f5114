package alert

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// layout says how the documents of one rule are written in one format. What is
// the same in each of them is encoded already. A layout never changes.
type layout struct {
	steps []step
}

// step is one step of writing a document.
type step struct {
	do   action
	key  []byte // encoded; for members: whole members
	n    int    // members: how many; opening: how many members there can be
	list bool   // opening: the map is the one element of a list
	slot slot
	as   form

	// Of an opening: the slots of the fields in the map, and how many steps to skip
	// if none of them has a value; 0 if the map has other members.
	holds slotSet
	steps int
}

// slotSet is a set of slots, a bit each, which several slots share if there are
// many.
type slotSet [2]uint64

func (s *slotSet) add(at slot) { s[at>>6&1] |= 1 << (at & 63) }

// mayMeet reports whether the sets may have a slot in common.
func (s *slotSet) mayMeet(t *slotSet) bool { return s[0]&t[0]|s[1]&t[1] != 0 }

type action uint8

const (
	members action = iota // that are the same in each document
	field                 // a member with the value of a slot, if it has one
	opening               // of a map
	closing               // of it; a map without members is taken back
)

// leaf is a field at its place.
type leaf struct {
	path    string
	slot    slot
	as      form
	encoded []byte // the value of a constant; then slot and as mean nothing
}

// constantField is a field with the same value in all documents of a layout.
type constantField struct {
	name    string // in ECS form; a path if it is the format's own
	encoded []byte
}

// newLayout lays out the fields that there are, and the constants: those that
// every format has, by their names, and those of the format, at their paths.
func newLayout(f Format, fields *Fields, common, ofFormat []constantField) *layout {
	leaves := make([]leaf, 0, len(fields.slots)+len(common)+len(ofFormat)+32) // some have several places
	for name, s := range fields.slots {
		for _, p := range f.places(name) {
			leaves = append(leaves, leaf{path: p.path, slot: s, as: p.as})
		}
	}
	for _, c := range common {
		for _, p := range f.places(c.name) {
			leaves = append(leaves, leaf{path: p.path, encoded: c.encoded})
		}
	}
	for _, c := range ofFormat {
		leaves = append(leaves, leaf{path: c.name, encoded: c.encoded})
	}
	return layOut(leaves)
}

// layOut lays out leaves. A path that another one begins with is an error in
// the tables of this package, and panics.
func layOut(leaves []leaf) *layout {
	slices.SortFunc(leaves, func(a, b leaf) int { return comparePaths(a.path, b.path) })
	b := layoutBuilder{steps: make([]step, 0, 2*len(leaves))}
	b.node(leaves, 0)
	return &layout{steps: slices.Clone(b.steps)}
}

// comparePaths orders paths so that what lies in one map stands together: the
// dot before all other characters.
func comparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := a[i], b[i]; x != y {
			switch {
			case x == '.':
				return -1
			case y == '.':
				return 1
			}
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

type layoutBuilder struct {
	steps []step
	w     writer
}

// node adds the steps for the leaves, whose paths agree in their first from
// bytes, as one map.
func (b *layoutBuilder) node(leaves []leaf, from int) {
	for len(leaves) > 0 {
		part, _, inner := strings.Cut(leaves[0].path[from:], ".")
		n := 1
		for n < len(leaves) {
			other, _, _ := strings.Cut(leaves[n].path[from:], ".")
			if other != part {
				break
			}
			n++
		}
		name, list := strings.CutSuffix(part, "[]")
		key := b.encode(func() { b.w.string([]byte(name)) })
		switch {
		case !inner && n > 1:
			panic(fmt.Sprintf("alert: %s has two meanings, %s is one", leaves[0].path, leaves[1].path))
		case inner:
			b.object(leaves[:n], from+len(part)+1, key, list)
		case leaves[0].encoded != nil:
			b.constant(append(key, leaves[0].encoded...))
		default:
			b.steps = append(b.steps, step{do: field, key: key, slot: leaves[0].slot, as: leaves[0].as})
		}
		leaves = leaves[n:]
	}
}

// object adds the steps for a map below key; one member if it is the same in
// each document.
func (b *layoutBuilder) object(leaves []leaf, from int, key []byte, list bool) {
	at := len(b.steps)
	b.steps = append(b.steps, step{do: opening, key: key, list: list})
	b.node(leaves, from)
	inner := b.steps[at+1:]
	if len(inner) == 1 && inner[0].do == members {
		member := b.encode(func() {
			b.w.out = append(b.w.out, key...)
			if list {
				b.w.out = msgpack.AppendArrayHeader(b.w.out, 1)
			}
			b.w.closeMap(b.w.openMap(inner[0].n), inner[0].n)
			b.w.out = append(b.w.out, inner[0].key...)
		})
		b.steps = b.steps[:at]
		b.constant(member)
		return
	}
	open := &b.steps[at]
	depth, constants := 0, false
	for i := range inner {
		s := &inner[i]
		if s.do == closing {
			depth--
		}
		if depth == 0 {
			switch s.do {
			case members:
				open.n += s.n
			case field, opening:
				open.n++
			}
		}
		switch s.do {
		case opening:
			depth++
		case field:
			open.holds.add(s.slot)
		case members:
			constants = true
		}
	}
	if !constants {
		open.steps = len(inner) + 1
	}
	b.steps = append(b.steps, step{do: closing})
}

// constant adds a member that is the same in each document.
func (b *layoutBuilder) constant(member []byte) {
	if n := len(b.steps); n > 0 && b.steps[n-1].do == members {
		b.steps[n-1].key = append(b.steps[n-1].key, member...)
		b.steps[n-1].n++
		return
	}
	b.steps = append(b.steps, step{do: members, key: member, n: 1})
}

func (b *layoutBuilder) encode(write func()) []byte {
	b.w.begin(nil)
	write()
	return b.w.end()
}

// opened is a map of a document that is being written.
type opened struct {
	begin  int // of its key
	header int
	n      int // members
}

// document appends the document with those values, by slot, to dst. has are the
// slots that have one.
func (w *writer) document(dst []byte, l *layout, values []value, has *slotSet) []byte {
	w.begin(dst)
	at := opened{header: w.openMap(1 << 15)}
	outer := w.open[:0]
	for i := 0; i < len(l.steps); i++ {
		s := &l.steps[i]
		switch s.do {
		case members:
			w.out = append(w.out, s.key...)
			at.n += s.n
		case field:
			v := &values[s.slot]
			if v.kind == absent {
				continue
			}
			begin := len(w.out)
			w.out = append(w.out, s.key...)
			if w.value(v, s.as) {
				at.n++
			} else {
				w.out = w.out[:begin]
			}
		case opening:
			if s.steps > 0 && !s.holds.mayMeet(has) {
				i += s.steps
				continue
			}
			outer = append(outer, at)
			at = opened{begin: len(w.out)}
			w.out = append(w.out, s.key...)
			if s.list {
				w.out = msgpack.AppendArrayHeader(w.out, 1)
			}
			at.header = w.openMap(s.n)
		case closing:
			if at.n == 0 {
				w.out = w.out[:at.begin]
			} else {
				w.closeMap(at.header, at.n)
			}
			inner := at
			at = outer[len(outer)-1]
			outer = outer[:len(outer)-1]
			if inner.n > 0 {
				at.n++
			}
		}
	}
	w.closeMap(at.header, at.n)
	w.open = outer[:0]
	return w.end()
}
