package event

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// names are names of members, of less than 32 bytes, that were read before. Each entry also
// says which name followed it last: nearly always that one follows again, and comparing a
// name with it takes less time than looking the name up. Entry 0 is not a name: it precedes
// the first name of an event.
type names [1 << 8]knownName

type knownName struct {
	head   uint64 // the first eight bytes, with zeros behind a shorter name
	tail   uint64 // the last eight bytes, head of a shorter one
	mask   uint64 // the bits of head and tail that count
	hash   uint64 // of the name, keyed
	code   uint8  // the msgpack header, a byte that has the length; 0: the entry is empty
	tailAt uint8  // the offset of tail from the header
	end    uint8  // the offset of the end of the name from the header
	next   uint8  // the entry of the name that followed it last
	member Member
	middle [16]byte // of a name of more than 16 bytes: eight bytes after head, and eight before tail
}

// hashKeys are the secret of this process for the hashes and digests of names, so that nobody
// can choose names that have the same.
var hashKeys = [4]uint64{rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1}

// maxName is the maximum length of a name and its header that are read by words.
const maxName = 1 + 32

// maxShort is the header of a name of 16 bytes: its first and last eight bytes are all of it.
const maxShort = 0xa0 + 16

// isAt reports whether the name at buf[pos:] is this one. It does not compare the middle of a
// name of more than 16 bytes: see hasMiddle. The caller has checked that maxName bytes can be
// read.
func (k *knownName) isAt(buf []byte, pos int) bool {
	return buf[pos] == k.code && wordAt(buf, pos+1)&k.mask == k.head && wordAt(buf, pos+int(k.tailAt))&k.mask == k.tail
}

// read reads the name at buf[pos:], and returns its entry and the offset behind it. at is the
// entry of the name before. read returns entry 0 for a name of 32 bytes or more, and for a
// value that is not a text.
func (n *names) read(buf []byte, pos int, at uint8) (entry uint8, end int) {
	if uint(pos)+maxName > uint(len(buf)) {
		return n.readLast(buf, pos, at)
	}
	return n.find(buf, pos, at)
}

// readLast is read near the end of the buffer.
func (n *names) readLast(buf []byte, pos int, at uint8) (entry uint8, end int) {
	var name [maxName]byte
	if pos < 0 || pos >= len(buf) {
		return 0, pos
	}
	copy(name[:], buf[pos:])
	entry, size := n.find(name[:], 0, at)
	if pos+size > len(buf) {
		return 0, pos
	}
	return entry, pos + size
}

// hasMiddle reports whether the name at buf[pos:], of more than 16 bytes, has these bytes in
// its middle.
func (k *knownName) hasMiddle(buf []byte, pos int) bool {
	return wordAt(buf, pos+9) == binary.LittleEndian.Uint64(k.middle[:]) && wordAt(buf, pos+int(k.tailAt)-8) == binary.LittleEndian.Uint64(k.middle[8:])
}

// find is read for a place with at least maxName bytes.
func (n *names) find(buf []byte, pos int, at uint8) (entry uint8, end int) {
	code := buf[pos]
	size := int(code) - int(msgpcode.FixedStrLow)
	if uint(size) > uint(msgpcode.FixedStrMask) {
		return 0, pos
	}
	name := knownName{mask: firstBytes[size], code: code, tailAt: uint8(1 + max(0, size-8)), end: uint8(1 + size)}
	name.head, name.tail = wordAt(buf, pos+1)&name.mask, wordAt(buf, pos+int(name.tailAt))&name.mask
	if size > 16 {
		binary.LittleEndian.PutUint64(name.middle[:], wordAt(buf, pos+1+8))
		binary.LittleEndian.PutUint64(name.middle[8:], wordAt(buf, pos+1+size-16))
	}
	name.hash = (name.head^uint64(size)<<56)*hashKeys[0] + bits.RotateLeft64(name.tail, 29)*hashKeys[1]
	name.hash += binary.LittleEndian.Uint64(name.middle[:])*hashKeys[2] + bits.RotateLeft64(binary.LittleEndian.Uint64(name.middle[8:]), 17)*hashKeys[3]
	name.hash ^= name.hash >> 32
	entry = n.place(&name)
	if k := &n[entry]; !k.is(&name) {
		name.member = Lookup(buf[pos+1 : pos+1+size])
		*k = name
	}
	n[at].next = entry
	return entry, pos + 1 + size
}

// place returns the entry for a name, of the four that it can have: the one that it has, or
// else an empty one, or else the first.
func (n *names) place(name *knownName) (entry uint8) {
	first := max(1, uint8(name.hash*hashKeys[3]>>56)) // entry 0 is none
	empty := uint8(0)
	for i := range uint8(4) {
		one := first ^ i
		switch k := &n[one]; {
		case one == 0:
		case k.is(name):
			return one
		case k.code == 0 && empty == 0:
			empty = one
		}
	}
	if empty != 0 {
		return empty
	}
	return first
}

// is reports whether the entry is of that name.
func (k *knownName) is(name *knownName) bool {
	return k.code == name.code && k.hash == name.hash && k.head == name.head && k.tail == name.tail && k.middle == name.middle
}

// mix adds a name to a digest of names in their order.
func mix(digest, hash uint64) uint64 {
	return (bits.RotateLeft64(digest, 31) ^ hash) * hashKeys[0]
}
