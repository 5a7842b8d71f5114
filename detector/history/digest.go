package history

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// secret is the key of digests, and the numbers that follow from it.
type secret struct {
	key  [16]byte
	mask [maskWords]uint64
}

// maskWords is how many words of a text are hashed with masks of their own; longer texts
// are hashed in pieces.
const maskWords = 64

func newSecret() *secret {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it cannot fail
	return secretOf(key)
}

func secretOf(key [16]byte) *secret {
	s := &secret{key: key}
	for i := 0; i < maskWords; i += 4 {
		b := sha256.Sum256(binary.BigEndian.AppendUint32(key[:], uint32(i)))
		for n := range 4 {
			s.mask[i+n] = binary.LittleEndian.Uint64(b[8*n:])
		}
	}
	return s
}

func (s *secret) append(dst []byte) []byte { return append(dst, s.key[:]...) }

// sum returns the digest of a text of that kind. It is never 0.
//
// It is the inner product of the hash function NH: the products of pairs of words, to each
// of which a secret number is added, are added up to 128 bits. So two texts of the same
// length have the same sum with a probability of about 2⁻⁶⁴ whatever they are, as long as
// whoever chooses them knows neither the secret nor the sums.
func (s *secret) sum(kind uint64, text []byte) uint64 {
	for len(text) > 8*maskWords {
		kind = s.sum(kind, text[:8*maskWords])
		text = text[8*maskWords:]
	}
	n := uint64(len(text))
	var high, low uint64
	mask := &s.mask
	i := 0
	for ; len(text) > 16; i = (i + 2) & (maskWords - 2) {
		h, l := bits.Mul64(binary.LittleEndian.Uint64(text)+mask[i], binary.LittleEndian.Uint64(text[8:])+mask[i+1])
		var carry uint64
		low, carry = bits.Add64(low, l, 0)
		high += h + carry
		text = text[16:]
	}
	var a, b uint64
	switch { // the two words may overlap: the length tells
	case len(text) >= 8:
		a, b = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[len(text)-8:])
	case len(text) >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[len(text)-4:]))
	case len(text) > 0:
		a, b = uint64(text[0])|uint64(text[len(text)/2])<<8, uint64(text[len(text)-1])
	}
	h, l := bits.Mul64(a+mask[i], b+mask[i+1])
	low, carry := bits.Add64(low, l, 0)
	return s.mix(kind+n<<32, high+h+carry, low)
}

// mix returns the digest of two digests. It is never 0.
func (s *secret) mix(kind, a, b uint64) uint64 {
	h, l := bits.Mul64(a^s.mask[0], b^s.mask[1])
	h, l = bits.Mul64(h^l^s.mask[2], kind*0x9e3779b97f4a7c15^s.mask[3]|1)
	return max(h^l, 1)
}
