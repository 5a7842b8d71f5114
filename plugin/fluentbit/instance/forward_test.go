package instance

import (
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// receive is a forward input at that path that acknowledges all messages. It returns
// their number.
func receive(t *testing.T, path string) *atomic.Int64 {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // ends the goroutines
	var n atomic.Int64
	serve := func(conn net.Conn) {
		in, out := msgpack.NewDecoder(conn), msgpack.NewEncoder(conn)
		for {
			message, err := in.DecodeSlice()
			if err != nil {
				return // closed
			}
			n.Add(1)
			if err := out.Encode(map[string]any{"ack": message[2].(map[string]any)["chunk"]}); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			go serve(conn)
		}
	}()
	return &n
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("there is still not: %s", what)
}

func (h *fakeHost) size(channel string) int {
	n, _ := h.registry.channel(channel).box.Size()
	return n
}

// Alerts are sent to forward_to without an input. Two outputs with the same settings
// share a connection, which is closed with the last one.
func TestForwardTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	got := receive(t, path)
	h := newHost(t)
	to := []string{"forward_to", "unix://" + path, "forward_shared_key", ""}
	one := h.mustOutput("detect.0", to...)
	two := h.mustOutput("detect.1", to...)
	flush(t, one, 1)
	flush(t, two, 2)
	waitFor(t, "two alerts delivered", func() bool { return h.size("default") == 0 })
	one.Close(false)
	flush(t, two, 3)
	two.Close(false) // delivers what is there
	if left := h.registry.Finish(h.write); len(left) != 0 || got.Load() < 1 {
		t.Errorf("%d alerts are left; there were %d messages", len(left), got.Load())
	}
	h.wantLog("forward_to=unix://" + path + " alert_tag=alert.{rule}")
	h.wantLog("forward_to unix://" + path + ": connected")
	h.wantLog("delivered=3 failed_attempts=0")
}

// Contradictory settings prevent the start.
func TestForwardConflicts(t *testing.T) {
	here, there := "unix://"+filepath.Join(t.TempDir(), "s"), "unix://"+filepath.Join(t.TempDir(), "s")
	for _, c := range []struct {
		name   string
		first  []string // of another output, nil for none
		input  bool     // there is one in the channel
		second []string
		want   string
	}{
		{"an input", nil, true, []string{"forward_to", here}, `forward_to: channel "default" has an [INPUT] with Name detect_alerts`},
		{"another receiver", []string{"forward_to", here}, false, []string{"forward_to", there}, "must be the same here"},
		{"another tag", []string{"forward_to", here}, false, []string{"forward_to", here, "alert_tag", "x"}, "must be the same here"},
		{"another key", []string{"forward_to", here, "forward_shared_key", "hunter2"}, false, []string{"forward_to", here, "forward_shared_key", "x-hunter2"},
			"must be the same here"},
		{"without", []string{"forward_to", here}, false, nil, `another output sends the alerts of channel "default" to ` + here},
		{"first without", []string{}, true, []string{"forward_to", here}, "which gets its alerts"},
		{"neither", nil, false, nil, "has no [INPUT] with Name detect_alerts and this channel, and forward_to is not set"},
		{"certificates", nil, false, []string{"forward_to", "tcp://localhost:1", "forward_tls", "on", "forward_tls_ca_file", here}, "forward_tls_ca_file: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			if c.input {
				h.mustInput("detect_alerts.0")
			}
			if c.first != nil {
				first := h.mustOutput("detect.0", c.first...)
				defer first.Close(false)
			}
			_, err := h.output("detect.1", c.second...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if strings.Contains(err.Error()+h.logged(), "hunter2") {
				t.Errorf("a secret is in the log: %v", err)
			}
			if c.first == nil || c.input {
				return
			}
			// After a reload this cannot be an error.
			h.registry.reloaded = true
			second, err := h.output("detect.1", c.second...)
			if err != nil {
				t.Fatal(err)
			}
			h.wantLog(c.want)
			second.Close(false)
		})
	}
	// Other channels do not matter.
	h := newHost(t)
	h.mustInput("detect_alerts.0")
	h.mustOutput("detect.0")
	a := h.mustOutput("detect.1", "channel", "a", "forward_to", here)
	b := h.mustOutput("detect.2", "channel", "b", "forward_to", there)
	a.Close(false)
	b.Close(false)
}

// A hot reload, and a restart with state_path, continue with undelivered alerts.
// Without state_path these are returned at the end.
func TestForwardUndelivered(t *testing.T) {
	for _, stored := range []bool{false, true} {
		dir := t.TempDir()
		path := filepath.Join(dir, "s")
		to := []string{"forward_to", "unix://" + path}
		if stored {
			to = append(to, "state_path", filepath.Join(dir, "state"))
		}
		h := newHost(t)
		out := h.mustOutput("detect.0", to...)
		flush(t, out, 1)
		waitFor(t, "a failure in the log", func() bool {
			return strings.Contains(h.logged(), "no such file or directory; alerts wait in the outbox")
		})
		out.Close(true)
		out = h.mustOutput("detect.0", to...)
		flush(t, out, 2)
		began := time.Now()
		out.Close(false)
		if d := time.Since(began); d > time.Second {
			t.Errorf("Close took %s while the receiver is away", d)
		}
		left := h.registry.Finish(h.write)
		if !stored {
			if len(left) != 2 {
				t.Errorf("%d alerts are handed back, want 2", len(left))
			}
			continue
		}
		h.wantLog("2 alerts wait in state_path")
		got := receive(t, path)
		h = newHost(t) // the next process
		out = h.mustOutput("detect.0", to...)
		waitFor(t, "both alerts delivered", func() bool { return h.size("default") == 0 })
		out.Close(true)
		out = h.mustOutput("detect.0", to...)
		flush(t, out, 3)
		waitFor(t, "the third alert delivered", func() bool { return h.size("default") == 0 })
		out.Close(false)
		if left := h.registry.Finish(h.write); len(left) != 0 || got.Load() < 2 {
			t.Errorf("%d alerts are left; there were %d messages", len(left), got.Load())
		}
	}
}
