package match

import (
	"strings"
	"testing"
)

// Which indices patterns have, of names that may have stars themselves.
func TestIndices(t *testing.T) {
	for _, c := range []struct {
		patterns, names string
		want            bool
	}{
		{"logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", true},
		{"logs-aws.cloudtrail-default", "logs-aws.cloudtrail-*", true},
		{"logs-aws.cloudtrail-*", "logs-aws.cloudtrail-default", true},
		{"logs-aws.cloudtrail*", "logs-aws.cloudtrail-*", true},
		{"logs-aws*", "logs-aws.cloudtrail-*", true},
		{"logs-*", "logs-aws.cloudtrail-*", true},
		{"*", "logs-aws.cloudtrail-*", true},
		{"_all", "logs-aws.cloudtrail-*", true},
		{"*cloudtrail*", "logs-aws.cloudtrail-*", true},
		{"*-prod", "logs-aws.cloudtrail-*", true},
		{"*:logs-aws.*", "logs-aws.cloudtrail-*", true},
		{"west:logs-aws.*", "logs-aws.cloudtrail-*", true},
		{".ds-logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", true},
		{"logs-aws.cloudtrail-*::data", "logs-aws.cloudtrail-*", true},
		{"<logs-aws.cloudtrail-{now/d{yyyy.MM}}>", "logs-aws.cloudtrail-*", true},
		{"filebeat-*,logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", true},
		{"auditbeat-*, logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", true},

		{"", "logs-aws.cloudtrail-*", false},
		{"logs-aws.cloudtrail", "logs-aws.cloudtrail-*", false},
		{"logs-aws.s3access-*", "logs-aws.cloudtrail-*", false},
		{"logs-okta*", "logs-aws.cloudtrail-*", false},
		{"logs-aws.cloudtrail-dev", "logs-aws.cloudtrail-prod", false},
		{".alerts-*", "logs-aws.cloudtrail-*", false},
		{".alerts-security.*", "filebeat-*", false},
		{"metrics-*", "logs-aws.cloudtrail-*", false},
		{"logs-aws.cloudtrail-*::failures", "logs-aws.cloudtrail-*", false},

		// An exclusion takes out of what stands before it, and counts if it takes all.
		{"logs-*,-logs-aws.*", "logs-aws.cloudtrail-*", false},
		{"logs-*,-*", "logs-aws.cloudtrail-*", false},
		{"logs-*,-logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", false},
		{"logs-*,-logs-aws.cloudtrail-dev", "logs-aws.cloudtrail-*", true},
		{"logs-*,-logs-aws.cloudtrail-dev", "logs-aws.cloudtrail-dev", false},
		{"logs-*,-logs-okta.*", "logs-aws.cloudtrail-*", true},
		{"logs-*,-logs-aws.*,logs-aws.cloudtrail-*", "logs-aws.cloudtrail-*", true},
		{"-logs-aws.*,logs-*", "logs-aws.cloudtrail-*", true}, // there is nothing before it
		{"logs-*,-west:*", "logs-aws.cloudtrail-*", true},
	} {
		if got := parseIndices([]string{c.patterns}).meet(c.names); got != c.want {
			t.Errorf("%q has %q: %v", c.patterns, c.names, got)
		}
		if list := strings.Split(c.patterns, ","); parseIndices(list).meet(c.names) != c.want {
			t.Errorf("%q have %q: %v", list, c.names, !c.want)
		}
	}
}

// Two globs overlap if one of all short names fits both; overlap says so without names.
func TestOverlap(t *testing.T) {
	var globs, names []string
	letters := "ab*"
	for n := range 81 {
		s := string([]byte{letters[n%3], letters[n/3%3], letters[n/9%3], letters[n/27%3]})
		globs = append(globs, s, s[:2])
	}
	for n := range 1 << 6 {
		for size := range 7 {
			b := make([]byte, size)
			for i := range b {
				b[i] = "ab"[n>>i&1]
			}
			names = append(names, string(b))
		}
	}
	fits := map[string]map[string]bool{}
	for _, g := range globs {
		fits[g] = map[string]bool{}
		for _, name := range names {
			if covers(g, name) {
				fits[g][name] = true
			}
		}
	}
	for _, a := range globs {
		for _, b := range globs[:60] {
			want := false
			for name := range fits[a] {
				if want = fits[b][name]; want {
					break
				}
			}
			if got := overlap(a, b); got != want {
				t.Fatalf("%q and %q: %v", a, b, got)
			}
		}
	}
}

func FuzzIndices(f *testing.F) {
	f.Add("logs-*,-logs-aws.*", "logs-aws.cloudtrail-*")
	f.Add("<a-{now/d{yyyy}}>,*:b::data", "filebeat-*")
	f.Fuzz(func(t *testing.T, patterns, names string) {
		all := parseIndices([]string{patterns})
		if all.meet(names) && !all.meet("*") {
			t.Errorf("%q has %q and nothing at all", patterns, names)
		}
	})
}
