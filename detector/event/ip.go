package event

import (
	"net/netip"
	"unsafe"
)

// ParseIP reads an IPv4 or IPv6 address without a zone, as Elasticsearch's ip
// fields take it. Host names are ruled out without allocating.
func ParseIP(b []byte) (netip.Addr, bool) {
	if len(b) < 2 || len(b) > 45 { // "::" and an IPv4-mapped address in full
		return netip.Addr{}, false
	}
	letter, colon := false, false
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9' || c == '.':
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			letter = true
		case c == ':':
			colon = true
		default:
			return netip.Addr{}, false
		}
	}
	if letter && !colon {
		return netip.Addr{}, false
	}
	// The string is a view that ends with this call: ParseAddr keeps nothing
	// of it but the zone, for which there is no byte.
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	return a, err == nil
}
