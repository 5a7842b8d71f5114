package jsontext

import "encoding/binary"

// The codes of msgpack that are written here and by appendPairs.
const (
	codeMap     = 0x80 // empty
	codeArray   = 0x90 // empty
	codeNil     = 0xc0
	codeFalse   = 0xc2
	codeTrue    = 0xc3
	codeStr     = 0xa0 // and the length
	codeStr8    = 0xd9
	codeArray32 = 0xdd
	codeMap32   = 0xdf
)

// Room is how many bytes of room behind the msgpack make a conversion fast to its end.
const Room = 80

// nesting is the containers that are open while a value is converted.
//
// The count in the header of each of them is the number of its members so far, saved
// when a nested container opens. So a stack of offsets is all the state that is needed.
type nesting struct {
	header int           // offset in the result of the innermost container's header
	count  int           // complete members of it
	depth  int           // number of open containers
	open   [MaxDepth]int // offsets of the headers of the enclosing ones
	parts  *Parts        // nil: not wanted
}

// push opens a container.
func (n *nesting) push(dst []byte, code byte) []byte {
	if n.depth > 0 {
		binary.BigEndian.PutUint32(dst[n.header+1:], uint32(n.count))
		n.open[n.depth-1] = n.header
	}
	n.header, n.count = len(dst), 0
	n.depth++
	return append(dst, code, 0, 0, 0, 0)
}

// pop closes the innermost container.
func (n *nesting) pop(dst []byte) {
	binary.BigEndian.PutUint32(dst[n.header+1:], uint32(n.count))
	n.depth--
	if n.depth == 0 {
		return
	}
	if n.depth == 1 && n.parts != nil {
		n.parts.add(n.header, len(dst))
	}
	n.header = n.open[n.depth-1]
	n.count = int(binary.BigEndian.Uint32(dst[n.header+1:]))
}

// maxParts is how many parts are noted: more than the events of CloudTrail have.
const maxParts = 32

// Parts are where the arrays and objects in an array or object are in its msgpack, in
// their order, without the empty ones: so that they need not be skipped value by value.
// There can be more than are noted.
type Parts struct {
	n   int
	all [maxParts]Part
}

// Part is where a value is: the offsets of its beginning and its end.
type Part struct{ Begin, End uint32 }

// All returns the parts. They are valid until the next use of p.
func (p *Parts) All() []Part { return p.all[:p.n] }

func (p *Parts) add(begin, end int) {
	if p.n < len(p.all) {
		p.all[p.n] = Part{uint32(begin), uint32(end)}
		p.n++
	}
}

// place is a place in an object.
type place uint8

const (
	atKey   place = iota // the quote that a key begins with
	atValue              // what follows the colon behind a key
	atEnd                // what follows a value
)
