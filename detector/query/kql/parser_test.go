package kql

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

type parseCase struct{ query, want string }

var structureCases = []parseCase{
	{"", "all"},
	{" \t\r\n\u00a0", "all"},
	{"*", "-?"},
	{" * ", "-?"},
	{"*:*", "all"},
	{"* : *", "all"},
	{"null: *", "-?"},
	{"not *", "(not -?)"},
	{"d: { * or *:* }", "d{(or -? all)}"},

	{"a: x", "a:x"},
	{"a:x", "a:x"},
	{" a : x ", "a:x"},
	{"a\n:\nx\n", "a:x"},
	{"(a: x)", "a:x"},
	{"( ( a: x ) )", "a:x"},

	{"a: 1 and b: 2", "(and a:1 b:2)"},
	{"a: 1 and b: 2 and c: 3", "(and a:1 b:2 c:3)"},
	{"a: 1 or b: 2 or c: 3", "(or a:1 b:2 c:3)"},
	{"a: 1 or b: 2 and c: 3", "(or a:1 (and b:2 c:3))"},
	{"a: 1 and b: 2 or c: 3", "(or (and a:1 b:2) c:3)"},
	{"(a: 1 or b: 2) and c: 3", "(and (or a:1 b:2) c:3)"},
	{"(a: 1 or b: 2) or c: 3", "(or (or a:1 b:2) c:3)"},
	{"a: 1 AND b: 2 oR c: 3", "(or (and a:1 b:2) c:3)"},
	{"a: 1\u00a0and\n\tb: 2", "(and a:1 b:2)"},

	{"not a: 1", "(not a:1)"},
	{"NOT a: 1", "(not a:1)"},
	{"not a: 1 and b: 2", "(and (not a:1) b:2)"},
	{"not (a: 1 and b: 2)", "(not (and a:1 b:2))"},
	{"not (not a: 1)", "(not (not a:1))"},
	{"a: 1 and not b: 2 or not c: 3", "(or (and a:1 (not b:2)) (not c:3))"},

	{"a: *", "a?"},
	{"a: **", "a:~[||]"},
	{"a: (*)", "a?"},
	{"a > *", "a>~[|]"},

	{"a > 5", "a>5"},
	{"a>=5", "a>=5"},
	{"a < \"x y\"", "a<\"x y\""},
	{"a <= 5", "a<=5"},
	{"a > = 5", "a>= 5"},
	{"a =< 5", "a =<5"},
	{"null > 5", "null>5"},
	{"a > 1 and a < 5", "(and a>1 a<5)"},

	{"d: { x: 1 }", "d{x:1}"},
	{"d:{x:1 and y:2}", "d{(and x:1 y:2)}"},
	{"d: { e: { x: 1 } } and a: 2", "(and d{e{x:1}} a:2)"},
	{"d: { not x }", "d{(not -:x)}"},
	{"\"d e\" : {(x)}", "d e{-:x}"},
	{"null: { x }", "-{-:x}"},
}

var listCases = []parseCase{
	{"a: (x)", "a:x"},
	{"a: (x or y)", "(or a:x a:y)"},
	{"a:(x or y or \"z\")", "(or a:x a:y a:\"z\")"},
	{"a: (x and y or z)", "(or (and a:x a:y) a:z)"},
	{"a: (x and (y or z))", "(and a:x (or a:y a:z))"},
	{"a: ((x or y) or z)", "(or (or a:x a:y) a:z)"},
	{"a: (not x)", "(not a:x)"},
	{"a: (not (x or y*))", "(not (or a:x a:~[y|]))"},
	{"a: (* and not (x or y))", "(and a? (not (or a:x a:y)))"},
	{"not a: (x or y)", "(not (or a:x a:y))"},
	{"a: (true or null or 5)", "(or a:#true a:#null a:5)"},
	{"a.*: (x or *)", "(or ~[a.|]:x ~[a.|]?)"},
	{"*: (x or *)", "(or ~[|]:x all)"},
	{"null: (x or *)", "(or -:x -?)"},
	{"a: (x or)", "a:x or"},
	{"a: (x or or)", "(or a:x a:or)"},
}

