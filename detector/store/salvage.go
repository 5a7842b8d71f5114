package store

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// contents are the entries of a file whose checksums are right.
type contents struct {
	alerts  map[string]map[uint64][]byte // by channel and number: the value without the checksum
	spaces  map[string]map[string][]byte // by path and key: the same
	session []byte
}

// salvage is what reads the contents of a damaged file: what can be reached from the root
// of the tree of pages is taken from there, the rest is looked for in pages that are
// neither reached nor free.
type salvage struct {
	*image
	contents
	names     []string          // paths of buckets
	seeds     []uint32          // of these
	sequences map[string]uint64 // by channel
	old       bool              // of version 2
	fresh     bool              // only alerts that the tree cannot have are taken
}

// maxKey is the maximum size of a key whose size has to be guessed.
const maxKey = 512

// salvaged returns what can be read of a damaged file.
func salvaged(m *image, metas []meta) *contents {
	s := &salvage{image: m, sequences: map[string]uint64{}}
	s.contents = contents{alerts: map[string]map[uint64][]byte{}, spaces: map[string]map[string][]byte{}}
	var w *walker
	if len(metas) > 0 {
		w = s.walk(metas[0])
	}
	unknown := make([]bool, m.pages())
	for id := range unknown {
		unknown[id] = id >= 2 && (w == nil || id >= len(w.used) || !w.used[id])
	}
	s.findNames(unknown)
	s.search(unknown, func(id int) bool { return w == nil || w.free == nil || id < len(w.free) && !w.free[id] })
	if len(metas) == 1 {
		// The other meta page may be the newer one. What its transaction has written lies
		// in pages that are free for this one. Of the alerts that are not in use these have
		// higher numbers; all others were delivered.
		s.fresh = true
		s.search(unknown, func(int) bool { return true })
	}
	return &s.contents
}

// walk takes what can be reached.
func (s *salvage) walk(one meta) *walker {
	w := &walker{image: s.image, meta: one}
	w.bucket = func(path []string, sequence uint64) {
		if len(path) == 2 && path[0] == string(alertsBucket) {
			s.sequences[path[1]] = sequence
		}
		if len(path) == 2 && path[0] == string(alertsBucket) || len(path) == 3 && path[0] == string(spacesBucket) {
			s.addName(strings.Join(path, "\x00"))
		}
	}
	w.entry = func(path []string, key, value []byte) bool {
		full := strings.Join(path, "\x00")
		if full == string(metaBucket) {
			return s.takeMeta(key, value)
		}
		if len(path) < 2 { // only buckets are there
			return false
		}
		if isSealed(seedOf(path...), key, value) {
			return s.take(full, key, value)
		}
		if alert := path[0] == string(alertsBucket); s.old && isSealed2(alert, key, value) {
			return s.take(full, key, value)
		}
		return false
	}
	w.run()
	return w
}

func (s *salvage) takeMeta(key, value []byte) bool {
	switch string(key) {
	case string(sessionKey):
		s.session = slices.Clone(value)
	case string(versionKey):
		s.old = string(value) == version2
	case string(namesKey):
		paths, ok := decodeNames(value)
		for _, path := range paths {
			s.addName(path)
		}
		return ok
	}
	return true
}

func (s *salvage) addName(path string) {
	if !slices.Contains(s.names, path) {
		s.names = append(s.names, path)
		s.seeds = append(s.seeds, crc32.Checksum([]byte(path), castagnoli))
	}
}

// take takes an entry whose checksum is right, unless there is one from a better place.
func (s *salvage) take(path string, key, value []byte) bool {
	if channel, ok := strings.CutPrefix(path, string(alertsBucket)+"\x00"); ok {
		if _, err := parseAlert(value); err != nil || len(key) != 8 {
			return false
		}
		number := binary.BigEndian.Uint64(key)
		if s.fresh && number <= s.sequences[channel] {
			return true
		}
		all := s.alerts[channel]
		if all == nil {
			all = map[uint64][]byte{}
			s.alerts[channel] = all
		}
		if all[number] == nil {
			all[number] = slices.Clone(value[4:])
		}
		return true
	}
	if len(value) < entryHead || s.fresh {
		return s.fresh
	}
	all := s.spaces[path]
	if all == nil {
		all = map[string][]byte{}
		s.spaces[path] = all
	}
	if all[string(key)] == nil {
		all[string(key)] = slices.Clone(value[4:])
	}
	return true
}

// runs calls visit for each sequence of pages that are wanted, with their bytes.
func (s *salvage) runs(wanted func(id int) bool, visit func(data []byte)) {
	n := int(s.pages())
	for id := 2; id < n; id++ {
		if !wanted(id) {
			continue
		}
		end := id + 1
		for end < n && wanted(end) && end-id < maxPages {
			end++
		}
		data := make([]byte, int64(end-id)*s.pageSize)
		if got, err := s.file.ReadAt(data, int64(id)*s.pageSize); err != nil {
			data = data[:got] // what follows cannot be read
		}
		visit(data)
		id = end - 1
	}
}

// findNames looks for the entry with the names, if it was not reached.
func (s *salvage) findNames(unknown []bool) {
	seed := seedOf(string(metaBucket))
	s.runs(func(id int) bool { return unknown[id] }, func(data []byte) {
		for at := 0; ; {
			i := bytes.Index(data[at:], namesKey)
			if i < 0 {
				return
			}
			at += i + len(namesKey)
			if end, ok := findEnd(seed, namesKey, data[at:min(len(data), at+int(s.pageSize))], 4); ok {
				s.takeMeta(namesKey, data[at:at+end])
			}
		}
	})
}

