package event

import (
	"bytes"
	"net/netip"
	"strings"
)

// Block is a block of IP addresses. As in Elasticsearch, all addresses have 16 bytes,
// with IPv4 mapped into IPv6: ::/0 contains all IPv4 addresses.
type Block struct{ first, last [16]byte }

// ParseBlock parses an address, which is a block of one, or a block in CIDR notation.
func ParseBlock(text string) (Block, bool) {
	address, _, isBlock := strings.Cut(text, "/")
	a, ok := ParseIP([]byte(address))
	if !ok {
		return Block{}, false
	}
	b := Block{a.As16(), a.As16()}
	if !isBlock {
		return b, true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return Block{}, false
	}
	bits := prefix.Bits()
	if a.Is4() {
		bits += 96
	}
	for i := range b.first {
		mask := byte(0xff)
		if left := bits - 8*i; left < 8 {
			mask <<= 8 - max(left, 0)
		}
		b.first[i] &= mask
		b.last[i] |= ^mask
	}
	return b, true
}

// Contains reports whether the address is in the block.
func (b *Block) Contains(a netip.Addr) bool {
	address := a.As16()
	return bytes.Compare(b.first[:], address[:]) <= 0 && bytes.Compare(address[:], b.last[:]) <= 0
}
