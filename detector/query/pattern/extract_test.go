package pattern

import (
	"strings"
	"testing"
)

// Parts of texts that patterns of DISSECT and GROK find, joined by commas; "-" if a
// pattern does not fit.
func TestExtract(t *testing.T) {
	f := func(x Extractor, err error, text, want string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, name := range x.Names() {
			parts, _ := x.Find(nil, name, []byte(text), nil)
			values := "-"
			if len(parts) > 0 {
				values = ""
				for i, p := range parts {
					if i > 0 {
						values += "+"
					}
					values += string(p)
				}
			}
			found = append(found, name+"="+values)
		}
		if got := strings.Join(found, ","); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	dissect := func(pattern, text, want string) {
		t.Helper()
		d, err := NewDissect(pattern, "-")
		f(d, err, text, want)
	}
	dissect("%{a} %{b}", "x y z", "a=x,b=y z")
	dissect("%{a} %{b}", "xyz", "a=-,b=-")
	dissect("<%{a}>", "<x>y", "a=x")
	dissect("<%{a}>", "x<y>", "a=-")
	dissect("%{a},%{b},%{c}", "x,,z", "a=x,b=,c=z")
	dissect("%{a},%{b},%{c}", "x,y", "a=-,b=-,c=-")
	dissect("%{a->},%{b}", "x,,,y", "a=x,b=y")
	dissect("%{?k}=%{v};%{}=%{w}", "p=q;r=s", "v=q,w=s")
	dissect("%{+n/2} %{+n/1} %{z}", "x y w", "n=y-x,z=w")
	dissect("%{+n} %{+n}", "x y", "n=x-y")
	dissect("%{a}", "", "a=-")

	grok := func(pattern, text, want string) {
		t.Helper()
		g, err := NewGrok(pattern)
		f(g, err, text, want)
	}
	grok(`%{WORD:verb} %{NOTSPACE:path}`, "- GET /x?y=1 z", "verb=GET,path=/x?y=1")
	grok(`(?<a.b>[0-9]+)`, "x12y3", "a.b=12")
	grok(`(?<a>x)|(?<a>y)|(?<b>z)`, "wyz", "a=y,b=-")
	grok(`%{IP:ip}:%{POSINT:port:int}`, "at 192.0.2.7:443", "ip=192.0.2.7,port=443")
	grok(`a\%\{%{DATA:x}\}`, "a%{b}}", "x=b")
	grok(`%{GREEDYDATA:all}`, "two\nlines", "all=two\nlines")
	grok(`%{TIMESTAMP_ISO8601:t} %{LOGLEVEL:l}`, "2026-03-02T10:00:00.5Z WARN x", "t=2026-03-02T10:00:00.5Z,l=WARN")
	grok(`%{URI:u} %{UUID:i}`, "see https://a.example:8443/b?c=d 00000000-0000-4000-8000-000000000001", "u=https://a.example:8443/b?c=d,i=00000000-0000-4000-8000-000000000001")
}

// All patterns of GROK can be used.
func TestGrokPatterns(t *testing.T) {
	for name := range grokPatterns {
		if _, err := NewGrok("%{" + name + ":x}"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A regular expression without a certain literal is not tried on a text that has none of
// those of its alternatives.
func TestOneOf(t *testing.T) {
	for expression, texts := range map[string]map[string]bool{
		`.*(alpha|bravo \d|(?:x|y)).*`:   {"only alpha": true, "z": false, "why": true, "brvo": false},
		`(?i)(alpha|bravo)`:              {"ALPHA": true, "charlie": false},
		`(a|b*)c?`:                       {"z": true}, // nothing is needed
		`(alpha|bravo)charlie(echo|[0])`: {"charli": false, "charlie": true},
	} {
		re, err := NewRegexp(expression)
		if err != nil {
			t.Fatal(err)
		}
		for text, may := range texts {
			if got := re.MayMatch([]byte(text)); got != may {
				t.Errorf("%s, %s: may match is %v", expression, text, got)
			}
		}
	}
}
