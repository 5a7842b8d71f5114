package elastic

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// TestQueryPosition asks for every character of a query, and expects to find it
// in the file, or the escape that stands for it.
func TestQueryPosition(t *testing.T) {
	lead := strings.TrimSuffix(minimal, "query = 'user.name: maria'\n")
	for name, written := range map[string]string{
		"literal":              `query = 'a: "ö" and b'`,
		"basic":                `query = "a: \"ö\\d\" and \u00f6 \U0001F600 b\t\x41\e c"`,
		"multi-line literal":   "query = '''\na: \"ö\"\n\n  and b\n'''",
		"same line":            "  query =   '''a: b\n  and c'''",
		"multi-line basic":     "query = \"\"\"\na: \\\"ö\\\"\n  and \\\n\n     \\u00f6 b\\n c \"\"quoted\"\"\n\"\"\"",
		"carriage returns":     "query = '''\r\na: b\r\n and c\r\n'''",
		"quotes at the end":    "query = '''a: ''b'''''",
		"empty lines go first": "query = \"\"\"\\\n\n   a: b\"\"\"",
	} {
		text := lead + written + "\n"
		checkPositions(t, name, text, mustParse(t, text))
	}
}

func TestQueryPositionJSON(t *testing.T) {
	for _, query := range []string{`"a: b"`, `"\u00f6: \"ö\" and\n b\/c \ud83d\ude00 d \ud83d e"`} {
		text := "\n" + `{"name":"Ä","rule_id":"a","type":"query","language":"kuery","severity":"low","risk_score":21, "query" : ` + query + "}"
		set, err := kuery.parseNDJSON("x", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		checkPositions(t, query, text, set.Rules[0])
	}
}

func checkPositions(t *testing.T, name, text string, r *rule.Rule) {
	t.Helper()
	lines := strings.Split(text, "\n")
	last := [2]int{}
	line, column := 1, 1
	for _, want := range r.Query.Text {
		l, c := r.Query.Position(line, column)
		if l < last[0] || l == last[0] && c <= last[1] {
			t.Errorf("%s: %d:%d is at %d:%d, not after %v", name, line, column, l, c, last)
		}
		last = [2]int{l, c}
		got, _ := utf8.DecodeRuneInString(string([]rune(lines[l-1] + "\n")[c-1:]))
		if got != want && got != '\\' {
			t.Errorf("%s: %d:%d is %q, and in the file at %d:%d %q", name, line, column, want, l, c, got)
		}
		column++
		if want == '\n' {
			line, column = line+1, 1
		}
	}
	if l, c := r.Query.Position(line, column); l < last[0] || l == last[0] && c <= last[1] {
		t.Errorf("%s: ends at %d:%d, before %v", name, l, c, last)
	}
}

func TestQueryPositionOutside(t *testing.T) {
	r := mustParse(t, minimal)
	f := func(line, column, wantLine, wantColumn int) {
		t.Helper()
		if l, c := r.Query.Position(line, column); l != wantLine || c != wantColumn {
			t.Errorf("%d:%d is %d:%d, want %d:%d", line, column, l, c, wantLine, wantColumn)
		}
	}
	f(1, 1, 8, 10)
	f(0, -3, 8, 10)
	f(1, 17, 8, 26) // the end of the query
	f(1, 99, 8, 26)
	f(7, 1, 8, 26)
	if l, c := (&rule.Query{Text: "a: b"}).Position(3, 4); l != 3 || c != 4 {
		t.Errorf("without a file: %d:%d", l, c)
	}
}
