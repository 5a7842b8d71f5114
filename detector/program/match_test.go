package program

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/kql"
)

// What a condition means for each type of field.
func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		types    string // "field=type field=type"
		document string
		holds    []string
		not      []string
	}{
		{"", `{"a":"Foo Bar","n":22,"f":1.5,"b":true,"e":"","z":null,"l":["x","y"],"o":{"p":"q"}}`, []string{
			`a: "Foo Bar"`, `a: Foo Bar`, `a: Foo*`, `a: *Bar`, `a: *o*B*`, `a: **`, `a: *`, `n: 22`, `n: "22"`, `n: 22.0`, `n: 2.2e1`,
			`f: 1.5`, `f > 1`, `n >= 22 and n <= 22`, `b: true`, `b: "true"`, `b >= false`, `b > false`, `e: ""`, `e: *`, `not z: *`, `not m: *`, `not m: x`,
			`l: x`, `l: (x and y)`, `l: (z or y)`, `l > x`, `o.p: q`, `o: *`, `*: *`, `*`, ``, `a >= "Foo"`, `a < "G"`,
			`x*: y or a: *`, `o.*: q`, `*.p: q`, `*: q`, `q`, `"q"`, `22`, `null: q`, `l: (x or not y)`, `not (l: q)`,
		}, []string{
			`a: "foo bar"`, `a: Foo`, `a: *oo`, `a: "Foo*"`, `n: 23`, `n > 22`, `b: false`, `b < false`, `z: *`, `m: *`, `m: x`, `m > 1`,
			`l: q`, `l: (x and z)`, `o: q`, `o: "{\"p\":\"q\"}"`, `a > "G"`, `not a: *`, `o.*: x`, `Q`, `b*: false`,
		}},
		// Numbers and truths in a keyword field are the texts that JSON has.
		{"k=keyword", `{"k":[22,true,1.5]}`, []string{`k: 22`, `k: true`, `k: "1.5"`, `k: 2*`, `k: tr*`}, []string{`k: 22.0`, `k: TRUE`}},
		{"k=keyword", `{"k":"a\nb c"}`, []string{"k: a*c", `k: "a\nb c"`}, []string{`k: b*`, `k: "a b c"`}},
		{"i=ip", `{"i":["10.1.2.3","::1"]}`, []string{
			`i: 10.1.2.3`, `i: 10.0.0.0/8`, `i: "10.1.0.0/16"`, `i: "0:0:0:0:0:0:0:1"`, `i > 10.0.0.0`, `i >= 10.1.2.3`, `i < "::2"`, `i: "::ffff:10.1.2.3"`,
		}, []string{`i: 11.0.0.0/8`, `i: 10.1.2.4`, `i < "::1"`, `i: "::2"`}},
		{"i=ip", `{"i":"not an address"}`, []string{`i: *`}, []string{`i: 10.0.0.0/8`, `i >= 0.0.0.0`}},
		{"d=date", `{"d":"2026-03-02T09:30:15.250Z"}`, []string{
			`d: "2026-03-02"`, `d: "2026-03-02T09:30:15.250Z"`, `d: "2026-03-02T09"`, `d: "2026-03-02T10:30:15.25+01:00"`, `d > "2026-03-01"`,
			`d >= "2026-03-02"`, `d <= "2026-03-02"`, `d < "2026-03-03"`, `d: 1772443815250`, `d >= 2026`, `d > "2026-03-02T09:29"`, `d <= "2026-03-02T09:30"`,
		}, []string{`d: "2026-03-01"`, `d: 2026`, `d: "2026-03"`, `d > "2026-03-02"`, `d < "2026-03-02"`, `d: "2026-03-02T09:31"`}},
		{"d=date", `{"d":1772443815250}`, []string{`d: "2026-03-02"`}, []string{`d: "2026-03-03"`}},
		{"m=text", `{"m":"The quick, brown Fox's e-mail: fox@example.com 3.14"}`, []string{
			`m: QUICK`, `m: slow quick`, `m: "brown fox's"`, `m: qui*`, `m: *ick bla*`, `m: example.com`, `m: mail`, `m: 3.14`, `m: *`, `m: "e mail fox"`,
		}, []string{`m: slow`, `m: "fox brown"`, `m: quick*fox`, `m: example`, `m: ""`, `m: "quick fox"`}},
		{"p=flattened", `{"p":{"k":"v","n":22,"t":true,"l":[{"c":"x"},{"c":["y",null]}],"o":{"i":"j"}}}`, []string{
			`p.k: v`, `p.n: 22`, `p.n: "22"`, `p.t: true`, `p.l.c: x`, `p.l.c: y`, `p.k: *`, `p: *`, `p: v`, `p: j`, `p.o.i: *`, `p.l.c: (x and y)`, `p.k: v*`, `p: *2`,
		}, []string{`p.o: *`, `p.o: j`, `p.k: V`, `p.n: 22.0`, `p.x: *`, `p: k`, `p.l: x`}},
		{"d=nested", `{"d":[{"a":"x","n":1},{"a":"y","n":5}]}`, []string{
			`d: { a: x and n: 1 }`, `d: { n > 3 }`, `d: { not a: x }`, `d: { a: x } and d: { n: 5 }`, `not d: { a: z }`, `d: { a* : y }`, `d: { *: * }`,
		}, []string{`d: { a: x and n: 5 }`, `d.a: x`, `d: *`, `d: x`, `d: { x }`, `d: { * }`, `e: { a: x }`, `not d: { a: x }`}},
		// The same field, written apart or with dots, is one field with all values.
		{"", `{"a":{"b":"1x"},"a.b":"2x","a.b.c":3,"l":[{"m":"p"},{"m":"q"},[{"m":"r"}]]}`, []string{
			`a.b: 1x`, `a.b: 2x`, `a.b: (1x and 2x)`, `l.m: (p and q and r)`, `not l.m: s`,
		}, []string{`l.m: s`, `l: p`}},
	} {
		types := map[string]string{}
		for _, pair := range strings.Fields(c.types) {
			name, typ, _ := strings.Cut(pair, "=")
			types[name] = typ
		}
		for want, queries := range map[bool][]string{true: c.holds, false: c.not} {
			for _, query := range queries {
				got, err := verdict(query, c.document, types)
				if err != nil {
					t.Errorf("%s\n%v", c.document, err)
				} else if got != want {
					t.Errorf("%s\n%s is %v", c.document, query, got)
				}
			}
		}
	}
}

