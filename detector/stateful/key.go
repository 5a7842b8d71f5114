package stateful

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	"github.com/dchest/siphash"
)

// Key identifies a combination of values, or a group, of a rule: a digest that nobody can
// compute, or go back from, without the secret of the state.
type Key [16]byte

// secret is what keyed digests are made with.
type secret [16]byte

func newSecret() (s secret) {
	_, _ = rand.Read(s[:]) // it cannot fail
	return s
}

// Digester makes keyed digests of values, one part after the other, by SipHash-2-4, which is
// made for short texts. It is for one goroutine at a time.
type Digester struct {
	buf    []byte
	k0, k1 uint64 // the secret
}

// Begin begins a digest of values of a rule.
func (d *Digester) Begin(rule RuleID) {
	d.buf = append(d.buf[:0], rule[:]...)
}

// Add adds a value.
func (d *Digester) Add(value []byte) {
	d.buf = append(binary.BigEndian.AppendUint32(d.buf, uint32(len(value))), value...)
}

// AddNone adds that there is no value, which equals no value.
func (d *Digester) AddNone() { d.buf = binary.BigEndian.AppendUint32(d.buf, 1<<32-1) }

// Mark returns the state of the digest, for Cut.
func (d *Digester) Mark() int { return len(d.buf) }

// Cut takes back what was added since the mark.
func (d *Digester) Cut(mark int) { d.buf = d.buf[:mark] }

// Key returns the digest of what was added.
func (d *Digester) Key() (k Key) {
	high, low := siphash.Hash128(d.k0, d.k1, d.buf)
	binary.LittleEndian.PutUint64(k[:], high)
	binary.LittleEndian.PutUint64(k[8:], low)
	return k
}

// Short returns a shorter digest of what was added, which tells values in one group apart.
func (d *Digester) Short() uint64 { return siphash.Hash(d.k0, d.k1, d.buf) }

// Owner returns who owns what an event of that principal makes; 0 is nobody in
// particular.
func (m *Memory) Owner(principal []byte) uint32 {
	if len(principal) == 0 {
		return 0
	}
	d := m.Digester()
	d.Begin(RuleID{})
	d.Add(principal)
	return max(uint32(d.Short()), 1)
}

// RuleID is the beginning of a digest of the ID of a rule.
type RuleID [8]byte

func ruleID(id string) RuleID {
	sum := sha256.Sum256([]byte(id))
	return RuleID(sum[:8])
}
