package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// receiver is a destination in memory.
type receiver struct {
	ctx     context.Context // of the attempt
	send    func(ids []string) (accepted int, err error)
	check   func() error
	encoded map[string]int // how often, by alert
	got     []string       // that were accepted
	sent    [][]string
	closed  int
}

func (r *receiver) String() string { return "test" }

func (r *receiver) AppendAlert(dst []byte, a *outbox.Alert) []byte {
	begins()
	r.encoded[a.ID]++
	return fmt.Appendf(dst, "%s\n", a.ID)
}

func (r *receiver) Send(ctx context.Context, b Batch) (int, error) {
	r.ctx = ctx
	begins()
	ids := strings.Fields(string(b.All()))
	for i, a := range b.Alerts {
		if string(b.Encoded(i, i+1)) != a.ID+"\n" {
			return 0, fmt.Errorf("alert %s is encoded as %q", a.ID, b.Encoded(i, i+1))
		}
	}
	r.sent = append(r.sent, ids)
	n, err := len(ids), error(nil)
	if r.send != nil {
		n, err = r.send(ids)
	}
	r.got = append(r.got, ids[:n]...)
	return n, err
}

func (r *receiver) Check(context.Context) error {
	begins()
	if r.check != nil {
		return r.check()
	}
	return nil
}

func (r *receiver) Close() { r.closed++ }

// bench is a sender in a synctest bubble.
type bench struct {
	*Sender
	receiver *receiver
	box      *outbox.Box
	log      []string
	rejected []string
}

func run(t *testing.T, r *receiver, alerts int, use func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r.encoded = map[string]int{}
		b := &bench{receiver: r, box: outbox.New("test", 64<<20)}
		consumer := b.box.Open(outbox.Filter{})
		var list []outbox.Alert
		for i := range alerts {
			list = append(list, outbox.Alert{ID: fmt.Sprint(i), Rule: "r", Severity: 47, Record: make([]byte, 100)})
		}
		if _, err := b.box.Put(list); err != nil {
			t.Fatal(err)
		}
		b.Sender = Start(r, consumer, Options{
			Log: func(level logger.Level, line string) {
				begins()
				b.log = append(b.log, level.String()+" "+line)
			},
			Rejected:     func(reason string, encoded []byte) { b.rejected = append(b.rejected, reason+" "+string(encoded)) },
			Closed:       func(err error) { b.log = append(b.log, "closed "+err.Error()) },
			CloseTimeout: 2 * time.Second,
		})
		use(b)
		begins()
		b.Close(true)
		if r.closed == 0 {
			t.Error("the destination was not closed")
		}
	})
}

func (b *bench) left() int {
	n, _ := b.box.Size()
	return n
}

