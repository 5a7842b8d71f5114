package match

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Elasticsearch stores all addresses in 16 bytes, with IPv4 mapped into IPv6, and
// compares these: ::/0 contains all IPv4 addresses.

// ipBlock matches the addresses from first to last.
type ipBlock struct{ first, last [16]byte }

// parseIPBlock parses an address, which is a block of one, or a block in CIDR
// notation.
func parseIPBlock(text string) (ipBlock, bool) {
	address, _, isBlock := strings.Cut(text, "/")
	a, ok := event.ParseIP([]byte(address))
	if !ok {
		return ipBlock{}, false
	}
	if !isBlock {
		return ipBlock{a.As16(), a.As16()}, true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return ipBlock{}, false
	}
	b := ipBlock{a.As16(), a.As16()}
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

func (m ipBlock) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	if !ok {
		return false
	}
	b := a.As16()
	return bytes.Compare(m.first[:], b[:]) <= 0 && bytes.Compare(b[:], m.last[:]) <= 0
}

// ipOrder matches addresses by order.
type ipOrder struct {
	op      query.Op
	address [16]byte
}

func (m ipOrder) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	if !ok {
		return false
	}
	b := a.As16()
	return satisfies(m.op, bytes.Compare(b[:], m.address[:]))
}
