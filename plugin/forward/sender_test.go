package forward

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// A receiver misbehaves on its first connections only: all alerts arrive, in order on
// each connection, and are removed from the outbox.
func TestMisbehaviour(t *testing.T) {
	never := func(s *session) { s.wait() }
	for _, c := range []struct {
		name    string
		scripts []script
		once    bool // nothing is sent twice
		log     string
	}{
		{"good", nil, true, "connected"},
		{"refuses", []script{nil, nil, nil}, true, "connection refused"},
		{"never reads", []script{func(*session) { time.Sleep(time.Minute) }}, true, "write: the receiver does not answer"},
		{"no ack", []script{never}, false, "no acknowledgement for 10s"},
		{"no ack after the second", []script{func(s *session) { acknowledge(s, 2); s.wait() }}, false, "no acknowledgement for 10s"},
		{"slow", []script{func(s *session) {
			for a, err := s.read(); err == nil; a, err = s.read() {
				time.Sleep(8 * time.Second)
				s.ack(a)
			}
		}}, true, "connected"},
		{"late ack", []script{func(s *session) {
			a, _ := s.read()
			time.Sleep(11 * time.Second)
			if s.ack(a) {
				s.t.Error("the sender still reads")
			}
		}}, false, "write: the receiver does not answer"},
		{"wrong ack", []script{func(s *session) {
			_, _ = s.read()
			s.ack(arrival{chunk: "another"})
			s.wait()
		}}, false, `the receiver acknowledges "another", which was not sent`},
		{"ack twice", []script{func(s *session) {
			a, _ := s.read()
			s.ack(a)
			s.ack(a)
			s.wait()
		}}, false, "which was not sent"},
		{"acks in another order", []script{func(s *session) {
			for {
				a, err := s.read()
				if err != nil {
					return
				}
				b, err := s.read()
				if err != nil {
					return
				}
				s.ack(b)
				s.ack(a)
			}
		}}, true, "connected"},
		{"a number as ack", []script{func(s *session) {
			_, _ = s.read()
			s.write(map[string]int{"ack": 7})
			s.wait()
		}}, false, "the receiver sends a map that is not an acknowledgement"},
		{"text in place of an ack", []script{func(s *session) {
			_, _ = s.read()
			s.write("ok")
			s.wait()
		}}, false, "the receiver sends a str that is not an acknowledgement"},
		{"no msgpack", []script{func(s *session) {
			_, _ = s.read()
			_, _ = s.conn.Write([]byte{0x92, 0x00, 0xc1})
			s.wait()
		}}, false, "the receiver sends invalid msgpack: msgpack broken at byte 2"},
		{"an endless value", []script{func(s *session) {
			_, _ = s.read()
			_, _ = s.conn.Write([]byte{0xdb, 0x7f, 0, 0, 0})
			for {
				if _, err := s.conn.Write(make([]byte, 1000)); err != nil {
					return
				}
			}
		}}, false, "the receiver sends a value of more than 65536 bytes"},
		{"wants a handshake", []script{func(s *session) {
			s.write([]any{"HELO", map[string]string{"nonce": "n", "auth": ""}})
		}}, true, "forward_shared_key must be set"},
		{"closes at once", []script{func(*session) {}, func(*session) {}}, true, ""},
		{"closes in the middle of a message", []script{func(s *session) { _, _ = s.conn.Read(make([]byte, 20)) }}, true, "the receiver closed the connection"},
		{"closes before the ack", []script{func(s *session) { _, _ = s.read() }}, false, "the receiver closed the connection"},
		{"closes after some acks", []script{
			func(s *session) { acknowledge(s, 1) },
			func(s *session) { acknowledge(s, 5); _, _ = s.read(); _, _ = s.read() },
			func(s *session) { acknowledge(s, 20); _, _ = s.conn.Read(make([]byte, 20)) },
		}, false, "the receiver closed the connection"},
		{"all of it", []script{
			nil, never, func(s *session) { acknowledge(s, 3) }, nil, func(s *session) { acknowledge(s, 1); s.wait() },
			func(s *session) { acknowledge(s, 1); s.ack(arrival{}); s.wait() },
		}, false, "no acknowledgement"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 200
				r := newReceiver(t, c.scripts...)
				var l logbook
				b := outbox.New("test", 1<<20)
				put(t, b, alerts(0, n/2))
				s := start(Config{Network: "tcp", Address: "receiver:24224", Tag: tagged}, b.Open(outbox.Filter{}), l.log(), r.dial)
				time.Sleep(time.Second)
				put(t, b, alerts(n/2, n/2))
				time.Sleep(30 * time.Minute)
				r.want(n, c.once)
				if left, _ := b.Size(); left > 0 {
					t.Errorf("%d alerts are not let go of", left)
				}
				if delivered, _ := s.Stats(); delivered != n {
					t.Errorf("%d alerts are counted as delivered, want %d", delivered, n)
				}
				if !strings.Contains(l.all(), c.log) {
					t.Errorf("the log does not say %q:\n%s", c.log, l.all())
				}
				began := time.Now()
				s.Close(true)
				if d := time.Since(began); d > 200*time.Millisecond {
					t.Errorf("Close took %s", d)
				}
				r.handlers.Wait()
			})
		})
	}
}

