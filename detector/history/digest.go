package history

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// secret is the key of digests.
type secret [2]uint64

func newSecret() (s secret) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it cannot fail
	return secretOf(b[:])
}

func secretOf(b []byte) secret {
	return secret{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

func (s secret) append(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, s[0]), s[1])
}

// sum returns the digest of a text of that kind: SipHash-1-3 with the secret. It is never
// 0.
func (s secret) sum(kind uint64, text []byte) uint64 {
	v0, v1, v2, v3 := s[0]^0x736f6d6570736575, s[1]^0x646f72616e646f6d, s[0]^0x6c7967656e657261, s[1]^0x7465646279746573
	round := func() {
		v0 += v1
		v2 += v3
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v1
		v0 += v3
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 = bits.RotateLeft64(v2, 32)
	}
	last := uint64(len(text)) << 56
	v3 ^= kind
	round()
	v0 ^= kind
	for len(text) >= 8 {
		m := binary.LittleEndian.Uint64(text)
		v3 ^= m
		round()
		v0 ^= m
		text = text[8:]
	}
	for i, b := range text {
		last |= uint64(b) << (8 * i)
	}
	v3 ^= last
	round()
	v0 ^= last
	v2 ^= 0xff
	round()
	round()
	round()
	return max(v0^v1^v2^v3, 1)
}

// mix returns the digest of two digests.
func (s secret) mix(kind, a, b uint64) uint64 {
	x := (a ^ s[0]) * 0x9e3779b97f4a7c15
	x = bits.RotateLeft64(x, 29) ^ b ^ kind<<56
	x *= 0xbf58476d1ce4e5b9
	x ^= x>>31 ^ s[1]
	x *= 0x94d049bb133111eb
	return max(x^x>>29, 1)
}
