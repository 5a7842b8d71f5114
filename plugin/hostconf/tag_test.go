package hostconf

import "testing"

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		tag, pattern string
		want         bool
	}{
		{"cloudtrail", "cloudtrail", true},
		{"cloudtrail", "cloud", false},
		{"cloudtrail", "*", true},
		{"alert.ssh", "alert.*", true},
		{"alerts", "alert.*", false},
		{"a.b.c", "a.*.c", true},
		{"a.b.b.c", "*.b.c", true},
		{"a.b", "*.b.c", false},
		{"a", "a**", true},
	} {
		if got := matches(c.tag, c.pattern); got != c.want {
			t.Errorf("tag %q and pattern %q: %v", c.tag, c.pattern, got)
		}
	}
	for _, c := range []struct {
		tag, pattern string
		want         answer
	}{
		{"cloudtrail", "cloud", yes},
		{"cloudtrail", "trail", no},
		{"cloudtrail", ".*trail", yes},
		{"cloudtrail", "/^CLOUD/i", yes},
		{"cloudtrail", "/^CLOUD/", no},
		{"cloudtrail", "x*", no}, // Fluent Bit requires a match that is not empty
		{"cloudtrail", "(?<!a)cloud", maybe},
	} {
		if got := takes(&section{properties: []property{{name: "match_regex", text: c.pattern}}}, tag{c.tag, false}); got != c.want {
			t.Errorf("tag %q and regular expression %q: %v", c.tag, c.pattern, got)
		}
	}
	for _, c := range []struct {
		prefix, pattern string
		want            answer
	}{
		{"kube.", "*", yes},
		{"kube.", "kube.*", maybe},
		{"kube.", "kube.var.log", maybe},
		{"kube.", "aws.*", no},
	} {
		if got := takes(&section{properties: []property{{name: "match", text: c.pattern}}}, tag{c.prefix, true}); got != c.want {
			t.Errorf("a tag that begins with %q and pattern %q: %v", c.prefix, c.pattern, got)
		}
	}
}
