package cloudtrail

import (
	"net/netip"
	"unsafe"
)

// ParseIP reads an IPv4 or IPv6 address without a zone, as Elasticsearch's ip
// fields take it.
func ParseIP(b []byte) (netip.Addr, bool) {
	if len(b) < 2 || len(b) > 45 { // "::" and an IPv4-mapped address in full
		return netip.Addr{}, false
	}
	// The string is a view that ends with this call: ParseAddr keeps nothing
	// of it but the zone, and an address with a zone is refused.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a, true
}