var literalCases = []parseCase{
	{"foo bar", "-:foo bar"},
	{"a = 1", "-:a = 1"},
	{"a == 1", "-:a == 1"},
	{"\"foo bar\"", "-:\"foo bar\""},
	{"foo*", "-:~[foo|]"},
	{"true", "-:#true"},
	{"a: true", "a:#true"},
	{"a: TRUE", "a:TRUE"},
	{"a: \"true\"", "a:\"true\""},
	{"a: false", "a:#false"},
	{"a: null", "a:#null"},
	{"a: \\u0074rue", "a:#true"},
	{"a: true false", "a:true false"},
	{"a: 012", "a:012"},
	{"a: 1e5", "a:1e5"},

	{"null: x", "-:x"},
	{"\"null\": x", "null:x"},
	{"true: x", "true:x"},
	{"my field: x", "my field:x"},
	{"a.*: x", "~[a.|]:x"},
	{"*: x", "~[|]:x"},
	{"\"a.*\": x", "a.*:x"},
	{"a\\*: x", "a*:x"},
	{"\"\": x", ":x"},

	{"a: *x", "a:~[|x]"},
	{"a: foo*bar", "a:~[foo|bar]"},
	{"a: *S3 Browser*", "a:~[|S3 Browser|]"},
	{"a: x\\*y*", "a:~[x*y|]"},
	{"a: * *", "a:~[| |]"},
	{"a: x ?", "a:x ?"},
	{"a: [x]", "a:[x]"},
	{"a: it's", "a:it's"},
	{"a: x // note", "a:x // note"},
	{"a:  x  y  ", "a:x  y"},

	{`a: C\:\\x\(y\)`, `a:C:\x(y)`},
	{`a: \<\>\{\}\"`, `a:<>{}"`},
	{`a: x\ty`, "a:x\ty"},
	{`a: \t x \n`, "a:x"},
	{`a: \t`, "a:"},
	{`a: x\u0020`, "a:x"},
	{"a: \u3000x\ufeff", "a:x"},
	{"a: \u0085x\u180e", "a:\u0085x\u180e"},
	{"a: \u3000*\u3000", "a?"},
	{"\u3000", "-:"},
	{`a: \u0041\u00e9`, "a:Aé"},
	{`a: \uD83D\uDe00`, "a:😀"},
	{`a: \ud83d x`, "a:\ufffd x"},
	{`a: x\ud83d\ud83d\ude00`, "a:x\ufffd😀"},
	{`a: \ude00*\ud83d`, "a:~[\ufffd|\ufffd]"},

	{`a: ""`, `a:""`},
	{`a: " x "`, `a:" x "`},
	{`a: "x*"`, `a:"x*"`},
	{`a: "do not and or"`, `a:"do not and or"`},
	{"a: \"x\ny\"", "a:\"x\ny\""},
	{`a: "\t\r\n"`, "a:\"\t\r\n\""},
	{`a: "C:\\x\"\x\q"`, `a:"C:\x"\x\q"`},
	{`a: "\u0041\u12"`, `a:"A\u12"`},
	{`a: "\ud83d\ude00"`, `a:"😀"`},
	{`a: "\:\*"`, `a:"\:\*"`},
}

