package cloudtrail

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// readKeys returns the types and the fingerprints in a text, joined, and whether it is
// unusual.
func readKeys(text string) (types, prints string, unusual bool) {
	k := sshKeys{event: new(event.Event)}
	k.add([]byte(text))
	all := k.types
	if all == nil {
		all = [][]byte{k.typ}
	}
	return string(bytes.Join(all, []byte(" "))), string(bytes.Join(k.prints, []byte(" "))), k.unusual
}

// blobOf returns a key of these parts, in base64.
func blobOf(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// The keys are those that sshd takes, however the text is written.
func TestSSHKeys(t *testing.T) {
	const (
		ed25519, rsa, ecdsa = "ssh-ed25519 " + keyEd25519, "ssh-rsa " + keyRSA, "ecdsa-sha2-nistp256 " + keyECDSA
		typeEd25519         = "ssh-ed25519"
	)
	blob := func(size uint32, name, rest string) string {
		return base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, size), name+rest...))
	}
	for _, c := range []struct {
		name, text, types, prints string
		unusual                   bool
	}{
		{"ed25519", ed25519 + " maria@laptop", typeEd25519, printEd25519, false},
		{"rsa", rsa, "ssh-rsa", printRSA, false},
		{"ecdsa", ecdsa + " c", "ecdsa-sha2-nistp256", printECDSA, false},
		{"a line end", ed25519 + "\n", typeEd25519, printEd25519, false},
		{"a line end of Windows", ed25519 + " a b\r\n", typeEd25519, printEd25519, false},
		{"a line end of Windows right behind the key", ed25519 + "\r\n", typeEd25519, printEd25519, false},
		{"a comment that looks like a key", ed25519 + " " + keyRSA, typeEd25519, printEd25519, false},
		{"a comment that is one", ed25519 + " " + rsa, typeEd25519, printEd25519, false},
		{"the name of a signature", "rsa-sha2-256 " + keyRSA, "ssh-rsa", printRSA, false},

		{"blanks before it", " \t" + ed25519, typeEd25519, printEd25519, true},
		{"lines around it", "\n\tssh-ed25519   " + keyEd25519 + "\r\n\r\n", typeEd25519, printEd25519, true},
		{"another key in a comment line", "# " + rsa + "\n" + ed25519, typeEd25519, printEd25519, true},
		{"another key in a comment line of Windows", "  #" + rsa + "\r\n" + ed25519 + "\r\n", typeEd25519, printEd25519, true},
		{"another key before it", keyRSA + " " + ed25519, typeEd25519, printEd25519, true},
		{"options before it", `command="a \" b",no-pty ssh-ed25519 ` + keyEd25519, typeEd25519, printEd25519, true},
		{"another key in the options", `environment="K=` + rsa + `"  ` + ed25519, typeEd25519, printEd25519, true},
		{"a quote that is never closed", `command="` + rsa + "\n" + ed25519, typeEd25519, printEd25519, true},
		{"another key behind a wrong type", "ssh-rsa " + keyEd25519 + "\n" + rsa, "ssh-rsa", printRSA, true},
		{"another key that is too small", "ssh-rsa " + blobOf("ssh-rsa", "\x01\x00\x01", strings.Repeat("\x7f", 127)) + "\n" + ed25519, typeEd25519, printEd25519, true},
		{"another key with something behind it", "ssh-ed25519 " + blobOf("ssh-ed25519", strings.Repeat("k", 32), "x") + "\n" + ed25519, typeEd25519, printEd25519, true},
		{"a point that is not on the curve", "ecdsa-sha2-nistp256 " + blobOf("ecdsa-sha2-nistp256", "nistp256", "\x04"+strings.Repeat("p", 64)) + "\n" + ed25519, typeEd25519, printEd25519, true},
		{"base64 with garbage", "ssh-rsa " + keyRSA + "!\n" + ed25519, typeEd25519, printEd25519, true},
		{"base64 with white space in it", "ssh-ed25519 " + keyEd25519[:20] + "\v\r\f" + keyEd25519[20:], typeEd25519, printEd25519, false},
		{"a NUL, where the line ends", "ssh-ed25519 " + keyEd25519 + "\x00\n" + "\x00" + rsa, typeEd25519, printEd25519, true},
		{"a line end of old Macs, which is none", ed25519 + " c\r" + rsa, typeEd25519, printEd25519, false},

		{"several", ed25519 + " a\n" + rsa + "\n" + ed25519 + " again\n" + ecdsa, typeEd25519 + " ssh-rsa ecdsa-sha2-nistp256", printEd25519 + " " + printRSA + " " + printECDSA, true},
		{"for security keys", "sk-ssh-ed25519@openssh.com " + blobOf("sk-ssh-ed25519@openssh.com", strings.Repeat("k", 32), "ssh:"),
			"sk-ssh-ed25519@openssh.com", "SHA256:ZE5TabYjtY2XJ0X0n3sXJoaZOaALYBjvz7uVX3qLELg", false},

		// sshd takes none of these. Whoever does takes what is in them.
		{"no type before it", keyEd25519, typeEd25519, printEd25519, true},
		{"base64 without padding", "ecdsa-sha2-nistp256 " + strings.TrimRight(keyECDSA, "="), "ecdsa-sha2-nistp256", printECDSA, true},
		{"another type before it", "ssh-rsa " + keyEd25519, typeEd25519, printEd25519, true},
		{"in a comment line", "# " + ed25519, typeEd25519, printEd25519, true},
		{"SSH2's form", "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"2048-bit RSA: \\\n AAAA\"\n" + keyRSA[:70] + "\r\n" + keyRSA[70:140] + "\n" + keyRSA[140:] + "\n---- END SSH2 PUBLIC KEY ----\n", "ssh-rsa", printRSA, true},

		{"nothing", "", "", "", false},
		{"a type alone", "ssh-ed25519", "", "", true},
		{"no base64", "ssh-ed25519 AAAA!!!!", "", "", true},
		{"too short", "ssh-ed25519 AAAA", "", "", true},
		{"a length beyond its end", "x " + blob(12, "ssh-ed25519", ""), "", "", true},
		{"a huge length", "x " + blob(1<<31, "ssh-ed25519", "rest"), "", "", true},
		{"no name", "x " + blob(0, "", "rest"), "", "", true},
		{"a long name", "x " + blobOf(strings.Repeat("a", 65), "rest"), "", "", true},
		{"control characters in the name", "x " + blobOf("a\nb", "rest"), "", "", true},
		{"a certificate", "ssh-ed25519-cert-v01@openssh.com " + blobOf("ssh-ed25519-cert-v01@openssh.com", "rest"), "", "", true},
		{"a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", "", "", true},
	} {
		types, prints, unusual := readKeys(c.text)
		if types != c.types || prints != c.prints || unusual != c.unusual {
			t.Errorf("%s: %q %q unusual %v, want %q %q %v", c.name, types, prints, unusual, c.types, c.prints, c.unusual)
		}
	}
}

