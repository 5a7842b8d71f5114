package history

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Keys of entries begin with what the entry is; they are restored in this order.
const (
	headEntry   = iota // of the history as a whole
	nameEntry          // number
	actorEntry         // digest
	recentEntry        // number of the first event in it
	sideEntry          // ring, row
	followEntry        // ID of the alert
)

// Values begin with this byte; another form would begin with another.
const encoding = 2

// recentPage is how many recent events an entry has.
const recentPage = 256

// expireAfter is when the store drops an entry.
const expireAfter = keepFor * time.Second

// recentKept are the words of recent events that are kept: the others follow from them.
var recentKept = [...]int{recentTime, recentActor, recentAddress, recentCall, recentEvent, recentEvent + 1}

// headWords are the words of meta that are kept.
var headWords = []int{metaForgotten, metaEvicted, metaSince, metaNewest}

// written is what the store has.
type written struct {
	names int
	next  uint32 // recent events before it
	sides [numRings]uint32
}

// flush is what a transaction writes.
type flush struct {
	at      time.Time
	changed []uint64
	removed []uint64
	before  written
}

// Flush makes the newest transaction write to the store what has changed since the last
// one that did.
func (h *History) Flush(now time.Time) {
	m := &h.open[len(h.open)-1]
	m.flush = &flush{at: now, changed: h.changed, removed: h.removed, before: h.written}
	h.mark(h.changed, false)
	h.changed, h.removed = nil, nil
	h.written = written{names: len(h.names.list), next: h.recent.next, sides: [numRings]uint32(h.sides.w[:numRings])}
}

// unflush undoes Flush.
func (h *History) unflush(f *flush) {
	h.changed, h.removed = append(f.changed, h.changed...), append(f.removed, h.removed...)
	h.mark(f.changed, true)
	h.written = f.before
}

// mark notes in the rows of actors whether they are in h.changed. That is not undone.
func (h *History) mark(actors []uint64, changed bool) {
	for _, key := range actors {
		a := h.findActor(key)
		switch {
		case a < 0:
		case changed:
			h.actors.w[a+actorSize] |= changedBit
		default:
			h.actors.w[a+actorSize] &^= changedBit
		}
	}
}

// Space returns the name of the space.
func (h *History) Space() string { return "history" }

// Changes appends the changes of the newest transaction.
func (h *History) Changes(dst []hold.Change) []hold.Change {
	m := &h.open[len(h.open)-1]
	before := len(dst)
	dst = h.followUpChanges(dst, m.pending)
	f := m.flush
	if f == nil {
		if len(dst) > before {
			dst = append(dst, h.head(time.Now()))
		}
		return dst
	}
	expires := f.at.Add(expireAfter)
	add := func(kind byte, key, value []byte) {
		dst = append(dst, hold.Change{Space: h.Space(), Key: append([]byte{kind}, key...), Value: append([]byte{encoding}, value...), Expires: expires})
	}
	for i := max(f.before.names, 1); i < len(h.names.list); i++ {
		add(nameEntry, be32(uint32(i)), []byte(h.names.list[i]))
	}
	for _, key := range f.removed {
		if h.findActor(key) < 0 {
			dst = append(dst, hold.Change{Space: h.Space(), Key: append([]byte{actorEntry}, be64(key)...), Delete: true})
		}
	}
	for _, key := range f.changed {
		if a := h.findActor(key); a >= 0 {
			add(actorEntry, be64(key), h.encodeActor(a))
		}
	}
	r := &h.recent
	for page := max(f.before.next, r.floor) &^ (recentPage - 1); page < r.next; page += recentPage {
		var b []byte
		for n := max(page, r.floor); n < min(page+recentPage, r.next); n++ {
			row := r.row(n)
			for _, i := range recentKept {
				b = binary.BigEndian.AppendUint32(b, row[i])
			}
		}
		// The page is overwritten when the ring comes to it again.
		add(recentEntry, be32(page&(r.size()-1)), append(be32(max(page, r.floor)), b...))
	}
	for ring, s := range rings {
		for n := max(f.before.sides[ring], h.sides.w[ring]-min(h.sides.w[ring], uint32(s.rows))); n < h.sides.w[ring]; n++ {
			row := s.begin + int(n%uint32(s.rows))*s.stride
			b := be32(n)
			for _, w := range h.sides.w[row : row+s.stride] {
				b = binary.BigEndian.AppendUint32(b, w)
			}
			add(sideEntry, append([]byte{byte(ring)}, be32(n%uint32(s.rows))...), b)
		}
	}
	return append(dst, h.head(f.at))
}

