package logger

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		log := Log(func(level Level, line string) { lines = append(lines, level.String()+" "+line) }).Limited()
		for range 1000 {
			log.Warnf("bad %d", 1)
		}
		if n := len(lines); n != 5 || lines[0] != "warning bad 1" {
			t.Errorf("%d lines: %q", n, lines)
		}
		time.Sleep(time.Minute)
		log.Errorf("bad")
		if last := lines[len(lines)-1]; last != "error bad; and 995 more since the last such message" {
			t.Errorf("the last line is %q", last)
		}
		time.Sleep(time.Minute)
		log.Infof("fine")
		if last := lines[len(lines)-1]; last != "info fine" {
			t.Errorf("the last line is %q", last)
		}
	})
}

func TestPrintable(t *testing.T) {
	f := func(text string, maxBytes int, want string) {
		t.Helper()
		if got := Printable(text, maxBytes); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	f("", 10, "")
	f("plain", 5, "plain")
	f("plain text", 5, "plain…")
	f("a\nb\x1b[31mc\xff", 100, "a?b?[31mc?")
	f("日本語", 9, "日本語")
	f("日本語", 8, "日本…")
	f(strings.Repeat("x", 300), 200, strings.Repeat("x", 200)+"…")
}

func TestCount(t *testing.T) {
	if Count(1, "rule") != "1 rule" || Count(0, "rule") != "0 rules" {
		t.Error(Count(1, "rule"), Count(0, "rule"))
	}
}
