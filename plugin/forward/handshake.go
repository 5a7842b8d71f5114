package forward

import (
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// handshake answers the receiver's HELO. After it each side knows that the other
// has the shared key.
func (c *Config) handshake(r *reader, w io.Writer) error {
	nonce, auth, err := readHelo(r)
	if err != nil {
		return err
	}
	salt := newSalt()
	// In one piece: Fluent Bit expects it from a single read.
	if _, err := w.Write(c.ping(salt, nonce, auth)); err != nil {
		return err
	}
	pong, err := r.next()
	if err == io.EOF {
		return errors.New("the receiver closed the connection during the handshake: its shared key must be that of forward_shared_key")
	}
	if err != nil {
		return err
	}
	return c.checkPong(pong, salt, nonce)
}

// readHelo reads ["HELO", {"nonce": …, "auth": …, "keepalive": …}].
func readHelo(r *reader) (nonce, auth string, err error) {
	v, err := r.next()
	if err != nil {
		return "", "", err
	}
	helo, ok := elements(v, 2)
	if !ok || string(helo[0].Bytes()) != "HELO" || helo[1].Kind() != msgpack.Map {
		return "", "", fmt.Errorf("the receiver sends a %s instead of HELO", v.Kind())
	}
	salt := member(helo[1], "nonce")
	if !salt.IsText() {
		return "", "", errors.New("the receiver's HELO has no nonce")
	}
	return string(salt.Bytes()), string(member(helo[1], "auth").Bytes()), nil
}

// newSalt returns 128 random bits as text: receivers treat it as a string.
func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// digest returns the SHA-512 of the concatenated parts in hexadecimal digits. With
// it both sides prove what they know.
func digest(parts ...string) string {
	h := sha512.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p) // never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ping returns ["PING", hostname, salt, digest of the shared key, username, digest
// of the password].
func (c *Config) ping(salt, nonce, auth string) []byte {
	password := ""
	if c.Username != "" {
		password = digest(auth, c.Username, c.Password)
	}
	dst := msgpack.AppendArrayHeader(nil, 6)
	for _, text := range []string{"PING", c.Hostname, salt, digest(salt, c.Hostname, nonce, c.SharedKey), c.Username, password} {
		dst = msgpack.AppendString(dst, text)
	}
	return dst
}

// maxReason is the maximum size of the receiver's reason in a message.
const maxReason = 200

// checkPong checks ["PONG", accepted, reason, hostname, digest of the shared
// key].
func (c *Config) checkPong(v msgpack.Value, salt, nonce string) error {
	pong, ok := elements(v, 5)
	if !ok || string(pong[0].Bytes()) != "PONG" || pong[1].Kind() != msgpack.Bool {
		return fmt.Errorf("the receiver sends a %s instead of PONG", v.Kind())
	}
	if !pong[1].Bool() {
		reason := pong[2].Bytes()
		return fmt.Errorf("the receiver rejects the handshake: %q", reason[:min(len(reason), maxReason)])
	}
	hostname := string(pong[3].Bytes())
	if hostname == c.Hostname {
		// A receiver that sends our own digest back has the same name as well.
		return fmt.Errorf("the receiver has the same hostname, %q: set a different forward_self_hostname on one side", hostname)
	}
	want := digest(salt, hostname, nonce, c.SharedKey)
	if subtle.ConstantTimeCompare(pong[4].Bytes(), []byte(want)) == 0 {
		return errors.New("the receiver does not have the shared key that forward_shared_key has")
	}
	return nil
}
