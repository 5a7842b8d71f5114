package match

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// meanings are queries that hold for a document, and queries that do not: what a
// condition means for each type of field.
var meanings = []struct {
	about    string
	types    string // "field=type field=type"; else dynamic mapping
	document string
	holds    []string
	not      []string
}{
	{"what dynamic mapping makes of values", "", `{"a":"Foo Bar","n":22,"f":1.5,"b":true,"e":"","z":null,"l":["x","y"],"o":{"p":"q"}}`, []string{
		`a: "Foo Bar"`, `a: Foo Bar`, `a : Foo Bar `, `a: Foo*`, `a: *Bar`, `a: *o*B*`, `a: *o B*`, `a: **`, `a: *`,
		`n: 22`, `n: "22"`, `n: 22.0`, `n: 2.2e1`, `f: 1.5`, `f > 1`, `n >= 22 and n <= 22`,
		`b: true`, `b: "true"`, `b >= false`, `b > false`, `e: ""`, `e: *`, `e: **`, `o: *`, `o.p: q`,
	}, []string{
		`a: "foo bar"`, `a: Foo`, `a: *oo`, `a: "Foo*"`, `a: foo*`, `a: Foo\*`, `n: 23`, `n > 22`, `b: false`, `b < false`, `z: *`, `o: q`, `o: "{\"p\":\"q\"}"`, `o: q*`, `o > a`,
	}},
	{"what is missing satisfies nothing", "", `{"a":"x","z":null,"l":[],"m":[null,[]],"o":{},"p":{"q":null}}`, []string{
		`not z: *`, `not l: *`, `not m: *`, `not o: *`, `not p: *`, `not p.q: *`, `not gone: *`, `not gone: x`, `not gone: x*`, `not gone > 1`, `not gone: (* or x)`, `gone: (not x)`, `a: (* and not y)`,
	}, []string{
		`z: *`, `l: *`, `m: *`, `o: *`, `p: *`, `gone: *`, `gone: x`, `gone: **`, `gone > 1`, `gone: (* and not x)`, `not a: *`,
	}},
	{"a condition holds if it does for one member of an array", "", `{"l":["x",["y"]],"n":[1,9],"r":[{"a":"1x","b":"1y"},{"a":"2x","b":"2y"}]}`, []string{
		`l: x`, `l: y`, `l: (x and y)`, `l: (z or y)`, `l: (x or not y)`, `not l: z`, `l > x`, `n > 5`, `n > 5 and n < 8`, `n: (1 and 9)`,
		`r.a: 1x and r.b: 2y`, // objects in arrays are flattened field by field
	}, []string{
		`l: z`, `l: (x and z)`, `not l: x`, `l: (* and not x)`, `l > y`, `n > 9`, `r: *x`, `not r.a: 2x`,
	}},
	{"and, or, not", "", `{"a":"1","b":"1","c":"2"}`, []string{
		``, `*`, `*:*`, `not (not a: 1)`, `a: 1 or b: 2 and c: 3`, `not a: 1 or c: 2`, `not missing: x and a: 1`, `a: 1 aNd b: 1`, "a: 1\u00a0and b: 1", `a: (1 or (2 and 3))`, `not (a: 2 or b: 2)`,
	}, []string{
		`(a: 1 or b: 2) and c: 3`, `not *`, `not *:*`, `not (a: 1 or b: 2)`, `a: 1 and not c: 2`,
	}},
	{"texts of the language", "", `{"a":"x and","b":"do not and or","c":"C:\\x","d":"x\ty","e":"x // y","f":"(x) {y} <z>","g":"it's [x]y?","h":"A","i":"été","j":"a = 1","k":" x","null":"n"}`, []string{
		`a: x and`, `b: "do not and or"`, `c: "C:\\x"`, `c: C\:\\x`, `d: "x\ty"`, `d: x\ty`, `e: x // y`, `f: \(x\) \{y\} \<z\>`, `g: it's [x]y?`, `g: *[x]*`, `g: *?`, `h: "\u0041"`, `i: été`, `i: é*é`,
		`a = 1`, `k: " x"`, `"null": n`,
	}, []string{
		`a: x \and y`, `g: it's [x]y`, `g: ?*`, `k: x`, `i: "ete"`,
	}},
	{"keyword: numbers and truths are the texts that JSON has", "k=keyword", `{"k":[22,true,1.5,1e10,100.0]}`, []string{
		`k: 22`, `k: true`, `k: "true"`, `k: "1.5"`, `k: 2*`, `k: tr*`, `k: 1.0E10`, `k: 100.0`, `k: (x or true)`, `k: (x or 2*)`, `k > 21`, `k < 3`,
	}, []string{
		`k: 22.0`, `k: TRUE`, `k: (x or y*)`, `k: 100`, `k > u`,
	}},
	{"keyword: stars stand for anything, order is by code point", "k=keyword c=constant_keyword", `{"k":"a\nb c","c":"aws.cloudtrail"}`, []string{
		`k: a*c`, `k: "a\nb c"`, `k: a*b*c`, `k: *b c`, `k > "a"`, `k < "a b"`, `k < é`, `k > A`, `c: aws.cloudtrail`, `c: aws*`, `c >= aws`, `c: *`,
	}, []string{
		`k: b*`, `k: "a b c"`, `k: a*c*c`, `k: a*d*`, `k: *bc`, `k > b`, `k < A`, `c: aws`,
	}},
	{"wildcard: as keyword, but a value with stars is taken apart at its blanks", "w=wildcard", `{"w":"tool --run now"}`, []string{
		`w: "tool --run now"`, `w: tool --run now`, `w: tool*`, `w: x tool*`, `w: *now y`, `w > t`, `w: *x *`,
	}, []string{
		`w: tool --run*w`, `w: *--run now`, `w: tool`, `w: x* y*`,
	}},
	{"numbers are numbers, however they are written", "n=long x=double", `{"n":["5","6.9",-7,18446744073709551615],"x":["1e3",0.1]}`, []string{
		`n: 5`, `n: 6`, `n: 5.0`, `n: -7`, `n: "-7.0"`, `n: 0.5e1`, `n: 18446744073709551615`, `n > 4.5`, `n < 5.5 and n > 4.5`, `n <= -7`, `n >= -7.5`, `n: (1 or 5)`, `n > null`, `n: 1 *`,
		`x: 1000`, `x: 0.1`, `x > 999.99`, `x < 0.2`, `x: .1`, `x: +1000.`,
	}, []string{
		`n: 6.9`, `n: 18446744073709551614`, `n < -7`, `n: (1 or 2)`, `x: 0.10000001`, `x < 0.1`, `x > 1000`,
	}},
	{"whole numbers are exact", "", `{"n":9007199254740993}`, []string{`n: 9007199254740993`, `n > 9007199254740992`}, []string{`n: 9007199254740992`, `n < 9007199254740993`}},
	{"what is not a number has none", "n=long x=double", `{"n":["five",true,{"a":1},"0x10","1_0"," 5"],"x":"NaN"}`, []string{`n: *`, `x: *`}, []string{`n: 5`, `n: 1`, `n: 16`, `n > 0`, `n <= 0`, `x > 0`, `x <= 0`}},
	{"boolean", "b=boolean", `{"b":["true"],"o":{"b":false}}`, []string{
		`b: true`, `b > false`, `b: (true or false)`, `o.b: false`, `o.b: "false"`, `o.b < true`, `o.b <= false`,
	}, []string{`b: false`, `b < true`, `o.b: true`, `o.b > false`}},
	{"the empty text is false", "b=boolean", `{"b":""}`, []string{`b: false`, `b: *`}, []string{`b: true`}},
	{"address", "i=ip", `{"i":["10.1.2.3","::1"]}`, []string{
		`i: 10.1.2.3`, `i: 10.0.0.0/8`, `i: "10.1.0.0/16"`, `i: "0:0:0:0:0:0:0:1"`, `i > 10.0.0.0`, `i >= 10.1.2.3`, `i < "::2"`, `i: "::ffff:10.1.2.3"`, `i: 10.1.2.3/32`, `i: 0.0.0.0/0`, `i: "::/0"`,
		`i: "::ffff:10.0.0.0/104"`, `i: 10.99.99.99/8`, `i: (192.0.2.1 or 10.0.0.0/8)`, `not i: (11.0.0.0/8 or 192.168.0.0/16)`, `i < 10.2.0.0 and i > 10.0.0.0`,
	}, []string{`i: 11.0.0.0/8`, `i: 10.1.2.4`, `i < "::1"`, `i: "::2"`, `i: "2000::/3"`, `i: 10.1.2.2/32`, `i > 10.1.2.3`}},
	{"addresses of IPv4 are in the blocks of IPv6 that they are mapped to", "i=ip", `{"i":"192.0.2.1"}`, []string{`i: "::/0"`, `i: "::ffff:0:0/96"`, `i > "::1"`, `i < "1::"`}, []string{`i: "::/96"`}},
	{"what is not an address is not in any block", "i=ip", `{"i":["not an address",5,"fe80::1%eth0"]}`, []string{`i: *`}, []string{`i: 10.0.0.0/8`, `i >= 0.0.0.0`, `i: "::/0"`}},
	{"date: the span that the text denotes", "d=date", `{"d":"2026-03-02T09:30:15.250Z"}`, []string{
		`d: "2026-03-02"`, `d: 2026-03-02`, `d: "2026-03-02T09:30:15.250Z"`, `d: "2026-03-02T09"`, `d: 2026-03-02T09\:30`, `d: "2026-03-02T09:30:15"`, `d: "2026-03-02T10:30:15.25+01:00"`, `d: "2026-03-02T09:30:15,25"`,
		`d > "2026-03-01"`, `d >= "2026-03-02"`, `d <= "2026-03-02"`, `d < "2026-03-03"`, `d: 1772443815250`, `d >= 2026`, `d > "2026-03-02T09:29"`, `d <= "2026-03-02T09:30"`, `d > 2026`, `d: "2026-03-02T04Z" or d: "2026-03-02T11+02"`, `d: *`,
	}, []string{
		`d: "2026-03-01"`, `d: 2026`, `d: "2026-03"`, `d > "2026-03-02"`, `d < "2026-03-02"`, `d: "2026-03-02T09:31"`, `d > "2026-03-02T09:30"`, `d <= "2026-03"`, `d: 1772443815251`, `d: "2026-03-02T09:30:15.25+01:00"`,
	}},
	{"a date may be a number of milliseconds, and a year", "d=date", `{"d":[1772443815250,2020]}`, []string{`d: "2026-03-02"`, `d: "2020-01-01"`}, []string{`d: "2026-03-03"`, `d: "1970-01-01"`}},
	{"what is not a date is none", "d=date", `{"d":["2026-02-30","yesterday","2026-3-2","2026-03-02 09:00",true]}`, []string{`d: *`}, []string{`d >= "-9999"`, `d: "2026-03-02"`}},
	{"text: words, in any case", "m=text", `{"m":"The quick, brown Fox's e-mail: fox@example.com 3.14 día"}`, []string{
		`m: QUICK`, `m: slow quick`, `m: "brown fox's"`, `m: "Quick BROWN"`, `m: qui*`, `m: QUI*K`, `m: *ick bla*`, `m: example.com`, `m: mail`, `m: 3.14`, `m: *`, `m: "e mail fox"`, `m: DÍA`, `m: d*a`, `m: bla* fox`, `m > z or m > q`, `m: (slow or fox)`,
	}, []string{
		`m: slow`, `m: "fox brown"`, `m: quick*fox`, `m: example`, `m: ""`, `m: "quick fox"`, `m: fox's*mail`, `m: "-"`, `m > the`, `m: "brown quick"`,
	}},
	{"text: a phrase may begin within another", "m=text", `{"m":"a b a b a c"}`, []string{`m: "a b a c"`, `m: "b a b a c"`, `m: "a c"`}, []string{`m: "a b c"`, `m: "a a"`}},
	{"text: a phrase does not go on in the next member", "m=text", `{"m":["a b","c d"]}`, []string{`m: "a b"`, `m: "c d"`}, []string{`m: "b c"`}},
	{"flattened: leaves are texts, under their own key", "p=flattened", `{"p":{"k":"v","n":22,"t":true,"l":[{"c":"x"},{"c":["y",null]}],"o":{"i":"j k"},"e":""}}`, []string{
		`p.k: v`, `p.n: 22`, `p.n: "22"`, `p.t: true`, `p.l.c: x`, `p.l.c: y`, `p.k: *`, `p.e: ""`, `p.e: *`, `p.o.i: *`, `p.l.c: (x and y)`, `p.k: v*`, `p.k: (a or v)`, `p.o.i: *k x`,
		`p: v`, `p: "j k"`, `p: true`, `p: ""`, `p: *`, `p: *2`, `p: (a or v)`, `p > x`, `v`, `p: v and p: 22`,
	}, []string{
		`p.o: *`, `p.o: "j k"`, `p.k: V`, `p.n: 22.0`, `p.x: *`, `p.l: x`, `p.k: *y`, `p.o.i: *j k`, `p: k`, `p > z`, `p.*: v`, `p.k.x: v`,
	}},
	{"flattened: wildcards on a key do not look into others", "p=flattened", `{"p":{"key":"notes.txt","other":"id_rsa.pem"}}`, []string{`p.other: *.pem`, `p: *.pem`}, []string{`p.key: *.pem`, `p.o: *`}},
	{"nested: conditions in braces hold within one object", "d=nested", `{"d":[{"a":"x","n":1,"o":{"p":"q"}},{"a":"y","n":5}],"e":"z"}`, []string{
		`d: { a: x and n: 1 }`, `d: { n > 3 }`, `d: { not a: x }`, `d: { a: x } and d: { n: 5 }`, `not d: { a: z }`, `d: { a* : y }`, `d: { *: * }`, `d: { o.p: q }`, `d: { o: * and n < 2 }`, `d: { a: (z or y) and n: 5 }`, `d: { not e: z }`,
		`d: { not * }`, `d.a*: x`, `*.n: 5`,
	}, []string{
		`d: { a: x and n: 5 }`, `not d: { a: x }`, `d: { o: * and a: y }`, `d: { e: z }`, `d: { d.a: x }`,
		`d.a: x`, `d: *`, `d: x`, `d.o: *`, `d.n > 0`, // only reached by braces
		`d: { x }`, `d: { * }`, `d: { "x" or y }`, `x`, // a value without a field is one of a field "null" there
	}},
	{"nested: an object is one, without an array too, and none is none", "d=nested", `{"d":{"a":"x"}}`, []string{`d: { a: x }`}, []string{`d: { a: y }`}},
	{"nested: none", "d=nested", `{"e":1}`, []string{`not d: { a: x }`, `not d: { not a: x }`}, []string{`d: { a: x }`, `d: { not a: x }`}},
	{"nested in nested", "d=nested d.e=nested", `{"d":[{"k":"x","e":[{"k":"1p","l":"1q"},{"k":"2p","l":"2q"}]},{"k":"y","e":{"k":"3p"}}]}`, []string{
		`d: { k: x and e: { k: 1p and l: 1q } }`, `d: { e: { k: 1p } and e: { l: 2q } }`, `d.e: { k: 3p }`, `d: { not e: { k: 1p } }`,
	}, []string{
		`d: { e: { k: 1p and l: 2q } }`, `d: { k: y and e: { k: 1p } }`, `d: { e.k: 1p }`, `d: { e: * }`,
	}},
	{"the same field, written apart or with dots, is one field with all values", "", `{"a":{"b":"1x"},"a.b":"2x","a.b.c":"3x","l":[{"m":"p"},{"m":"q"},[{"m":"r"}]],"my field":"x"}`, []string{
		`a.b: 1x`, `a.b: 2x`, `a.b: (1x and 2x)`, `a.b.c: 3x`, `a: *`, `l.m: (p and q and r)`, `not l.m: s`, `my field: x`, `"my field": x`,
	}, []string{`l.m: s`, `l: p`, `b: 1x`, `a: 1x`}},
	{"wildcards in names", "", `{"a":{"b":"x","c":{"b":"y"}},"ab":"z"}`, []string{
		`a.*: x`, `a.*: y`, `*.b: y`, `a*b: z`, `*: z`, `a*: (x and y and z)`, `a.*: *`, `a.*: x*`, `not a.c.*: x`, `x*: y or ab: z`, `a.* > w`,
	}, []string{
		`a.*: z`, `b.*: x`, `"a.*": x`, `*.c: y`, `x*: *`, `not a.*: x`,
	}},
	{"values without a field", "i=ip d=date m=text p=flattened", `{"a":"hello world","n":200,"b":true,"i":"10.1.2.3","d":"2026-03-02T00:00:00Z","m":"Lorem ipsum","p":{"k":"leaf"},"o":{"k":"inner"}}`, []string{
		`hello world`, `"hello world"`, `hello*`, `*world`, `200`, `"200"`, `200.0`, `true`, `10.1.2.3`, `10.0.0.0/8`, `2026-03-02`, `lorem dolor`, `"lorem ipsum"`, `lor*`, `leaf`, `le*`, `inner`, `null: inner`, `not nowhere`, `nowhere inn*`, `nowhere *`, `null: *`,
	}, []string{
		`hello`, `Hello world`, `"ipsum lorem"`, `20*`, `false`, `10.2.0.0/16`, `nowhere`, `no*`, `hello w*`,
	}},
	{"two documents' types", "y=keyword", `{"y":22,"z":"22"}`, []string{`y: 22`, `y: 2*`, `z: 2*`, `z > 3 or z < 3`}, []string{`y: 22.0`, `z: 22.0`}},
}

