package rule

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
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
		rules, _, err := ParseNDJSON("x", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		checkPositions(t, query, text, rules[0])
	}
}

func checkPositions(t *testing.T, name, text string, r *Rule) {
	t.Helper()
	lines := strings.Split(text, "\n")
	last := [2]int{}
	line, column := 1, 1
	for _, want := range r.Query {
		l, c := r.QueryPosition(line, column)
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
	if l, c := r.QueryPosition(1, 1); l != r.Source.QueryLine || c != r.Source.QueryColumn {
		t.Errorf("%s: begins at %d:%d, and says %d:%d", name, l, c, r.Source.QueryLine, r.Source.QueryColumn)
	}
	if l, c := r.QueryPosition(line, column); l < last[0] || l == last[0] && c <= last[1] {
		t.Errorf("%s: ends at %d:%d, before %v", name, l, c, last)
	}
}

func TestQueryPositionOutside(t *testing.T) {
	r := mustParse(t, minimal)
	f := func(line, column, wantLine, wantColumn int) {
		t.Helper()
		if l, c := r.QueryPosition(line, column); l != wantLine || c != wantColumn {
			t.Errorf("%d:%d is %d:%d, want %d:%d", line, column, l, c, wantLine, wantColumn)
		}
	}
	f(1, 1, 8, 10)
	f(0, -3, 8, 10)
	f(1, 17, 8, 26) // the end of the query
	f(1, 99, 8, 26)
	f(7, 1, 8, 26)
	if l, c := (&Rule{Query: "a: b"}).QueryPosition(3, 4); l != 3 || c != 4 {
		t.Errorf("without a file: %d:%d", l, c)
	}
}

// TestSpans compares the measuring of escapes with encoding/json's decoding.
func TestSpans(t *testing.T) {
	for _, raw := range []string{`""`, `"\n"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ude00\ud83d"`, `"a\\\"b\/"`} {
		var text string
		if err := json.Unmarshal([]byte(raw), &text); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(raw, `\`); n > 0 && len(spans(raw, text)) == 1 {
			t.Errorf("%s: lost in %q", raw, text)
		}
	}
}

func TestDocumentPosition(t *testing.T) {
	d := &document{text: []byte("añb\r\n\nc")}
	f := func(at, line, column int) {
		t.Helper()
		if l, c := d.position(at); l != line || c != column {
			t.Errorf("%d is %d:%d, want %d:%d", at, l, c, line, column)
		}
	}
	f(-1, 1, 1)
	f(0, 1, 1)
	f(1, 1, 2)
	f(3, 1, 3)
	f(bytes.IndexByte(d.text, '\n'), 1, 5)
	f(6, 2, 1)
	f(7, 3, 1)
	f(99, 3, 2)
}