// Random misbehavior, while alerts are made.
func TestAnyMisbehaviour(t *testing.T) {
	runs := 100
	if testing.Short() {
		runs = 20
	}
	for seed := range runs {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 4))
			var scripts []script
			for range random.IntN(12) {
				if random.IntN(4) == 0 {
					scripts = append(scripts, nil)
					continue
				}
				first, then, pause := random.IntN(30), random.IntN(6), time.Duration(random.IntN(12))*time.Second
				scripts = append(scripts, func(s *session) {
					acknowledge(s, first)
					time.Sleep(pause)
					switch then {
					case 0:
						_, _ = s.read()
					case 1:
						_, _ = s.conn.Read(make([]byte, 1+first))
					case 2:
						s.wait()
					case 3:
						s.ack(arrival{chunk: "?"})
						s.wait()
					case 4:
						_, _ = s.conn.Write([]byte{0xc1})
					}
				})
			}
			r := newReceiver(t, scripts...)
			var l logbook
			b := outbox.New("test", 1<<20)
			s := start(Config{Tag: tagged}, b.Open(outbox.Filter{}), l.log(), r.dial)
			sent := 0
			for range 40 {
				n := 1 + random.IntN(60)
				put(t, b, alerts(sent, n))
				sent += n
				time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
			}
			time.Sleep(10 * time.Minute)
			r.want(sent, false)
			if left, _ := b.Size(); left > 0 {
				t.Errorf("%d alerts are not let go of", left)
			}
			s.Close(true)
			r.handlers.Wait()
			if t.Failed() {
				t.Fatalf("seed %d\n%s", seed, l.all())
			}
		})
	}
}

// While the receiver is down the delay grows up to half a minute, and few lines are
// logged.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, make([]script, 1000)...)
		var l logbook
		b := outbox.New("test", 1<<20)
		put(t, b, alerts(0, 1))
		s := start(Config{Tag: tagged}, b.Open(outbox.Filter{}), l.log(), r.dial)
		time.Sleep(time.Hour)
		s.Close(true)
		least := 200 * time.Millisecond
		for i := 1; i < len(r.dials)-1; i++ { // the last one is that of Close
			d := r.dials[i].Sub(r.dials[i-1])
			if d < min(least, 20*time.Second) || d > min(least*3/2, 30*time.Second) {
				t.Errorf("attempt %d came after %s, want from %s to half as much again", i, d, least)
			}
			least *= 2
			least = min(least, 20*time.Second)
		}
		if len(r.dials) < 60*2 {
			t.Errorf("%d attempts in an hour", len(r.dials))
		}
		if lines := strings.Count(l.all(), "\n") + 1; lines < 10 || lines > 14 {
			t.Errorf("%d lines in the log in an hour of failures:\n%s", lines, l.all())
		}
		if list := b.Undelivered(); len(list) != 1 {
			t.Errorf("%d alerts are in the outbox, want 1", len(list))
		}
	})
}