// What Elasticsearch refuses is refused, with its place.
func TestRefused(t *testing.T) {
	const document = `{"n":5,"f":1.5,"b":true,"o":{"p":"q"},"k":"x"}`
	types := map[string]string{"i": "ip", "d": "date", "p": "flattened", "m": "text"}
	for query, want := range map[string]string{
		`n: abc`:                    `1:4: n is a number, and "abc" is none`,
		`k: x or n: 1*`:             `1:12: n is of type long, which knows no wildcards`,
		`n > abc`:                   `1:5: n is a number, and "abc" is none`,
		`f: 1_5`:                    `1:4: f is a number, and "1_5" is none`,
		`f: 0x10`:                   `1:4: f is a number, and "0x10" is none`,
		`n: NaN`:                    `1:4: n is a number, and "NaN" is none`,
		`b: yes`:                    `1:4: b is a boolean: allowed are true and false`,
		`not b: TRUE`:               `1:8: b is a boolean: allowed are true and false`,
		`b > 1`:                     `1:5: b is a boolean: allowed are true and false`,
		`b: t*`:                     `1:4: b is of type boolean, which knows no wildcards`,
		`i: internal`:               `1:4: i is an IP address: allowed are an address such as 10.1.2.3 or ::1 and a block such as 10.0.0.0/8`,
		`i: 10.*`:                   `1:4: i is of type ip, which knows no wildcards`,
		`i > 10.0.0.0/8`:            `1:5: i is an IP address: a range needs one such as 10.1.2.3 or ::1`,
		`i: 10.0.0.0/33`:            `1:4: i is an IP address`,
		`d: today`:                  `1:4: d is a date: allowed are 2026`,
		`d > now-1d`:                `1:5: d is a date: allowed are 2026`,
		`d: 2026*`:                  `1:4: d is of type date, which knows no wildcards`,
		`p.k > 3`:                   `1:7: p.k is flattened: Elasticsearch knows no ranges with one end there`,
		`k: null`:                   `1:4: null cannot be searched for; for a field without a value write "not k: *"`,
		`k > null`:                  `1:5: null has no order`,
		`k: { a: x }`:               `1:1: k is of type keyword, not nested`,
		"k: x and\n  (n: 5 or n:y)": `2:14: n is a number, and "y" is none`,
	} {
		_, err := verdict(query, document, types)
		var refused *kql.Error
		if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", query, err, want)
		}
	}
}

// The conditions of a program tell what they are, for explanations.
func TestConditions(t *testing.T) {
	const query = "event.action: (A or B) and not user.name: x* and\n source.ip: 10.0.0.0/8 and event.code: 5 and related.*: z and event.provider: p"
	p, err := Compile(query)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range p.Conditions() {
		span := c.Span()
		got = append(got, c.String()+" | "+query[span.Start:span.End])
	}
	want := `event.action: (A or B) | A or B
user.name: x* | user.name: x*
source.ip: 10.0.0.0/8 | source.ip: 10.0.0.0/8
event.code: 5 | event.code: 5
related.*: z | related.*: z
event.provider: p | event.provider: p`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("the conditions are\n%s\nwant\n%s", s, want)
	}
	if s := strings.Join(p.Underivable(), " "); s != "event.code" {
		t.Errorf("what a raw event cannot have: %s, want event.code", s)
	}
}
