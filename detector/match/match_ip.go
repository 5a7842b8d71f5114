package match

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Elasticsearch keeps all addresses in 16 bytes, those of IPv4 mapped into IPv6,
// and compares them so: ::/0 has all addresses of IPv4 in it.

// block matches an address from the first to the last of a block.
type block struct{ first, last [16]byte }

// parseBlock reads an address, which is a block of its own, or a block in CIDR
// form.
func parseBlock(text string) (block, bool) {
	address, _, isBlock := strings.Cut(text, "/")
	a, ok := event.ParseIP([]byte(address))
	if !ok {
		return block{}, false
	}
	if !isBlock {
		return block{a.As16(), a.As16()}, true
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return block{}, false
	}
	b := block{a.As16(), a.As16()}
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

func (m block) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	if !ok {
		return false
	}
	b := a.As16()
	return bytes.Compare(m.first[:], b[:]) <= 0 && bytes.Compare(b[:], m.last[:]) <= 0
}

// addressOrder matches addresses on one side of another.
type addressOrder struct {
	op      query.Op
	address [16]byte
}

func (m addressOrder) match(v msgpack.Value) bool {
	a, ok := event.ParseIP(v.Bytes())
	if !ok {
		return false
	}
	b := a.As16()
	return in(m.op, bytes.Compare(b[:], m.address[:]))
}
