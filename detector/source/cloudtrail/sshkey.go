package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// maxKeys is how many keys of one event are named.
const maxKeys = 64

// sshKeys collects the keys of an event, each once, in memory of the event. The texts
// are the caller's: nothing but decoded keys counts.
type sshKeys struct {
	event  *event.Event
	prints [][]byte // fingerprints in OpenSSH's form, "SHA256:…", as sshd logs them at a login
	typ    []byte   // of the first key: "ssh-ed25519", from inside it, not from the text before it
	types  [][]byte // of all keys, if there are several
	more   bool     // there were more than maxKeys
	// unusual: a text is not a type, a key of that type and perhaps a comment, on one
	// line.
	unusual bool
}

// add adds the keys that sshd would take if the text were in an authorized_keys file:
// those of lines that are not comments, behind their options. If it would take none,
// everything in the text that is a key is added: a service that is not sshd may read it
// otherwise.
func (k *sshKeys) add(text []byte) {
	if !k.addLines(text) {
		k.addAny(text)
	}
}

// addLines adds the keys that sshd would take, and reports whether there is one.
func (k *sshKeys) addLines(text []byte) (found bool) {
	lines := 0
	for rest := text; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		lines++
		if end := bytes.IndexByte(line, 0); end >= 0 { // to sshd, it ends there
			line, k.unusual = line[:end], true
		}
		start := bytes.TrimLeft(line, " \t")
		if len(start) == 0 || start[0] == '#' {
			k.unusual = true
			continue
		}
		blob, ok := k.keyOfLine(start)
		if !ok {
			var behind []byte
			if behind, ok = skipOptions(start); ok {
				blob, ok = k.keyOfLine(behind)
			}
			k.unusual = true
		}
		k.unusual = k.unusual || len(start) < len(line)
		if ok {
			found = true
			k.addBlob(blob)
		}
	}
	k.unusual = k.unusual || lines > 1
	return found
}

// keyOfLine returns the decoded key at the beginning of a line, "type base64 comment".
func (k *sshKeys) keyOfLine(line []byte) (blob []byte, ok bool) {
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		return nil, false
	}
	inside, ok := keyTypes[string(line[:end])]
	if !ok {
		return nil, false
	}
	word := bytes.TrimLeft(line[end:], " \t")
	if end := bytes.IndexAny(word, " \t"); end >= 0 {
		word = word[:end]
	}
	if blob, ok = k.decode(word, strict); !ok {
		return nil, false
	}
	name, ok := readKeyBlob(blob)
	return blob, ok && string(name) == inside
}

// skipOptions returns what is behind the options at the beginning of a line: they end
// at a blank that is not in quotes. It returns false if a quote is never closed.
func skipOptions(line []byte) (rest []byte, ok bool) {
	quoted := false
	i := 0
	for ; i < len(line) && (quoted || line[i] != ' ' && line[i] != '\t'); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line) && line[i+1] == '"':
			i++
		case line[i] == '"':
			quoted = !quoted
		}
	}
	return bytes.TrimLeft(line[i:], " \t"), !quoted
}

// addAny adds every word of the text that is a key, of whatever type, and the key of a
// file in SSH2's form (RFC 4716).
func (k *sshKeys) addAny(text []byte) {
	for word := range bytes.FieldsSeq(text) {
		k.addWord(word)
	}
	_, body, ok := bytes.Cut(text, []byte("---- BEGIN SSH2 PUBLIC KEY ----"))
	if !ok {
		return
	}
	body, _, _ = bytes.Cut(body, []byte("---- END"))
	var word []byte
	continued := false // of a header, which ends in a backslash
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		line = bytes.TrimSpace(line)
		isHeader := continued || bytes.IndexByte(line, ':') >= 0
		continued = isHeader && bytes.HasSuffix(line, []byte(`\`))
		if !isHeader {
			word = append(word, line...)
		}
	}
	k.addWord(word)
}

func (k *sshKeys) addWord(word []byte) {
	if !bytes.HasPrefix(word, []byte("AAAA")) { // every key begins with the length of its type
		return
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		if blob, ok := k.decode(word, encoding); ok && isKeyBlob(blob) {
			k.addBlob(blob)
			return
		}
	}
}

// strict is base64 as OpenSSH reads it.
var strict = base64.StdEncoding.Strict()

// decode decodes a word, into memory that is valid until the next key. White space in
// it does not count, as for OpenSSH.
func (k *sshKeys) decode(word []byte, encoding *base64.Encoding) (blob []byte, ok bool) {
	if bytes.ContainsAny(word, "\v\f") { // others are skipped by the decoder
		word = bytes.Map(func(r rune) rune {
			if r == '\v' || r == '\f' {
				return -1
			}
			return r
		}, word)
	}
	arena := slices.Grow(k.event.Arena(), encoding.DecodedLen(len(word)))
	k.event.SetArena(arena) // with the room for the key behind it
	blob = arena[len(arena):cap(arena)]
	n, err := encoding.Decode(blob, word)
	return blob[:n], err == nil
}

// addBlob adds a decoded key, unless it is there already. What it keeps takes the place
// of the decoded key.
func (k *sshKeys) addBlob(blob []byte) {
	name, _, _ := cutString(blob)
	sum := sha256.Sum256(blob)
	arena := k.event.Arena()
	begin := len(arena)
	arena = append(arena, name...)
	end := len(arena)
	arena = base64.RawStdEncoding.AppendEncode(append(arena, "SHA256:"...), sum[:])
	typ, fingerprint := arena[begin:end:end], arena[end:]
	if slices.ContainsFunc(k.prints, func(other []byte) bool { return bytes.Equal(other, fingerprint) }) {
		return
	}
	switch len(k.prints) {
	case maxKeys:
		k.more = true
		return
	case 0:
		k.typ = typ
	case 1:
		k.types = [][]byte{k.typ, typ}
	default:
		k.types = append(k.types, typ)
	}
	k.event.SetArena(arena)
	k.prints = append(k.prints, fingerprint)
}
