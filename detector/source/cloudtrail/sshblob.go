package cloudtrail

import (
	"bytes"
	"crypto/ecdh"
	"encoding/binary"
	"math/bits"
)

// keyTypes are the types of keys that sshd knows by the names that may stand before a
// key, with the name that is inside it. Certificates are not among them: as a line of
// authorized_keys, none lets anybody in.
var keyTypes = map[string]string{
	"ssh-rsa":             "ssh-rsa",
	"rsa-sha2-256":        "ssh-rsa",
	"rsa-sha2-512":        "ssh-rsa",
	"ssh-dss":             "ssh-dss",
	"ssh-ed25519":         "ssh-ed25519",
	"ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",

	"sk-ssh-ed25519@openssh.com":         "sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256@openssh.com": "sk-ecdsa-sha2-nistp256@openssh.com",
}

// Bits of an RSA key that OpenSSH takes.
const (
	minRSABits = 1024
	maxRSABits = 16384
)

// readKeyBlob returns the type of a decoded key, and whether it is one that sshd can
// read: of a type that it knows, with all its parts, valid, and nothing behind them.
func readKeyBlob(blob []byte) (name []byte, ok bool) {
	name, rest, ok := cutString(blob)
	if !ok {
		return nil, false
	}
	p := keyParts{rest: rest, ok: true}
	switch string(name) {
	case "ssh-rsa":
		p.number()
		n := p.number()
		p.check(n >= minRSABits && n <= maxRSABits)
	case "ssh-dss":
		for range 4 {
			p.number()
		}
	case "ssh-ed25519":
		p.check(len(p.string()) == 32)
	case "sk-ssh-ed25519@openssh.com":
		p.check(len(p.string()) == 32)
		p.string() // the application
	case "ecdsa-sha2-nistp256":
		p.point("nistp256", ecdh.P256())
	case "ecdsa-sha2-nistp384":
		p.point("nistp384", ecdh.P384())
	case "ecdsa-sha2-nistp521":
		p.point("nistp521", ecdh.P521())
	case "sk-ecdsa-sha2-nistp256@openssh.com":
		p.point("nistp256", ecdh.P256())
		p.string()
	default:
		return name, false
	}
	return name, p.ok && len(p.rest) == 0
}

// keyParts reads the parts of a key one after the other. ok is false once one of them
// is not as it must be.
type keyParts struct {
	rest []byte
	ok   bool
}

func (p *keyParts) check(ok bool) { p.ok = p.ok && ok }

func (p *keyParts) string() []byte {
	s, rest, ok := cutString(p.rest)
	p.check(ok)
	p.rest = rest
	return s
}

// number reads a number that is not negative and returns how many bits it has.
func (p *keyParts) number() int {
	n := p.string()
	p.check(len(n) == 0 || n[0] < 0x80)
	n = bytes.TrimLeft(n, "\x00")
	if len(n) == 0 {
		return 0
	}
	return 8*(len(n)-1) + bits.Len8(n[0])
}

// point reads the name of a curve and a point on it.
func (p *keyParts) point(name string, curve ecdh.Curve) {
	p.check(string(p.string()) == name)
	_, err := curve.NewPublicKey(bytes.Clone(p.string()))
	p.check(err == nil)
}

// isKeyBlob reports whether a decoded text is the name of a type of keys, also of one
// that nobody knows yet, followed by texts to its end. A certificate is none: its
// fingerprint is not that of its text.
func isKeyBlob(blob []byte) bool {
	name, rest, ok := cutString(blob)
	if !ok || len(name) == 0 || len(name) > 64 || !isKeyType(name) || bytes.Contains(name, []byte("-cert-")) || len(rest) == 0 {
		return false
	}
	for len(rest) > 0 {
		if _, rest, ok = cutString(rest); !ok {
			return false
		}
	}
	return true
}

// isKeyType reports whether the name has only the characters of RFC 4251's
// algorithm names.
func isKeyType(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c > '~' || c == ',' {
			return false
		}
	}
	return true
}

// cutString returns the text at the beginning of b, which follows its length in four
// bytes, and what is behind it.
func cutString(b []byte) (s, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}
