package forward

import (
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// guard is a receiver with a shared key and perhaps users, as the specification
// describes it.
type guard struct {
	key   string
	name  string
	users map[string]string
	bin   bool // nonce and salt are bin, as Fluentd sends them
}

func sum(parts ...string) string {
	return fmt.Sprintf("%x", sha512.Sum512([]byte(strings.Join(parts, ""))))
}

type ping struct {
	//lint:ignore U1000 the encoder reads it
	_msgpack                     struct{} `msgpack:",as_array"`
	Type, Hostname, Salt, Digest string
	Username, Password           string
}

// open does the handshake. It returns "" or why it rejects the client.
func (g *guard) open(s *session) (refusal string) {
	nonce, salt := "nonce\x00\xff6789012345", "salt\xff\x00auth"
	options := map[string]any{"nonce": nonce, "auth": salt, "keepalive": true}
	if g.bin {
		options["nonce"], options["auth"] = []byte(nonce), []byte(salt)
	}
	s.write([]any{"HELO", options})
	// Fluent Bit expects the whole PING from a single read.
	buf := make([]byte, 1023)
	n, err := s.conn.Read(buf)
	if err != nil {
		return "no PING"
	}
	var p ping
	if err := msgpack.Unmarshal(buf[:n], &p); err != nil || p.Type != "PING" {
		s.t.Errorf("PING: %+v, %v", p, err)
	}
	if p.Digest != sum(p.Salt, p.Hostname, nonce, g.key) {
		refusal = "shared_key mismatch"
	} else if g.users != nil && p.Password != sum(salt, p.Username, g.users[p.Username]) {
		refusal = "username/password mismatch"
	}
	if refusal != "" {
		s.write([]any{"PONG", false, refusal, "", ""})
		return refusal
	}
	if g.users == nil && p.Password != sum(salt, p.Username, "pw-hunter2") && p.Password != "" {
		s.t.Errorf("the password's digest is %q", p.Password)
	}
	s.write([]any{"PONG", true, "", g.name, sum(p.Salt, g.name, nonce, g.key)})
	return ""
}

func (g *guard) script(s *session) {
	if g.open(s) == "" {
		good(s)
	}
}

// Alerts are sent only to a receiver that proves that it has the shared key.
func TestHandshake(t *testing.T) {
	const key, password = "key-hunter2", "pw-hunter2"
	for _, c := range []struct {
		name     string
		config   Config
		receiver script
		failure  string // "" for none
	}{
		{"the same key", Config{SharedKey: key}, (&guard{key: key, name: "server"}).script, ""},
		{"the same key, of Fluentd", Config{SharedKey: key}, (&guard{key: key, name: "server", bin: true}).script, ""},
		{"a user", Config{SharedKey: key, Username: "u", Password: password},
			(&guard{key: key, name: "server", users: map[string]string{"u": password}}).script, ""},
		{"a user and no key", Config{Username: "u", Password: password},
			(&guard{name: "server", users: map[string]string{"u": password}}).script, ""},
		{"a user nobody asked for", Config{SharedKey: key, Username: "u", Password: password}, (&guard{key: key, name: "server"}).script, ""},
		{"another key", Config{SharedKey: "other-hunter2"}, (&guard{key: key, name: "server"}).script, `rejects the handshake: "shared_key mismatch"`},
		{"another key, of Fluent Bit", Config{SharedKey: key}, func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
			_, _ = s.conn.Read(make([]byte, 1023))
		}, "its shared key must be that of forward_shared_key"},
		{"another password", Config{SharedKey: key, Username: "u", Password: password},
			(&guard{key: key, name: "server", users: map[string]string{"u": "x"}}).script, `"username/password mismatch"`},
		{"a receiver without the key", Config{SharedKey: key}, func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
			_, _ = s.conn.Read(make([]byte, 1023))
			s.write([]any{"PONG", true, "", "server", sum("a guess")})
			good(s)
		}, "does not have the shared key"},
		{"a receiver that sends our proof back", Config{SharedKey: key}, func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
			buf := make([]byte, 1023)
			n, _ := s.conn.Read(buf)
			var p ping
			_ = msgpack.Unmarshal(buf[:n], &p)
			s.write([]any{"PONG", true, "", p.Hostname, p.Digest})
			good(s)
		}, `the receiver has the same hostname, "us"`},
		{"no HELO", Config{SharedKey: key}, good, "the receiver may have no shared key"},
		{"something else", Config{SharedKey: key}, func(s *session) { s.write(map[string]string{"ack": "x"}); s.wait() }, "sends a map instead of HELO"},
		{"HELO without a nonce", Config{SharedKey: key}, func(s *session) { s.write([]any{"HELO", map[string]int{"nonce": 1}}); s.wait() }, "HELO has no nonce"},
		{"HELO without options", Config{SharedKey: key}, func(s *session) { s.write([]any{"HELO"}); s.wait() }, "instead of HELO"},
		{"something instead of PONG", Config{SharedKey: key}, func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
			_, _ = s.conn.Read(make([]byte, 1023))
			s.write([]any{"PONG", "yes", "", "server", ""})
			s.wait()
		}, "instead of PONG"},
		{"a long reason", Config{SharedKey: key}, func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
			_, _ = s.conn.Read(make([]byte, 1023))
			s.write([]any{"PONG", false, strings.Repeat("\n", 5000), "", ""})
		}, `rejects the handshake: "` + strings.Repeat(`\n`, maxReason) + `"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 20
				r := newReceiver(t)
				for range 100 {
					r.scripts = append(r.scripts, c.receiver)
				}
				var l logbook
				b := outbox.New("test", 1<<20)
				put(t, b, alerts(0, n))
				c.config.Network, c.config.Address, c.config.Tag, c.config.Hostname = "tcp", "receiver:1", tagged, "us"
				s := start(c.config, b.Open(outbox.Filter{}), l.log(), r.dial)
				time.Sleep(time.Minute)
				if c.failure == "" {
					r.want(n, true)
				} else if got := r.count(); got > 0 {
					t.Errorf("%d alerts were sent to this receiver", got)
				}
				if log := l.all(); !strings.Contains(log, c.failure) || strings.Contains(log, "hunter2") {
					t.Errorf("the log does not say %q, or has a secret:\n%s", c.failure, log)
				}
				s.Close(false)
				if left, _ := b.Size(); c.failure != "" && left != n {
					t.Errorf("%d alerts are left, want all", left)
				}
				r.handlers.Wait()
			})
		})
	}
}
