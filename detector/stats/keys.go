package stats

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	// maxKeys is the maximum number of keys that are counted by themselves: they
	// come from records, and each becomes a label of a metric.
	maxKeys = 32
	// maxKey is the maximum length of a key, in bytes.
	maxKey = 64
	// OtherKeys stands for all further keys.
	OtherKeys = "other"
)

// Key is a member of records, with the number of records that are counted by it.
type Key struct {
	Name  string // printable
	Count uint64
}

// Keys counts records by a member. The zero value is empty. It is not for
// concurrent use.
type Keys struct{ list []Key }

// Add counts a record by the member with that name, and returns the name that it is
// counted by: printable, of bounded length, OtherKeys if there are too many.
func (k *Keys) Add(name []byte) string {
	for i := range k.list { // without an allocation, as a rule
		if one := &k.list[i]; one.Name == string(name) {
			one.Count++
			return one.Name
		}
	}
	one, _ := k.add(printable(name), 1)
	return one
}

// add counts n records by the name, and reports whether it is new.
func (k *Keys) add(name string, n uint64) (counted string, added bool) {
	at := func(name string) int {
		return slices.IndexFunc(k.list, func(one Key) bool { return one.Name == name })
	}
	i := at(name)
	if i < 0 && name != OtherKeys && len(k.list)-min(at(OtherKeys)+1, 1) >= maxKeys {
		name = OtherKeys
		i = at(name)
	}
	if added = i < 0; added {
		i = len(k.list)
		k.list = append(k.list, Key{Name: name})
	}
	k.list[i].Count += n
	return name, added
}

// All returns the keys in the order in which they were first seen. The list is valid
// until the next call of a method.
func (k *Keys) All() []Key { return k.list }

// Reset forgets all keys.
func (k *Keys) Reset() { k.list = k.list[:0] }

// printable returns a name from a record as one line of bounded length.
func printable(name []byte) string {
	text, more := string(name[:min(len(name), maxKey)]), ""
	if len(name) > maxKey {
		more = "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(text, "?")) + more
}

// sharedKeys is Keys for concurrent use.
type sharedKeys struct {
	mu   sync.Mutex
	keys Keys
}

// add adds other counts, and reports whether one of the keys is new.
func (s *sharedKeys) add(more *Keys) (novel bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range more.list {
		_, added := s.keys.add(one.Name, one.Count)
		novel = novel || added
	}
	return novel
}

func (s *sharedKeys) all() []Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keys.list)
}
