package event

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// names are names of members that were read before, of less than 32 bytes, each with the
// one that followed it last: nearly always the next name is the one that is expected, and
// comparing it takes less than looking it up. Entry 0 is none: what follows it is the
// first name of an event.
type names [1 << 8]knownName

type knownName struct {
	head   uint64 // the first eight bytes, with zeros behind a shorter name
	tail   uint64 // the last eight bytes of a longer one
	hash   uint64 // of the name, keyed
	code   uint8  // its first byte as msgpack, which has its length; 0: the entry is empty
	next   uint8  // the entry of the name that followed it last
	member Member
	middle [16]byte // of one of more than 16 bytes: those after the first eight, and those before the last eight
}

// hashKeys make hashes and digests of names that nobody outside this process can tell.
var hashKeys = [4]uint64{rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1}

// maxName is the maximum length of a name and its header that are read by words.
const maxName = 1 + 32

// read reads the name at buf[pos:] and returns its entry and the offset behind it. at is
// the entry of the name before. It returns 0 for a name of 32 bytes or more, and for what
// is not a text.
func (n *names) read(buf []byte, pos int, at uint8) (entry uint8, end int) {
	if uint(pos)+maxName > uint(len(buf)) {
		return n.readLast(buf, pos, at)
	}
	code, head := buf[pos], wordAt(buf, pos+1)
	entry = n[at].next
	k := &n[entry]
	size := int(code & msgpcode.FixedStrMask)
	if code == k.code && head&firstBytes[size] == k.head &&
		(size <= 8 || wordAt(buf, pos+1+size-8) == k.tail && (size <= 16 || k.hasMiddle(buf, pos+1, size))) {
		return entry, pos + 1 + size
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

func (k *knownName) hasMiddle(buf []byte, pos, size int) bool {
	return wordAt(buf, pos+8) == binary.LittleEndian.Uint64(k.middle[:]) && wordAt(buf, pos+size-16) == binary.LittleEndian.Uint64(k.middle[8:])
}

// find is read for a name that was not expected, where maxName bytes can be read.
func (n *names) find(buf []byte, pos int, at uint8) (entry uint8, end int) {
	code := buf[pos]
	size := int(code) - int(msgpcode.FixedStrLow)
	if uint(size) > uint(msgpcode.FixedStrMask) {
		return 0, pos
	}
	name := knownName{head: wordAt(buf, pos+1) & firstBytes[size], code: code}
	if size > 8 {
		name.tail = wordAt(buf, pos+1+size-8)
	}
	if size > 16 {
		binary.LittleEndian.PutUint64(name.middle[:], wordAt(buf, pos+1+8))
		binary.LittleEndian.PutUint64(name.middle[8:], wordAt(buf, pos+1+size-16))
	}
	name.hash = (name.head^uint64(size)<<56)*hashKeys[0] + bits.RotateLeft64(name.tail, 29)*hashKeys[1]
	name.hash += binary.LittleEndian.Uint64(name.middle[:])*hashKeys[2] + bits.RotateLeft64(binary.LittleEndian.Uint64(name.middle[8:]), 17)*hashKeys[3]
	name.hash ^= name.hash >> 32
	entry = uint8(name.hash * hashKeys[3] >> 56)
	if !n[entry].is(&name) {
		if other := entry ^ 1; n[other].is(&name) || n[other].code == 0 {
			entry = other
		}
	}
	if entry == 0 { // it is none
		entry = 1
	}
	if k := &n[entry]; !k.is(&name) {
		name.member = Lookup(buf[pos+1 : pos+1+size])
		*k = name
	}
	n[at].next = entry
	return entry, pos + 1 + size
}

// is reports whether the entry is of that name.
func (k *knownName) is(name *knownName) bool {
	return k.code == name.code && k.hash == name.hash && k.head == name.head && k.tail == name.tail && k.middle == name.middle
}

// mix adds a name to a digest of names in their order.
func mix(digest, hash uint64) uint64 {
	return (bits.RotateLeft64(digest, 31) ^ hash) * hashKeys[0]
}
