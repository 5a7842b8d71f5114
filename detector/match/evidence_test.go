package match

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Evidence is what of an event made a query match: the values, and of a text the parts
// that suffice.
func TestEvidence(t *testing.T) {
	for _, c := range []struct{ about, types, document, query, want string }{
		{"a value", "", `{"a":"x","b":"y"}`, `a: x and b: *`, `a=x b=y`},
		{"a list of values", "", `{"a":["x","y","z"]}`, `a: (y or z or w)`, `a=y a=z`},
		{"a pattern", "k=keyword", `{"k":"one two three two"}`, `k: *two*`, `k=<two>`},
		{"with both ends", "k=keyword", `{"k":"one two three"}`, `k: o*t*e`, `k=<o><t><e>`},
		{"the whole value", "k=keyword", `{"k":"one"}`, `k: *`, `k=one`},
		{"one of several patterns", "k=keyword", `{"k":"one two"}`, `k: (x* or *tw*)`, `k=<tw>`},
		{"the branch that holds", "", `{"a":"x","b":"y"}`, `a: z or b: y`, `b=y`},
		{"both branches that hold", "", `{"a":"x","b":"y"}`, `a: x or b: y`, `a=x b=y`},
		{"nothing of what is excluded", "", `{"a":"x","b":"y"}`, `a: x and not b: z`, `a=x`},
		{"not not", "", `{"a":"x","b":"y"}`, `not (a: z or not b: y)`, `b=y`},
		{"a number", "n=long", `{"n":[1,7]}`, `n > 5`, `n=7`},
		{"a leaf of an object", "p=flattened", `{"p":{"k":"a b","l":{"m":"c"}}}`, `p.k: *b and p.l.m: c`, `p.l.m=c p.k=<b>`},
		{"any leaf of an object", "p=flattened", `{"p":{"k":"v","l":["w"]}}`, `p: w`, `p=w`},
		{"names by pattern", "a.x=keyword a.y=keyword", `{"a":{"x":"1","y":"2"}}`, `a.*: 2`, `a.y=2`},
		{"a word", "m=text", `{"m":"The quick, brown fox"}`, `m: Brown`, `m=<, brown>`},
		{"a word by pattern", "m=text", `{"m":"The quick, brown fox"}`, `m: qu*`, `m=< quick>`},
		{"a phrase", "m=text", `{"m":"The quick, brown fox"}`, `m: "quick brown"`, `m=< quick, brown>`},
		{"a phrase behind its beginning", "m=text", `{"m":"a b a b a c"}`, `m: "a b a c"`, `m=< a b a c>`},
		{"nothing: it does not match", "", `{"a":"x"}`, `a: y or b: *`, ``},
	} {
		p, e := documentProgram(t, c.query, c.document, typesOf(c.types))
		var got []string
		p.Evidence(e, func(f *event.Field, v msgpack.Value, parts []Part) {
			text := fmt.Sprint(v.Int())
			if v.IsText() {
				text = string(v.Bytes())
			}
			if len(parts) > 0 && parts[0] != (Part{0, len(text)}) {
				whole := text
				text = ""
				for _, part := range parts {
					text += "<" + whole[part.Start:part.End] + ">"
				}
			}
			got = append(got, f.Name+"="+text)
		})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s: %q, want %q", c.about, c.query, strings.Join(got, " "), c.want)
		}
	}
}
