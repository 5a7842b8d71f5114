package rule

import (
	"strings"
	"testing"
	"time"
)

func TestParseInterval(t *testing.T) {
	f := func(text string, want time.Duration) {
		t.Helper()
		got, err := ParseInterval(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	f("30s", 30*time.Second)
	f("5m", 5*time.Minute)
	f("24h", 24*time.Hour)
	f("7d", 7*24*time.Hour)
	f("3650d", 3650*24*time.Hour)
	for _, bad := range []string{"", "5", "m", "0m", "-5m", "+5m", " 5m", "5 m", "5M", "5w", "1h30m", "1.5h", "3651d", "9223372036854775807s", "99999999999999999999s"} {
		f(bad, 0)
	}
}

func TestSeverity(t *testing.T) {
	for i, word := range Severities {
		s, ok := ParseSeverity(word)
		if !ok || s.String() != word || s != []Severity{21, 47, 73, 99}[i] {
			t.Errorf("%s: %d, %v", word, s, ok)
		}
	}
	for _, word := range []string{"", "Low", "info", "critical "} {
		if s, ok := ParseSeverity(word); ok {
			t.Errorf("%q: %d", word, s)
		}
	}
	if Severity(50).String() != "" {
		t.Error("50 has a word")
	}
}

func TestSlug(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := (&Rule{Name: name, ID: "The ID"}).Slug(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	f("AWS EC2 Instance Connect SSH Public Key Uploaded", "aws-ec2-instance-connect-ssh-public-key-uploaded")
	f("  (Deprecated)  a_b.C/d  ", "deprecated-a-b-c-d")
	f("Größe 7", "gr-e-7")
	f("鍵", "the-id")
	f("", "the-id")
}

func TestErrorsAreCounted(t *testing.T) {
	var all Errors
	for i := range 103 {
		all = append(all, &Error{Path: "f", Line: 103 - i, Column: 1, Message: "m"})
	}
	lines := strings.Split(all.Err().Error(), "\n")
	if len(lines) != 101 || lines[0] != "f:1:1: m" || lines[100] != "and 3 more" {
		t.Errorf("%d lines, %q … %q", len(lines), lines[0], lines[len(lines)-1])
	}
	if len(all.Unwrap()) != 103 || Errors(nil).Err() != nil {
		t.Error("not all are there")
	}
}