// typesOf reads "field=type field=type".
func typesOf(pairs string) map[string]event.Type {
	types := map[string]event.Type{}
	for pair := range strings.FieldsSeq(pairs) {
		name, t, _ := strings.Cut(pair, "=")
		types[name], _ = event.ParseType(t)
	}
	return types
}

func TestMeaning(t *testing.T) {
	for _, c := range meanings {
		types := typesOf(c.types)
		t.Run(c.about, func(t *testing.T) {
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
		})
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// What Elasticsearch refuses is refused, with its position, wherever it is in a query.
func TestRefused(t *testing.T) {
	const document = `{"n":5,"x":1.5,"b":true,"o":{"n":1},"k":"x"}`
	types := typesOf("i=ip d=date p=flattened m=text e=nested e.n=long w=wildcard")
	queries := []string{
		`n: abc`, `k: x or n: 1*`, `n > abc`, `x: 1_5`, `x: 0x10`, `n: NaN`, `n: ""`, `n: true`, `n: " 5"`, `n: 1e99`, `x: 1e999`, `n: (1 or 2 or three)`, `n: 1 2*`,
		`b: yes`, `not b: TRUE`, `b > 1`, `b: t*`, `b: ""`,
		`i: internal`, `i: 10.*`, `i > 10.0.0.0/8`, `i: 10.0.0.0/33`, `i: 10.0.0`, `i: "fe80::1%eth0"`, `i: 5`,
		`d: today`, `d > now-1d`, `d: 2026*`, `d: 2026-02-30`, `d: "2026-01-01 10:00"`, `d: 2026-1-1`, `d >= "2026-13"`, `d: "2026-01-01T10:00 Europe/Paris"`,
		`p.k > 3`, `not (k: y and p.o.q <= a)`,
		`k: null`, `null`, `not gone: null`, `k: (x or null)`,
		`k: { a: x }`, `gone: { a: x }`, `o: { n: 1 }`, `e: { n: x }`, `e: { k: x and m*: { a: b } }`, `e*: { n: 1 }`, `p.k: { a: b }`,
		`o.*: x`, `*: x`, `*n > x`, `e.*: x`,
		"k: x and\n  (n: 5 or n:y)",
	}
	var out strings.Builder
	for _, query := range queries {
		got, err := verdict(query, document, types)
		if !isRefused(t, query, err) {
			t.Errorf("%s is not refused, but %v", query, got)
			continue
		}
		out.WriteString(err.Error() + "\n\n")
	}
	golden(t, "refused.golden", out.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", path, got)
	}
}
