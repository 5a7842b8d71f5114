package sidecar

import "net/netip"

// clientKey is what bounds on clients count by: an IPv4 address, or the network of 64 bits
// of an IPv6 address, of which one client may have any number. The zero value is for
// addresses that cannot be parsed.
type clientKey struct{ netip.Prefix }

// clientOf returns the key of a client with that address and port.
func clientOf(remote string) clientKey {
	address, err := netip.ParseAddrPort(remote)
	if err != nil {
		return clientKey{}
	}
	ip, bits := address.Addr().Unmap().WithZone(""), 64
	if ip.Is4() {
		bits = 32
	}
	prefix, _ := ip.Prefix(bits) // the number of bits is right
	return clientKey{prefix}
}

// share returns how much of a total one client may have, so that something is left for
// the others.
func share(total int) int { return total - total/4 }