var keywordCases = []parseCase{
	{"a: x and", "a:x and"},
	{"a: x or", "a:x or"},
	{"a: not", "a:not"},
	{"not", "-:not"},
	{"and", "-:and"},
	{"or x", "-:or x"},
	{"a: cannot", "a:cannot"},
	{"cannot: x", "cannot:x"},
	{"a: oregano", "a:oregano"},
	{"a: x andy", "a:x andy"},
	{"a: x or or: y", "(or a:x or:y)"},
	{"a: x or and y", "(or a:x -:and y)"},
	{"a: x  or  \tand y", "(or a:x -:and y)"},
	{"not or: y", "(not or:y)"},
	{"not nota: y", "(not nota:y)"},
	{"a: x or not y", "(or a:x (not -:y))"},
	{"(a: 1 or (b: 2))", "(or a:1 b:2)"},
	{`a: \Not x`, "a:Not x"},
	{`a: \NOT x`, "a:NOT x"},
	{`a: \not x`, "a:ot x"},
	{`a: y\not x`, "a:y\not x"},
	{`a: x \and y`, "a:x and y"},
	{`a: x \OR y`, "a:x OR y"},
	{`a: \orange`, "a:orange"},
	{`a: x\tand y`, "a:x\tand y"},
	{`\or: x`, "or:x"},
}

var parseTables = [][]parseCase{structureCases, listCases, literalCases, keywordCases}

func TestParse(t *testing.T) {
	for _, table := range parseTables {
		for _, c := range table {
			n, err := Parse(c.query)
			if err != nil {
				t.Errorf("Parse(%q): %v", c.query, err)
				continue
			}
			if got := sexpr(n); got != c.want {
				t.Errorf("Parse(%q)\n got %s\nwant %s", c.query, got, c.want)
			}
		}
	}
}

func TestFieldAndValue(t *testing.T) {
	is := func(text string) *query.Compare {
		t.Helper()
		n, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return n.(*query.Compare)
	}
	n := is(`a.*c: foo*b\*r`)
	if n.Field.Name != "a.*c" || n.Field.Any || len(n.Field.Pattern) != 2 {
		t.Errorf("field pattern: %+v", n.Field)
	}
	if n.Value.Kind != query.Wildcard || n.Value.Text != "foo*b*r" || n.Value.Phrase {
		t.Errorf("wildcard: %+v", n.Value)
	}
	n = is(`"x*"`)
	if !n.Field.Any || n.Field.Pattern != nil || n.Field.Name != "" {
		t.Errorf("no field: %+v", n.Field)
	}
	if n.Value.Kind != query.String || n.Value.Text != "x*" || !n.Value.Phrase || n.Value.Pattern != nil {
		t.Errorf("quoted: %+v", n.Value)
	}
}

// Every span, cut out of the query, is the text its node was read from.
func TestSpans(t *testing.T) {
	const text = ` a : "x y" and not (b > 5 or d: { e: (v or not *) }) or *:* or w  `
	node, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	cut := func(s query.Span) string { return text[s.Start:s.End] }
	walk(node, func(n query.Node) { got = append(got, cut(n.Span())) })
	want := []string{
		`a : "x y" and not (b > 5 or d: { e: (v or not *) }) or *:* or w`,
		`a : "x y" and not (b > 5 or d: { e: (v or not *) })`,
		`a : "x y"`,
		`not (b > 5 or d: { e: (v or not *) })`,
		`b > 5 or d: { e: (v or not *) }`,
		`b > 5`,
		`d: { e: (v or not *) }`,
		`v or not *`,
		`v`,
		`not *`,
		`*`,
		`*:*`,
		`w`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("node %d spans %q, want %q", i, got[i], want[i])
		}
	}
	first := node.(*query.Or).Nodes[0].(*query.And).Nodes[0].(*query.Compare)
	if f, v := cut(first.Field.At), cut(first.Value.At); f != "a" || v != `"x y"` {
		t.Errorf("field %q, value %q", f, v)
	}
}

// walk visits a node and all below it, parents first.
func walk(n query.Node, visit func(query.Node)) {
	visit(n)
	var below []query.Node
	switch n := n.(type) {
	case *query.And:
		below = n.Nodes
	case *query.Or:
		below = n.Nodes
	case *query.Not:
		below = []query.Node{n.Node}
	case *query.Nested:
		below = []query.Node{n.Node}
	}
	for _, m := range below {
		walk(m, visit)
	}
}