// A receiver that does not accept large messages gets smaller ones.
func TestSmallReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 2000
		small := func(s *session) {
			for {
				a, err := s.read()
				size := 0
				for _, e := range a.entries {
					size += len(fmt.Sprint(e.record["text"])) + 20
				}
				if err != nil || size > most || !s.ack(a) {
					return
				}
			}
		}
		r := newReceiver(t)
		for range 1000 {
			r.scripts = append(r.scripts, small)
		}
		var l logbook
		b := outbox.New("test", 10<<20)
		list := alerts(0, 1000)
		for i := range list {
			list[i].Rule, list[i].Severity = "one", 47
		}
		put(t, b, list)
		s := start(Config{Tag: tagged}, b.Open(outbox.Filter{}), l.log(), r.dial)
		time.Sleep(time.Hour)
		r.want(len(list), false)
		if left, _ := b.Size(); left > 0 {
			t.Errorf("%d alerts are not let go of", left)
		}
		s.Close(true)
		r.handlers.Wait()
	})
}

// Close ends in time, whatever the receiver does, and alerts that were not
// acknowledged are left for the next consumer.
func TestClose(t *testing.T) {
	half := func(s *session) { acknowledge(s, 5); s.wait() } // five messages are 12 alerts
	for _, c := range []struct {
		name   string
		config Config
		script script
		drain  bool
		most   time.Duration
		left   int
	}{
		{"good, drain", Config{}, good, true, 200 * time.Millisecond, 0},
		{"good", Config{}, good, false, 200 * time.Millisecond, 0},
		{"refused, drain", Config{}, nil, true, 0, 100},
		{"no ack, drain", Config{}, half, true, closeTimeout, 88},
		{"no ack", Config{}, half, false, closeTimeout, 88},
		{"no handshake", Config{SharedKey: "k"}, half, true, closeTimeout, 100},
		{"no reads", Config{}, func(*session) { time.Sleep(time.Minute) }, true, closeTimeout + closeTLSTimeout, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t)
				for range 100 {
					r.scripts = append(r.scripts, c.script)
				}
				var l logbook
				b := outbox.New("test", 1<<20)
				put(t, b, alerts(0, 100))
				c.config.Tag = tagged
				s := start(c.config, b.Open(outbox.Filter{}), l.log(), r.dial)
				time.Sleep(3 * time.Second)
				began := time.Now()
				s.Close(c.drain)
				if d := time.Since(began); d > c.most {
					t.Errorf("Close took %s, want at most %s", d, c.most)
				}
				list := b.Open(outbox.Filter{}).Take(1<<20, 0)
				if len(list) != c.left {
					t.Errorf("%d alerts are left, want %d", len(list), c.left)
				}
				for i, a := range list {
					if want := fmt.Sprint(100 - c.left + i); a.ID != want {
						t.Fatalf("alert %d of those that are left is %s, want %s", i, a.ID, want)
					}
				}
				r.handlers.Wait()
			})
		})
	}
}

// Alerts that are made just before the end are delivered.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		var l logbook
		b := outbox.New("test", 10<<20)
		s := start(Config{Tag: tagged}, b.Open(outbox.Filter{}), l.log(), r.dial)
		time.Sleep(time.Second)
		put(t, b, alerts(0, 10_000))
		s.Close(true)
		r.want(10_000, true)
		if left, _ := b.Size(); left > 0 {
			t.Errorf("%d alerts are not let go of", left)
		}
		s.Close(true) // again
		r.handlers.Wait()
	})
}

// A panic does not reach the host, and the sender continues.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		var l logbook
		b := outbox.New("test", 10<<20)
		log := l.log()
		first := true
		s := start(Config{Tag: tagged}, b.Open(outbox.Filter{}), func(level logger.Level, line string) {
			if first {
				first = false
				panic("forced by the test")
			}
			log(level, line)
		}, r.dial)
		put(t, b, alerts(0, 10))
		time.Sleep(time.Minute)
		r.want(10, true)
		if !strings.Contains(l.all(), "panic: forced by the test") {
			t.Errorf("the log does not tell of the panic:\n%s", l.all())
		}
		s.Close(true)
		r.handlers.Wait()
	})
}
