package event

import "encoding/binary"

// Member is a name at the top of a record that a source, or the reader of
// envelopes, looks for. Members are numbers, so that an event can note where
// each of them is without a map.
type Member uint8

// None is the absence of a member.
const None Member = 0

// maxMembers is how many members there can be, None included.
const maxMembers = 128

// memberNames has the names of the members. It is written to while packages
// are initialized and read from then on.
var (
	memberNames [256]string
	memberCount = 1 // None
)

// MemberNamed returns the member of that name, which must have fewer than 32
// bytes. Names are compared exactly, as the keys of JSON are. It is for the
// initialization of packages, and not safe for concurrent use.
func MemberNamed(name string) Member {
	for m := Member(1); int(m) < memberCount; m++ {
		if memberNames[m] == name {
			return m
		}
	}
	if len(name) == 0 || len(name) >= 32 || memberCount == maxMembers {
		panic("event: no room for the member " + name)
	}
	m := Member(memberCount)
	memberNames[m] = name
	memberCount++
	placeMembers()
	return m
}

// Name returns the name of the member.
func (m Member) Name() string { return memberNames[m] }

// Lookup returns the member of that name, or None. Unlike MemberNamed it adds
// none.
func Lookup(name []byte) Member {
	var first [8]byte
	copy(first[:], name)
	return lookup(name, binary.LittleEndian.Uint64(first[:]))
}

// Set is a set of members, a bit each.
type Set [maxMembers / 64]uint64

// SetOf returns the set of those members.
func SetOf(members ...Member) (s Set) {
	for _, m := range members {
		if m != None {
			s[m>>6] |= 1 << (m & 63)
		}
	}
	return s
}

// SetNamed returns the set of the members with those names, as MemberNamed
// does.
func SetNamed(names ...string) (s Set) {
	for _, name := range names {
		s = s.Union(SetOf(MemberNamed(name)))
	}
	return s
}

// Has reports whether m is in the set.
func (s *Set) Has(m Member) bool { return s[m>>6&1]>>(m&63)&1 != 0 }

// Meets reports whether the sets have a member in common.
func (s *Set) Meets(t *Set) bool { return s[0]&t[0]|s[1]&t[1] != 0 }

// Union returns the members of both sets.
func (s Set) Union(t Set) Set { return Set{s[0] | t[0], s[1] | t[1]} }

// without returns the members of the set that the other does not have.
func (s Set) without(t *Set) Set { return Set{s[0] &^ t[0], s[1] &^ t[1]} }

// everyMember returns all members that have been named.
func everyMember() (set Set) {
	for m := None + 1; int(m) < memberCount; m++ {
		set = set.Union(SetOf(m))
	}
	return set
}

// nameFilter rules out names by their length and their first byte. It has a bit
// for the lower five bits of that byte at each length.
type nameFilter [1 << 5]uint32

// mayPass judges a name of that length, less than 32, that begins with c.
func (f *nameFilter) mayPass(length int, c byte) bool { return f[length&31]>>(c&31)&1 != 0 }

// firstBytes has the masks that leave the first n of eight bytes.
var firstBytes = func() (masks [1 << 5]uint64) {
	for n := range masks {
		masks[n] = 1<<(8*min(n, 8)) - 1
	}
	return masks
}()

// memberShift leaves 10 bits of a hash.
const memberShift = 64 - 10

// memberEntry is what lookup has to know of a member's name.
type memberEntry struct {
	word  uint64 // its first eight bytes, with zeros behind a shorter one
	tail  uint64 // its last eight bytes, if it is longer
	size  int
	alike Member // the next member with the same word, or None
}

var (
	memberEntries [256]memberEntry
	// memberPlaces has a member at the hash of each word. memberFactor makes
	// the hashes of different words differ.
	memberPlaces [1 << (64 - memberShift)]Member
	memberFactor uint64
)

// lookup is Lookup for a name whose first eight bytes are in word, with zeros
// behind a shorter name.
func lookup(name []byte, word uint64) Member {
	if m := beginningWith(word); m != None {
		return m.withName(name)
	}
	return None
}

// beginningWith returns a member whose first eight bytes are in word, or None. It
// rules out nearly every name that is not a member's, and is inlined.
func beginningWith(word uint64) Member {
	m := memberPlaces[word*memberFactor>>memberShift]
	if memberEntries[m].word != word {
		return None
	}
	return m
}

// withName returns the member of that name among m and those alike, or None. Few
// names are longer than sixteen bytes: of the others the first eight bytes, which
// are those of m, and the last eight tell.
func (m Member) withName(name []byte) Member {
	for n := len(name); m != None; {
		entry := &memberEntries[m]
		if n == entry.size && (n <= 8 || binary.LittleEndian.Uint64(name[n-8:]) == entry.tail) &&
			(n <= 16 || string(name) == memberNames[m]) {
			return m
		}
		m = entry.alike
	}
	return None
}

// placeMembers fills the tables of lookup.
func placeMembers() {
	for m, name := range memberNames[:memberCount] {
		var first [8]byte
		copy(first[:], name)
		entry := memberEntry{word: binary.LittleEndian.Uint64(first[:]), size: len(name)}
		if tail := len(name) - len(first); tail > 0 {
			entry.tail = binary.LittleEndian.Uint64([]byte(name[tail:]))
		}
		memberEntries[m] = entry
	}
	const golden = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio spreads well
	for memberFactor = golden; !fillPlaces(); memberFactor *= golden {
	}
}

// fillPlaces reports whether memberFactor gives every word a place of its own.
func fillPlaces() bool {
	clear(memberPlaces[:])
	for m := None + 1; int(m) < memberCount; m++ {
		entry := &memberEntries[m]
		place := &memberPlaces[entry.word*memberFactor>>memberShift]
		if *place != None && memberEntries[*place].word != entry.word {
			return false
		}
		entry.alike, *place = *place, m
	}
	return true
}
