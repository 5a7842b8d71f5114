package event

import (
	"math/bits"

	"github.com/fluent-detect/fluent-detect/detector/literal"
)

// Extent is the members of an event that contain every text of some fields unchanged.
type Extent struct {
	members [maxSources]Set // by source
	unknown uint8           // a bit for each source whose events may have the texts elsewhere
	raw     bool            // a member may also be there by names with a dot
}

// Everywhere is the extent of texts of which it is not known where they are.
var Everywhere = Extent{unknown: 1<<maxSources - 1}

// Extent returns where every text of the field is.
func (f *Field) Extent() Extent {
	x := Everywhere
	for i := range f.ways {
		w := &f.ways[i]
		switch {
		case w.byName, w.added != nil, w.constant != nil, w.kept != 0, w.original != nil:
			continue
		case w.Member != None && (w.plain || w.nested || w.raw != ""):
			x.members[i] = SetOf(append([]Member{w.Member}, w.inside...)...)
			x.raw = x.raw || w.raw != ""
		case w.Member != None, w.derive != nil, w.raw != "":
			continue
		}
		x.unknown &^= 1 << i // if there is no member, no event of the source has the field
	}
	return x
}

// Union returns where every text of the fields of both extents is.
func (x Extent) Union(y Extent) Extent {
	for i := range x.members {
		x.members[i] = x.members[i].Union(y.members[i])
	}
	x.unknown |= y.unknown
	x.raw = x.raw || y.raw
	return x
}

// Covers reports whether the members of the other extent are among those of this one, for
// all sources of which both know them.
func (x *Extent) Covers(y *Extent) bool {
	for i := range x.members {
		if (x.unknown|y.unknown)>>i&1 == 0 && x.members[i].Union(y.members[i]) != x.members[i] {
			return false
		}
	}
	return true
}

// Len returns the number of members, of all sources.
func (x *Extent) Len() (n int) {
	for _, set := range x.members {
		n += bits.OnesCount64(set[0]) + bits.OnesCount64(set[1])
	}
	return n
}

// IsEverywhere reports whether it is not known for any source where the texts are.
func (x *Extent) IsEverywhere() bool { return x.unknown == Everywhere.unknown }

// MayHaveAny reports whether one of the literals may be in a text of the fields that the
// extent is of. False is certain.
func (e *Event) MayHaveAny(x *Extent, literals *literal.Set) bool {
	if e.schema == nil || x.unknown>>e.source&1 != 0 {
		return true
	}
	if e.respell(); len(e.again) > 0 || x.raw && e.hasDotted() {
		return true
	}
	if looked := x.members[e.source].Union(*e.first); looked != *e.first {
		e.findAll()
	}
	begin, end, sum := ^uint32(0), uint32(0), uint32(0)
	for i, members := range x.members[e.source] {
		for members &= e.has[i]; members != 0; members &= members - 1 {
			m := Member(i<<6 | bits.TrailingZeros64(members))
			begin, end, sum = min(begin, e.offsets[m]), max(end, e.ends[m]), sum+e.ends[m]-e.offsets[m]
		}
	}
	if begin >= end {
		return false
	}
	if end-begin <= sum+maxBetween { // what is between them takes less than another search
		return literals.AnyIn(e.buf[begin:end])
	}
	for i, members := range x.members[e.source] {
		for members &= e.has[i]; members != 0; members &= members - 1 {
			m := Member(i<<6 | bits.TrailingZeros64(members))
			if literals.AnyIn(e.buf[e.offsets[m]:e.ends[m]]) {
				return true
			}
		}
	}
	return false
}

// maxBetween is the maximum number of bytes between members that are searched with them.
const maxBetween = 512
