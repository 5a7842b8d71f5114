package program

import (
	"net/netip"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// addresses matches an IP address of one block. A single address is a block of
// its own.
type addresses struct{ block netip.Prefix }

// newAddresses reads an address or a block in CIDR form.
func newAddresses(text string) (addresses, bool) {
	if block, err := netip.ParsePrefix(text); err == nil {
		return addresses{block.Masked()}, true
	}
	a, ok := cloudtrail.ParseIP([]byte(text))
	if !ok {
		return addresses{}, false
	}
	a = a.Unmap()
	return addresses{netip.PrefixFrom(a, a.BitLen())}, true
}

func (m addresses) match(v record.Value) bool {
	a, ok := cloudtrail.ParseIP(v.Bytes())
	return ok && m.block.Contains(a.Unmap())
}
