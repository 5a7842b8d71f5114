package stateful

import (
	"encoding/binary"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// The keys of entries begin with the rule, so that entries of a rule are together, and go on
// with what the entry is. Terms are stored by the block that they are in, groups by their
// slot: so entries that are made one after the other are beside each other in the file, and
// not all over it as their digests are. All zero is the rule of the entry of the memory
// itself, which comes first.
type storedKey struct {
	prefix RuleID
	kind   byte
	n      int8 // bytes of rest
	rest   Key
}

const (
	headEntry byte = iota
	termsEntry
	groupEntry
)

func headKey(p RuleID) storedKey { return storedKey{prefix: p, kind: headEntry} }

// termsKey is the key of a block of terms.
func termsKey(p RuleID, block uint32) storedKey { return numbered(p, termsEntry, block) }

func groupKey(p RuleID, slot uint32) storedKey { return numbered(p, groupEntry, slot) }

func numbered(p RuleID, kind byte, n uint32) storedKey {
	k := storedKey{prefix: p, kind: kind, n: 4}
	binary.BigEndian.PutUint32(k.rest[:], n)
	return k
}

func (k *storedKey) bytes() []byte {
	b := make([]byte, 0, 9+k.n)
	return append(append(append(b, k.prefix[:]...), k.kind), k.rest[:k.n]...)
}

// Values begin with this byte; another form would begin with another.
const encoding = 2

// encode returns the entry of the memory itself.
func (m *Memory) encode() hold.Change {
	k := headKey(RuleID{})
	b := append([]byte{encoding}, m.secret[:]...)
	return hold.Change{Space: m.Space(), Key: k.bytes(), Value: append(binary.BigEndian.AppendUint64(b, uint64(m.newest)), truth(m.dated))}
}

// encode returns the entry of the rule.
func (r *ruleMemory) encode() hold.Change {
	k := headKey(r.prefix)
	b := append([]byte{encoding, byte(r.kind)}, r.fields[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.head.since))
	b = binary.BigEndian.AppendUint64(b, uint64(r.head.from))
	b = binary.BigEndian.AppendUint32(b, r.head.learned)
	b = append(b, truth(r.head.files))
	return hold.Change{Space: (*Memory)(nil).Space(), Key: k.bytes(), Value: append(b, r.id...)}
}

func truth(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func encodeGroup(e *item[kept]) []byte {
	b := make([]byte, 0, 1+16+4+4+len(e.value.state))
	b = append(append(b, encoding), e.key[:]...)
	b = binary.BigEndian.AppendUint32(b, e.value.touched)
	b = binary.BigEndian.AppendUint32(b, e.value.owner)
	return append(b, e.value.state...)
}

// decoder reads what was encoded. After an error it returns zero values.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.failed, d.rest = true, nil
		n = 0
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	if d.failed {
		return make([]byte, 16)
	}
	return b
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// count returns a number of elements that follow, of that many bytes at least each.
func (d *decoder) count(size int) int {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > uint64(len(d.rest)/size) {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return int(v)
}

// Restore adds an entry of an earlier process: first that of the memory, then those of each
// rule.
func (m *Memory) Restore(key, value []byte, expires time.Time) bool {
	if len(key) < 9 || len(value) == 0 || value[0] != encoding {
		return false
	}
	m.stored = true
	prefix, kind, rest := RuleID(key[:8]), key[8], key[9:]
	d := decoder{rest: value[1:]}
	if prefix == (RuleID{}) {
		s, c := d.take(16), clock{int64(d.uint64()), d.byte() != 0}
		if d.failed || kind != headEntry {
			return false
		}
		m.secret, m.clock, m.known = secret(s), c, true
		return true
	}
	if !m.known { // without the secret no digest can be found again
		var k storedKey
		k.prefix, k.kind, k.n = prefix, kind, int8(min(len(rest), len(k.rest)))
		copy(k.rest[:], rest)
		m.left = append(m.left, k)
		return false
	}
	if kind == headEntry {
		of, fields := rule.MemoryKind(d.byte()), [8]byte(d.take(8)[:8])
		h := head{since: int64(d.uint64()), from: int64(d.uint64()), learned: d.uint32()}
		h.files = d.byte() != 0
		id := string(d.rest)
		if d.failed || ruleID(id) != prefix || int(of) >= len(kinds) {
			return false
		}
		r := newRuleMemory(id)
		r.kind, r.fields, r.head = of, fields, h
		m.rules[id] = r
		m.restoring = r
		return true
	}
	r := m.restoring
	if r == nil || r.prefix != prefix { // its head is damaged
		return false
	}
	if len(rest) != 4 {
		return false
	}
	number := binary.BigEndian.Uint32(rest)
	switch {
	case kind == termsEntry && r.hasTerms():
		touched, ok := restoreTerms(&r.terms, number, value[1:])
		r.expires(touched, expires)
		return ok
	case kind == groupEntry && !r.hasTerms():
		touched, ok := m.restoreGroup(r, number, &d)
		r.expires(touched, expires)
		return ok
	}
	return false
}

// expires notes when an entry expires in the store that was touched then.
func (r *ruleMemory) expires(touched uint32, at time.Time) {
	if keep := at.Unix() - int64(touched) - 1; r.keep == 0 || keep < r.keep {
		r.keep = keep
	}
}

// restoreGroup adds an entry that is not a term, and returns when it was touched last.
func (m *Memory) restoreGroup(r *ruleMemory, slot uint32, d *decoder) (touched uint32, ok bool) {
	key, h := Key(d.take(16)), header{d.uint32(), d.uint32()}
	if _, again := r.groups.find(&key); again || d.failed || slot >= maxSlots {
		return 0, false
	}
	state := string(d.rest)
	e, ok := kinds[r.kind].decode(h, d)
	if !ok || d.failed || len(d.rest) > 0 {
		return 0, false
	}
	r.groups.put(slot, item[kept]{key, kept{state, h.touched, h.owner}})
	if g, ok := e.(*group); ok && g.heldOff != none && !g.told {
		m.putHeld(heldGroup{r, key}, &heldOff{until: g.heldOff, due: g.due})
	}
	return h.touched, true
}