func ids(from, to int) (list []string) {
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

// However often the destination fails, an alert is encoded once.
func TestEncodedOnce(t *testing.T) {
	failures := 20
	r := &receiver{send: func(ids []string) (int, error) {
		if failures--; failures >= 0 {
			return 0, errors.New("away")
		}
		return len(ids), nil
	}}
	run(t, r, 1000, func(b *bench) {
		pass(time.Hour)
		if !slices.Equal(r.got, ids(0, 1000)) || b.left() != 0 {
			t.Errorf("%d alerts were accepted, %d are left", len(r.got), b.left())
		}
		for id, n := range r.encoded {
			if n != 1 {
				t.Errorf("alert %s was encoded %d times", id, n)
			}
		}
		if delivered, failed := b.Stats(); delivered != 1000 || failed != 20 {
			t.Errorf("delivered %d, failed %d", delivered, failed)
		}
		if len(b.log) < 2 || b.log[0] != "warning test: away; alerts wait in the outbox" || !strings.HasPrefix(b.log[len(b.log)-1], "info test: delivers again after ") {
			t.Errorf("log: %q", b.log)
		}
	})
}

// A batch of which only a part is accepted continues with the rest.
func TestPartAccepted(t *testing.T) {
	r := &receiver{send: func(ids []string) (int, error) {
		if len(ids) > 3 {
			return 3, errors.New("enough")
		}
		return len(ids), nil
	}}
	run(t, r, 10, func(b *bench) {
		pass(time.Minute)
		if !slices.Equal(r.got, ids(0, 10)) || b.left() != 0 {
			t.Errorf("accepted %q, %d are left", r.got, b.left())
		}
	})
}

// A batch that is rejected is halved until the one alert is found that the
// receiver does not accept. It is not waited for.
func TestRejected(t *testing.T) {
	r := &receiver{send: func(ids []string) (int, error) {
		if slices.Contains(ids, "37") {
			return 0, fmt.Errorf("wrapped: %w", &RejectedError{"bad"})
		}
		return len(ids), nil
	}}
	run(t, r, 100, func(b *bench) {
		pass(time.Millisecond)
		if !slices.Equal(r.got, slices.DeleteFunc(ids(0, 100), func(id string) bool { return id == "37" })) || b.left() != 0 {
			t.Errorf("accepted %q, %d are left", r.got, b.left())
		}
		if !slices.Equal(b.rejected, []string{"bad 37\n"}) {
			t.Errorf("rejected %q", b.rejected)
		}
	})
}

// After a failure less is sent at once, in case it was too much.
func TestSmallerBatches(t *testing.T) {
	r := &receiver{send: func(ids []string) (int, error) {
		if len(ids) > 5 {
			return 0, errors.New("too much")
		}
		return len(ids), nil
	}}
	run(t, r, 100, func(b *bench) {
		pass(10 * time.Minute)
		if !slices.Equal(r.got, ids(0, 100)) {
			t.Errorf("accepted %q", r.got)
		}
	})
}

func TestClosed(t *testing.T) {
	r := &receiver{send: func([]string) (int, error) { return 0, &ClosedError{errors.New("no reader")} }}
	run(t, r, 3, func(b *bench) {
		pass(time.Minute)
		if len(r.sent) != 1 || !slices.Equal(b.log, []string{"closed no reader"}) || b.left() != 3 {
			t.Errorf("%d attempts, log %q, %d are left", len(r.sent), b.log, b.left())
		}
	})
}

// The destination is checked at the start and while there is nothing to send.
func TestCheck(t *testing.T) {
	checks := 0
	r := &receiver{check: func() error {
		if checks++; checks <= 3 {
			return errors.New("refused")
		}
		return nil
	}}
	run(t, r, 0, func(b *bench) {
		pass(time.Minute)
		if checks < 100 || len(b.log) != 2 || b.log[0] != "warning test: refused; alerts wait in the outbox" || !strings.HasPrefix(b.log[1], "info test: connected after ") {
			t.Errorf("%d checks, log %q", checks, b.log)
		}
	})
}

func TestPanic(t *testing.T) {
	first := true
	r := &receiver{send: func(ids []string) (int, error) {
		if first {
			first = false
			panic("forced by the test")
		}
		return len(ids), nil
	}}
	run(t, r, 5, func(b *bench) {
		pass(time.Minute)
		if !slices.Equal(r.got, ids(0, 5)) || len(b.log) == 0 || !strings.Contains(b.log[0], "panic: forced by the test") {
			t.Errorf("accepted %q, log %q", r.got, b.log)
		}
	})
}

// pass lets time pass until the sender waits again.
func pass(d time.Duration) {
	begins()
	time.Sleep(d)
	synctest.Wait()
}

var order sync.Mutex

// begins tells the race detector that what a test did before it lets time pass happens
// before what the sender does then.
func begins() {
	order.Lock()
	defer order.Unlock()
}

// An alert that the receiver fails to accept again and again keeps no other waiting, and
// is sent again until it is accepted. Every other alert arrives once.
func TestIsolated(t *testing.T) {
	for _, c := range []struct {
		name     string
		alerts   int
		bad      []string
		answer   error
		within   time.Duration // until all others are delivered
		rejected int
	}{
		{"one of a thousand", 1000, []string{"370"}, &FailedError{errors.New("500")}, 5 * time.Second, 0},
		{"the first", 1000, []string{"0"}, &FailedError{errors.New("500")}, 5 * time.Second, 0},
		{"the last", 1000, []string{"999"}, &FailedError{errors.New("500")}, 5 * time.Second, 0},
		{"neighbours", 1000, []string{"41", "42", "43"}, &FailedError{errors.New("500")}, 10 * time.Second, 0},
		{"wrapped", 10, []string{"3"}, fmt.Errorf("x: %w", &FailedError{errors.New("500")}), 5 * time.Second, 0},
		{"with one that is rejected", 1000, []string{"17", "900"}, &FailedError{errors.New("500")}, 10 * time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			recovered := false
			r := &receiver{send: func(ids []string) (int, error) {
				if c.rejected > 0 && slices.Contains(ids, "400") {
					return 0, &RejectedError{"bad"}
				}
				if !recovered && slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(c.bad, id) }) {
					return 0, c.answer
				}
				return len(ids), nil
			}}
			run(t, r, c.alerts, func(b *bench) {
				pass(c.within)
				want := c.alerts - len(c.bad) - c.rejected
				if len(r.got) != want || b.left() != len(c.bad) || b.Isolated() != len(c.bad) || len(b.rejected) != c.rejected {
					t.Errorf("%d accepted, want %d; %d left, %d isolated, %d rejected", len(r.got), want, b.left(), b.Isolated(), len(b.rejected))
				}
				before := len(r.sent)
				pass(time.Hour)
				if n := len(r.sent) - before; n < 50*len(c.bad) || n > 400*len(c.bad) {
					t.Errorf("%d attempts in an hour with %d alerts", n, len(c.bad))
				}
				if _, err := b.box.Put([]outbox.Alert{{ID: "new", Rule: "r", Record: make([]byte, 9)}}); err != nil {
					t.Fatal(err)
				}
				if pass(time.Second); !slices.Contains(r.got, "new") {
					t.Error("a new alert waits for those that are isolated")
				}
				recovered = true
				pass(time.Minute)
				if b.left() != 0 || b.Isolated() != 0 {
					t.Errorf("%d are left, %d isolated", b.left(), b.Isolated())
				}
				slices.Sort(r.got)
				if n := len(slices.Compact(r.got)); n != c.alerts+1-c.rejected || n != len(r.got) {
					t.Errorf("%d different alerts of %d accepted", n, len(r.got))
				}
			})
		})
	}
}