// head is the entry of the history as a whole.
func (h *History) head(now time.Time) hold.Change {
	b := h.secret.append([]byte{encoding})
	for _, i := range headWords {
		b = binary.BigEndian.AppendUint32(b, h.meta.w[i])
	}
	return hold.Change{Space: h.Space(), Key: []byte{headEntry}, Value: b, Expires: now.Add(10 * expireAfter)}
}

// followUpChanges appends what has changed in the list of follow-ups.
func (h *History) followUpChanges(dst []hold.Change, before []*FollowUp) []hold.Change {
	list := h.pending.list
	if len(list) == len(before) && (len(list) == 0 || &list[0] == &before[0]) {
		return dst
	}
	was := make(map[*FollowUp]bool, len(before))
	for _, f := range before {
		was[f] = true
	}
	for _, f := range list {
		if was[f] {
			delete(was, f)
			continue
		}
		dst = append(dst, hold.Change{Space: h.Space(), Key: append([]byte{followEntry}, f.Alert[:]...), Value: f.encode(), Expires: f.Due.Add(expireAfter)})
	}
	for f := range maps.Keys(was) {
		dst = append(dst, hold.Change{Space: h.Space(), Key: append([]byte{followEntry}, f.Alert[:]...), Delete: true})
	}
	return dst
}

func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func be64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// encodeActor encodes a row and its values, each with the digest of its group.
func (h *History) encodeActor(a int) []byte {
	var b []byte
	for i := actorFirst; i < actorStride; i++ {
		b = binary.BigEndian.AppendUint32(b, h.actors.w[a+i])
	}
	h.eachValue(a, func(v int) {
		for i := range valueGroup {
			b = binary.BigEndian.AppendUint32(b, h.values.w[v+i])
		}
		group := uint64(0)
		if g := int(h.values.w[v+valueGroup]) - 1; g >= 0 {
			group = h.groups.get64(g * groupStride)
		}
		b = binary.BigEndian.AppendUint64(b, group)
	})
	return b
}

// restoredValue is how many bytes a value has in an entry.
const restoredValue = 4*valueGroup + 8

func (f *FollowUp) encode() []byte {
	b := []byte{encoding}
	for _, n := range []uint32{f.At, f.For, f.actor, f.from, uint32(f.rule)} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(f.Due.UnixMilli()))
	for _, t := range []string{f.Rule, f.ActorID, f.Action} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(t))), t...)
	}
	return b
}

// decoder reads what was encoded. After an error it returns zero values.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.rest) {
		d.failed, d.rest = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }

func (d *decoder) text() string {
	b := d.take(int(min(d.uint32(), 1<<16)))
	if d.failed {
		return ""
	}
	return string(b)
}

// Restore adds an entry that an earlier process has stored.
func (h *History) Restore(key, value []byte, _ time.Time) bool {
	if len(key) == 0 || len(value) == 0 || value[0] != encoding {
		return false
	}
	kind, key, d := key[0], key[1:], decoder{rest: value[1:]}
	if kind == headEntry {
		return h.restoreHead(&d)
	}
	if !h.restored { // without the secret no digest can be found again
		return false
	}
	// What is restored is not undone.
	defer func() { h.log = h.log[:0] }()
	switch kind {
	case nameEntry:
		return h.restoreName(key, d.rest)
	case actorEntry:
		return len(key) == 8 && h.restoreActor(binary.BigEndian.Uint64(key), &d)
	case recentEntry:
		return h.restoreRecent(&d)
	case sideEntry:
		return len(key) == 5 && int(key[0]) < numRings && h.restoreSide(int(key[0]), &d)
	case followEntry:
		return len(key) == len(hold.Key{}) && h.restoreFollowUp(hold.Key(key), &d)
	}
	return false
}

func (h *History) restoreHead(d *decoder) bool {
	if len(d.rest) < 16+4*len(headWords) {
		return false
	}
	h.secret = secretOf([16]byte(d.take(16)))
	for _, i := range headWords {
		h.meta.w[i] = d.uint32()
	}
	h.restored = true
	return true
}

func (h *History) restoreName(key, name []byte) bool {
	if len(key) != 4 || len(name) > maxNameLen || !isName(name) {
		return false
	}
	i := int(binary.BigEndian.Uint32(key))
	if i <= 0 || i >= maxNames {
		return false
	}
	for len(h.names.list) <= i { // one that is missing was damaged
		h.names.list = append(h.names.list, otherName)
	}
	h.names.list[i] = string(name)
	h.names.known[string(name)] = uint32(i)
	h.written.names = len(h.names.list)
	return true
}

