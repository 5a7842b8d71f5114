package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	f := func(n int64, want string) {
		t.Helper()
		if got := Bytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	f(0, "0 B")
	f(999, "999 B")
	f(1000, "1.0 kB")
	f(9949, "9.9 kB")
	f(9950, "10 kB")
	f(999_499, "999 kB")
	f(999_500, "1.0 MB")
	f(1_080_786_200, "1.1 GB")
	f(1<<62, "4.6 EB")
}

func TestCount(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(Count(0), "0")
	f(Count(999), "999")
	f(Count(1000), "1,000")
	f(Count(1_234_567), "1,234,567")
	f(Plural(1, "file"), "1 file")
	f(Plural(0, "file"), "0 files")
	f(Plural(uint64(12_000), "alert"), "12,000 alerts")
}

func TestRender(t *testing.T) {
	f := func(s State, after time.Duration, width int, want string) {
		t.Helper()
		if got := render(s, after, width); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	f(State{}, 0, 80, "0 B, 0 B/s")
	f(State{Done: 5_000_000, Note: "2 alerts"}, time.Second, 80, "5.0 MB, 5.0 MB/s, 2 alerts")
	f(State{Done: 5_000_000, Total: 20_000_000}, time.Second, 100, " 25% [=====               ] 5.0 MB of 20 MB, 5.0 MB/s, 4s left")
	f(State{Done: 20_000_000, Total: 20_000_000}, time.Second, 100, "100% [====================] 20 MB of 20 MB, 20 MB/s")
	f(State{Done: 30_000_000, Total: 20_000_000}, time.Second, 100, "100% [====================] 30 MB of 20 MB, 30 MB/s") // it grew
	f(State{Done: 5_000_000, Total: 20_000_000}, time.Second, 12, " 25% [===== ")
	f(State{Done: 5_000_000}, time.Second, -1, "")
}

// TestProgress: other output has its own line, and the bar is erased in the end.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out, width: func() int { return 60 }, state: func() State { return State{Done: 1, Total: 2} }, begin: time.Now()}
	p.draw()
	p.Aside(func() { out.WriteString("a line\n") })
	p.Aside(func() { out.WriteString("another\n") })
	p.draw()
	p.Stop()
	if got := screen(out.String()); got != "a line\nanother\n" {
		t.Errorf("the screen has %q", got)
	}
	if !strings.Contains(out.String(), " 50% [==========          ]") {
		t.Errorf("no bar in %q", out.String())
	}
}

// screen returns what a terminal shows after the text: a carriage return goes
// back to the beginning of the line, and ESC [ K clears the rest of it.
func screen(text string) string {
	var done, line string
	for text != "" {
		switch {
		case text[0] == '\n':
			done += line + "\n"
			line, text = "", text[1:]
		case strings.HasPrefix(text, "\r\x1b[K"):
			line, text = "", text[4:]
		case text[0] == '\r':
			line, text = "", text[1:] // whatever follows is as long, or is followed by ESC [ K
		case strings.HasPrefix(text, "\x1b[K"):
			text = text[3:]
		default:
			line += text[:1]
			text = text[1:]
		}
	}
	return done + line
}
