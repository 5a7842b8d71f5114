package cloudtrail

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// Keys that ssh-keygen made, with the fingerprints that it printed.
const (
	keyEd25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIPEZ86klqS5O/seeCGjxikIeAJCgcbEXWMUOHCepgXAa"
	keyRSA     = "AAAAB3NzaC1yc2EAAAADAQABAAABAQDERsU4/k/e13sY5t2in2mfNRiFrPtPbTO+FwW3CZVGzX7HUgRAoDTzRkQXkXgI3NzoEMLnloauvpbosXGFclqtj3QPXoQx/0zK6fGA58/1+IsJu+Z2wWCwz5km0FaW6N0braRGw1G1ubIlVo7835hxuVuwvDr4HIG+XC8Gt+Axu44Glou7X6ySJtoL+lUoRXpyEh8zOP0rcLjWq8M+nHktX8OY3+gGMveb7u5UhyOpWU8LTOodMsEQ/r7fIa2TS1ki2CbHGlgKis2JvtYizYm7cYc/LFdn3Ax45K306V7FJ4CYt/4e9rYTa9qX32TCtAhwnaCRzdxMAtR1ew8erTGb"
	keyECDSA   = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBADM0YpLolHsUR+n4YIKEC7mEXApq3U8uiohjHmdzypPSqM6cg9uCm6/LU+vmBZhI7jMdatIt4Uk9tOep6a93PQ="

	printEd25519 = "SHA256:xDGoKZ0Bq53jb7HoSfaWvgceZHP5kGq74dHyDijOddQ"
	printRSA     = "SHA256:h8ynHMWZi2CB2h8mq/phyrFJldnCxuZ+pnQvdNe/pxM"
	printECDSA   = "SHA256:Q6EKWuwtg3oQn788X8h1sgNZI9yg9jaQ+lTixnIPrBc"
)

func TestParseSSHKey(t *testing.T) {
	blob := func(size uint32, name, rest string) string {
		return base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, size), name+rest...))
	}
	for _, c := range []struct{ name, text, typ, fingerprint string }{
		{"ed25519", "ssh-ed25519 " + keyEd25519 + " maria@laptop", "ssh-ed25519", printEd25519},
		{"rsa", "ssh-rsa " + keyRSA, "ssh-rsa", printRSA},
		{"ecdsa", "ecdsa-sha2-nistp256 " + keyECDSA + " c", "ecdsa-sha2-nistp256", printECDSA},
		{"line ends and blanks", "\n\tssh-ed25519   " + keyEd25519 + "\r\n", "ssh-ed25519", printEd25519},
		{"no type before it", keyEd25519, "ssh-ed25519", printEd25519},
		{"options before it", `command="x",no-pty ssh-ed25519 ` + keyEd25519, "ssh-ed25519", printEd25519},
		{"base64 without padding", "ecdsa-sha2-nistp256 " + strings.TrimRight(keyECDSA, "="), "ecdsa-sha2-nistp256", printECDSA},
		{"the type that is in the key, not the one before it", "ssh-rsa " + keyEd25519, "ssh-ed25519", printEd25519},
		{"a comment that looks like a key", "ssh-ed25519 " + keyEd25519 + " " + keyRSA, "ssh-ed25519", printEd25519},

		{"nothing", "", "", ""},
		{"a type alone", "ssh-ed25519", "", ""},
		{"no base64", "ssh-ed25519 AAAA!!!!", "", ""},
		{"too short", "ssh-ed25519 AAAA", "", ""},
		{"a length beyond its end", "x " + blob(12, "ssh-ed25519", ""), "", ""},
		{"a huge length", "x " + blob(1<<31, "ssh-ed25519", "rest"), "", ""},
		{"no name", "x " + blob(0, "", "rest"), "", ""},
		{"a long name", "x " + blob(65, strings.Repeat("a", 65), "rest"), "", ""},
		{"control characters in the name", "x " + blob(3, "a\nb", "rest"), "", ""},
		{"a certificate authority's private key", "-----BEGIN OPENSSH PRIVATE KEY-----", "", ""},
	} {
		got, ok := parseSSHKey(new(event.Event), []byte(c.text))
		if ok != (c.typ != "") || string(got.Type) != c.typ || string(got.Fingerprint) != c.fingerprint {
			t.Errorf("%s: %v %s %s, want %q %q", c.name, ok, got.Type, got.Fingerprint, c.typ, c.fingerprint)
		}
	}
}