// An alert to which the receiver gives no answer keeps the others waiting for one long
// attempt and some brief ones. A receiver that is slow with all alerts gets them all.
func TestNoAnswer(t *testing.T) {
	const timeout = 60 * time.Second
	for _, c := range []struct {
		name   string
		answer func(id string) time.Duration // how long it takes, at most timeout
		within time.Duration
		left   int
	}{
		{"one of a thousand", func(id string) time.Duration {
			if id == "370" {
				return timeout
			}
			return time.Millisecond
		}, timeout + 150*time.Second, 1},
		{"slow after an outage", func(string) time.Duration { return 25 * time.Second }, time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := true
			r := &receiver{}
			r.send = func(ids []string) (int, error) {
				wait := time.Duration(0)
				for _, id := range ids {
					wait = max(wait, c.answer(id))
				}
				if c.left == 0 && first {
					wait = timeout
				}
				first = false
				select {
				case <-r.ctx.Done():
					return 0, &FailedError{r.ctx.Err()}
				case <-time.After(wait):
				}
				if wait == timeout {
					return 0, &FailedError{errors.New("no answer")}
				}
				return len(ids), nil
			}
			run(t, r, 1000, func(b *bench) {
				if pass(c.within); len(r.got) != 1000-c.left || b.left() != c.left {
					t.Errorf("%d accepted, %d left, want %d", len(r.got), b.left(), c.left)
				}
			})
		})
	}
}

// In an outage in which the receiver answers there are few attempts, and nothing is lost
// or repeated.
func TestOutageWithAnswers(t *testing.T) {
	down := true
	r := &receiver{send: func(ids []string) (int, error) {
		if down {
			return 0, &FailedError{errors.New("503\x1b[31m")}
		}
		return len(ids), nil
	}}
	run(t, r, 500, func(b *bench) {
		pass(time.Hour)
		if n := len(r.sent); n > 400 {
			t.Errorf("%d attempts in an hour", n)
		}
		if len(b.log) > 20 || strings.Contains(strings.Join(b.log, ""), "\x1b") {
			t.Errorf("log: %q", b.log)
		}
		down = false
		pass(time.Minute)
		slices.Sort(r.got)
		if n := len(slices.Compact(r.got)); n != 500 || len(r.got) != 500 || b.left() != 0 {
			t.Errorf("%d accepted, %d different, %d left", len(r.got), n, b.left())
		}
	})
}