// ssh-keygen reads files of keys as sshd does: of whatever pieces a text is put
// together, the keys are the same.
func TestSSHKeysAgreeWithOpenSSH(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("not tested: that the keys are those that OpenSSH reads: ssh-keygen is not on PATH")
	}
	pieces := []string{
		"ssh-ed25519 " + keyEd25519, "ssh-rsa " + keyRSA, "ecdsa-sha2-nistp256 " + keyECDSA, keyEd25519, "ssh-rsa", "ssh-ed25519 ",
		"rsa-sha2-512 " + keyRSA, "ssh-ed25519 " + keyRSA, "ssh-ed25519 " + keyEd25519[:30] + "\v" + keyEd25519[30:],
		"ssh-ed25519 " + keyEd25519[:60], "ssh-ed25519 " + keyEd25519 + "AAAA", "ecdsa-sha2-nistp256 " + keyECDSA[:139],
		" ", "\t", "#", "# ", "\n", "\n", "\r\n", "\n\n", "\r", `no-pty `, `command="x y" `, `command="x \" y",no-pty `, `"`, `\"`, "comment", "x ", "==", "-",
	}
	r := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "keys")
	for range 40 {
		var text string
		for range 1 + r.IntN(8) {
			text += pieces[r.IntN(len(pieces))]
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(keygen, "-lf", path).Output() // fails if there is no key
		var want []string
		for line := range strings.Lines(string(out)) {
			print := strings.Fields(line)[1]
			if !slices.Contains(want, print) {
				want = append(want, print)
			}
		}
		k := sshKeys{event: new(event.Event)}
		k.addLines([]byte(text))
		if got := string(bytes.Join(k.prints, []byte(" "))); got != strings.Join(want, " ") {
			t.Errorf("%q: %s, and ssh-keygen prints %s", text, got, want)
		}
	}
}

// However many there are, a bounded number is named.
func TestManySSHKeys(t *testing.T) {
	k := sshKeys{event: new(event.Event)}
	for i := range 2 * maxKeys {
		k.add([]byte("ssh-ed25519 " + blobOf("ssh-ed25519", fmt.Sprintf("%32d", i))))
	}
	if len(k.prints) != maxKeys || !k.more {
		t.Errorf("%d keys, more %v", len(k.prints), k.more)
	}
}