// search looks for entries in unknown pages.
func (s *salvage) search(unknown []bool, wanted func(id int) bool) {
	s.runs(func(id int) bool { return unknown[id] && wanted(id) }, func(data []byte) {
		s.searchAlerts(data)
		if s.fresh {
			return
		}
		for at := 0; at+pageHead+element <= len(data); at++ {
			if at%int(s.pageSize) == 0 || beginsLeaf(data[at:]) {
				s.searchLeaf(data[at:])
			}
		}
	})
}

// searchAlerts looks for alerts, wherever they are: their values tell their sizes.
func (s *salvage) searchAlerts(data []byte) {
	for at := 8; at+5 < len(data); at++ {
		if data[at+4] != 0x95 { // an array of 5 elements
			continue
		}
		end, err := msgpack.Skip(data, at+4)
		if err != nil {
			continue
		}
		key, value := data[at-8:at], data[at:end]
		if s.classify(key, value, true) || s.old && isSealed2(true, key, value) && s.take(s.anyChannel(), key, value) {
			at = end - 1
		}
	}
}

// anyChannel returns the path of the alerts of a channel, for those of version 2, which do
// not tell theirs.
func (s *salvage) anyChannel() string {
	for _, name := range s.names {
		if strings.HasPrefix(name, string(alertsBucket)+"\x00") {
			return name
		}
	}
	return string(alertsBucket) + "\x00default"
}

// classify takes an entry if its checksum is right for one of the names.
func (s *salvage) classify(key, value []byte, alert bool) bool {
	for i, seed := range s.seeds {
		if strings.HasPrefix(s.names[i], string(alertsBucket)) == alert && isSealed(seed, key, value) {
			return s.take(s.names[i], key, value)
		}
	}
	return false
}

// beginsLeaf reports whether data may begin with a page that lies in the value of a small
// bucket, even if one number in it is wrong.
func beginsLeaf(data []byte) bool {
	p := pageOf(data)
	if p.count == 0 || p.count > 1024 {
		return false
	}
	return p.id == 0 && p.flags == leafPage && p.overflow == 0 ||
		native.Uint32(data[pageHead+4:]) == uint32(p.count*element) && native.Uint32(data[pageHead:]) <= bucketElement
}

// searchLeaf looks for entries of spaces in what may be a leaf page, or begin with one. An
// element of which one number is wrong tells enough to find its entry.
func (s *salvage) searchLeaf(data []byte) {
	p := pageOf(data)
	counts := []int{p.count}
	if len(data) >= pageHead+element {
		// The first entry lies behind the last element.
		if n := int(native.Uint32(data[pageHead+4:]) / element); n != p.count {
			counts = append(counts, n)
		}
	}
	for _, n := range counts {
		if n > 0 && n <= (len(data)-pageHead)/element && n <= int(s.pageSize)/element {
			s.searchItems(&p, n)
		}
	}
}

func (s *salvage) searchItems(p *page, n int) {
	next := pageHead + n*element
	for i := range n {
		it, ok := p.item(i)
		if ok && (s.classify(it.key, it.value, false) || len(it.key) == 8 && s.classify(it.key, it.value, true)) {
			next = it.end
			continue
		}
		if ok && it.flags == bucketElement && len(it.value) >= bucketTop { // what is in it is found by itself
			next = it.end
			continue
		}
		e := p.data[pageHead+i*element:]
		if end, ok := s.guess(p.data, next, int(native.Uint32(e[8:])), int(native.Uint32(e[12:]))); ok {
			next = end
		} else if ok = it.end > next; ok {
			next = it.end
		}
	}
}

// guess looks for an entry that begins there: its key, or else its value, has that size.
func (s *salvage) guess(data []byte, begin, keySize, valueSize int) (end int, ok bool) {
	room := min(len(data)-begin, int(s.pageSize))
	if room < entryHead {
		return 0, false
	}
	data = data[begin : begin+room]
	if keySize >= 0 && keySize <= min(maxKey, room) {
		for i, seed := range s.seeds {
			if strings.HasPrefix(s.names[i], string(alertsBucket)) {
				continue
			}
			if n, ok := findEnd(seed, data[:keySize], data[keySize:], entryHead); ok {
				return begin + keySize + n, s.take(s.names[i], data[:keySize], data[keySize:keySize+n])
			}
		}
	}
	if valueSize < entryHead || valueSize > room {
		return 0, false
	}
	for size := range min(maxKey, room-valueSize) + 1 {
		if s.classify(data[:size], data[size:size+valueSize], false) {
			return begin + size + valueSize, true
		}
	}
	return 0, false
}

// findEnd returns the size of the value that data begins with, of which only the checksum
// is known.
func findEnd(seed uint32, key, data []byte, least int) (size int, ok bool) {
	if len(data) < least {
		return 0, false
	}
	want := binary.BigEndian.Uint32(data)
	sum := checksum(seed, key, data[4:least])
	for size = least; ; size++ {
		if sum == want {
			return size, true
		}
		if size == len(data) {
			return 0, false
		}
		sum = crc32.Update(sum, castagnoli, data[size:size+1])
	}
}