func (h *History) restoreActor(key uint64, d *decoder) bool {
	n := len(d.rest) - 4*(actorStride-actorFirst)
	if key == 0 || n < 0 || n%restoredValue != 0 || n/restoredValue > blockSizes[len(blockSizes)-1] || h.findActor(key) >= 0 || int(h.meta.w[metaActors]) >= h.limit {
		return false
	}
	forgotten := h.meta.w[metaForgotten]
	a := h.openActor(key, 0, 0)
	for i := actorFirst; i < actorStride; i++ {
		switch w := d.uint32(); i {
		case actorBlock, actorSeen, actorSeenToo:
		case actorSize:
			h.actors.w[a+i] = w >> homeShift << homeShift
		default:
			h.actors.w[a+i] = w
		}
	}
	h.meta.w[metaForgotten] = forgotten
	for range n / restoredValue {
		key, first, last, count, group := d.uint32(), d.uint32(), d.uint32(), d.uint32(), d.uint64()
		kind := int(count >> countBits)
		if key == 0 || kind >= numKinds || h.findValue(a, key) >= 0 {
			continue
		}
		v := h.addValue(a, kind, key, first)
		if v < 0 {
			continue
		}
		h.values.w[v+valueLast], h.values.w[v+valueCount] = last, count
		if group != 0 {
			h.joinGroup(v, group, last)
		}
	}
	return true
}

func (h *History) restoreRecent(d *decoder) bool {
	first := d.uint32()
	n := len(d.rest) / (4 * len(recentKept))
	if first == 0 || first > 1<<31 || len(d.rest)%(4*len(recentKept)) != 0 || n > recentPage {
		return false
	}
	one := restoredPage{first: first}
	for range n {
		var row [len(recentKept)]uint32
		for i := range row {
			row[i] = d.uint32()
		}
		one.rows = append(one.rows, row)
	}
	h.pages = append(h.pages, one)
	return true
}

// restoredPage are recent events that were restored, the first with that number.
type restoredPage struct {
	first uint32
	rows  [][len(recentKept)]uint32
}

func (h *History) restoreSide(ring int, d *decoder) bool {
	s := &rings[ring]
	n := d.uint32()
	if len(d.rest) != 4*s.stride {
		return false
	}
	row := s.begin + int(n%uint32(s.rows))*s.stride
	for i := range s.stride {
		h.sides.w[row+i] = d.uint32()
	}
	if ring == wideRing && int(h.sides.w[row+3]) >= len(h.names.list) {
		h.sides.w[row+3] = 0
	}
	h.sides.w[ring] = max(h.sides.w[ring], n+1)
	h.written.sides[ring] = h.sides.w[ring]
	return true
}

func (h *History) restoreFollowUp(alert hold.Key, d *decoder) bool {
	f := &FollowUp{Alert: alert, At: d.uint32(), For: d.uint32(), actor: d.uint32(), from: d.uint32()}
	f.rule = uint16(d.uint32())
	f.Due = time.UnixMilli(int64(d.uint64()))
	f.Rule, f.ActorID, f.Action = d.text(), d.text(), d.text()
	if d.failed {
		return false
	}
	h.pending.list = append(h.pending.list, f)
	return true
}

// Restored completes what was restored: nothing more is.
func (h *History) Restored() {
	slices.SortFunc(h.pages, func(a, b restoredPage) int { return int(int64(a.first) - int64(b.first)) })
	r := &h.recent
	for i, p := range h.pages {
		if i == 0 || p.first != r.next {
			r.next, r.floor = p.first, p.first
		}
		for _, row := range p.rows {
			o := Observation{
				At: row[0], Actor: uint64(row[1]), Address: uint64(row[2]), Failed: row[3]&failedBit != 0, Matched: uint16(row[3] >> ruleShift),
				Event: uint64(row[4]) | uint64(row[5])<<32,
			}
			name := row[3] & (1<<nameBits - 1)
			if int(name) >= len(h.names.list) {
				name = 0
			}
			r.add(&o, name)
		}
	}
	h.pages, h.log, h.index = nil, h.log[:0], nil
	h.written.next = r.next
	slices.SortFunc(h.pending.list, func(a, b *FollowUp) int { return a.Due.Compare(b.Due) })
}
