package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// maxKeyText is how many bytes of a key are read.
const maxKeyText = 8191

// sshKey is what can be told from an SSH public key.
type sshKey struct {
	Type        []byte // "ssh-ed25519", from inside the key, not from the text before it
	Fingerprint []byte // OpenSSH's form, "SHA256:…", as sshd logs it at a login
}

// parseSSHKey reads a key in the format of authorized_keys, "type base64
// comment", and reports whether it was one. The text is the caller's: nothing but
// the decoded key counts. What it returns is in memory of the event.
func parseSSHKey(e *event.Event, text []byte) (sshKey, bool) {
	var room [1024]byte
	for word := range bytes.FieldsSeq(text[:min(len(text), maxKeyText)]) {
		if !bytes.HasPrefix(word, []byte("AAAA")) { // every key begins with the length of its type
			continue
		}
		blob := room[:]
		if n := base64.RawStdEncoding.DecodedLen(len(word)); n > len(blob) { // the larger of both encodings
			blob = make([]byte, n)
		}
		n, err := base64.StdEncoding.Decode(blob, word)
		if err != nil {
			if n, err = base64.RawStdEncoding.Decode(blob, word); err != nil {
				continue
			}
		}
		blob = blob[:n]
		if len(blob) < 4 {
			continue
		}
		size := binary.BigEndian.Uint32(blob)
		if size == 0 || size > 64 || int(size) > len(blob)-4 {
			continue
		}
		name := blob[4 : 4+size]
		if !isKeyType(name) {
			continue
		}
		sum := sha256.Sum256(blob)
		arena := e.Arena()
		begin := len(arena)
		arena = append(arena, name...)
		end := len(arena)
		arena = base64.RawStdEncoding.AppendEncode(append(arena, "SHA256:"...), sum[:])
		e.SetArena(arena)
		return sshKey{Type: arena[begin:end:end], Fingerprint: arena[end:]}, true
	}
	return sshKey{}, false
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
