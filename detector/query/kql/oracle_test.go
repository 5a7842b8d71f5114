package kql

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The oracle is the grammar once more, written as it reads: ordered choice with
// backtracking, no errors, no spans. It knows no surrogate pairs. Parse must
// agree with it on every text.

// oracle gives the S-expression of a query.
func oracle(s string) (string, bool) {
	i := skipSpace(s, 0)
	if i == len(s) {
		return "all", true
	}
	tree, i, ok := pegQuery(s, i)
	return tree, ok && skipSpace(s, i) == len(s)
}

type (
	pegRule     func(s string, i int) (tree string, next int, ok bool)
	pegListRule func(s string, i int) (of pegPartial, next int, ok bool)

	// pegPartial is a tree that waits for its field.
	pegPartial func(field pegText) string

	// pegText is a literal: quoted ("), a pattern (~), a boolean or null (#), or
	// other text (blank).
	pegText struct {
		kind rune
		text string
	}
)

func (t pegText) value() string {
	switch t.kind {
	case '"':
		return `"` + t.text + `"`
	case '~':
		return "~[" + t.text + "]"
	case '#':
		return "#" + t.text
	}
	return t.text
}

func (t pegText) field() string {
	switch {
	case t == pegNone:
		return "-"
	case t.kind == '~':
		return t.value()
	}
	return t.text
}

var (
	pegNone     = pegText{'#', "null"}
	pegLoneStar = pegText{'~', "|"}
)

func pegQuery(s string, i int) (string, int, bool) { return pegChain(s, i, "or", pegAnd) }
func pegAnd(s string, i int) (string, int, bool)   { return pegChain(s, i, "and", pegNot) }

func pegChain(s string, i int, word string, member pegRule) (string, int, bool) {
	tree, i, ok := member(s, i)
	if !ok {
		return "", 0, false
	}
	chain := "(" + word + " " + tree
	n := 1
	for {
		next, ok := pegJoin(s, i, word)
		if !ok {
			break
		}
		more, next, ok := member(s, next)
		if !ok {
			break
		}
		chain += " " + more
		n++
		i = next
	}
	if n == 1 {
		return tree, i, true
	}
	return chain + ")", i, true
}

func pegNot(s string, i int) (string, int, bool) {
	if next, ok := pegNotWord(s, i); ok {
		if tree, next, ok := pegSub(s, next); ok {
			return "(not " + tree + ")", next, true
		}
	}
	return pegSub(s, i)
}

func pegSub(s string, i int) (string, int, bool) {
	for _, rule := range []pegRule{pegGroup, pegNested, pegRange, pegFieldValues, pegBare} {
		if tree, next, ok := rule(s, i); ok {
			return tree, next, true
		}
	}
	return "", 0, false
}

func pegGroup(s string, i int) (string, int, bool) {
	i, ok := pegMark(s, i, "(")
	if !ok {
		return "", 0, false
	}
	tree, i, ok := pegQuery(s, skipSpace(s, i))
	if !ok {
		return "", 0, false
	}
	i, ok = pegMark(s, skipSpace(s, i), ")")
	return tree, i, ok
}

func pegNested(s string, i int) (string, int, bool) {
	field, i, ok := pegLiteral(s, i)
	if !ok {
		return "", 0, false
	}
	if i, ok = pegMark(s, skipSpace(s, i), ":"); !ok {
		return "", 0, false
	}
	if i, ok = pegMark(s, skipSpace(s, i), "{"); !ok {
		return "", 0, false
	}
	tree, i, ok := pegQuery(s, skipSpace(s, i))
	if !ok {
		return "", 0, false
	}
	i, ok = pegMark(s, skipSpace(s, i), "}")
	return field.field() + "{" + tree + "}", i, ok
}

func pegRange(s string, i int) (string, int, bool) {
	field, i, ok := pegLiteral(s, i)
	if !ok {
		return "", 0, false
	}
	i = skipSpace(s, i)
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if next, ok := pegMark(s, i, op); ok {
			value, next, ok := pegLiteral(s, skipSpace(s, next))
			name := field.field()
			if field == pegNone {
				name = field.text // a range always has a field
			}
			if value == pegNone {
				return name + "?", next, ok // a range without an end
			}
			return name + op + value.value(), next, ok
		}
	}
	return "", 0, false
}

func pegFieldValues(s string, i int) (string, int, bool) {
	field, i, ok := pegLiteral(s, i)
	if !ok {
		return "", 0, false
	}
	if i, ok = pegMark(s, skipSpace(s, i), ":"); !ok {
		return "", 0, false
	}
	of, i, ok := pegValues(s, skipSpace(s, i))
	if !ok {
		return "", 0, false
	}
	return of(field), i, true
}

func pegBare(s string, i int) (string, int, bool) {
	of, i, ok := pegValue(s, i)
	if !ok {
		return "", 0, false
	}
	return of(pegNone), i, true
}

func pegValues(s string, i int) (pegPartial, int, bool) {
	if next, ok := pegMark(s, i, "("); ok {
		if of, next, ok := pegListOr(s, skipSpace(s, next)); ok {
			if next, ok := pegMark(s, skipSpace(s, next), ")"); ok {
				return of, next, true
			}
		}
	}
	return pegValue(s, i)
}

func pegListOr(s string, i int) (pegPartial, int, bool) {
	return pegListChain(s, i, "or", func(s string, i int) (pegPartial, int, bool) {
		return pegListChain(s, i, "and", pegListNot)
	})
}

func pegListChain(s string, i int, word string, member pegListRule) (pegPartial, int, bool) {
	first, i, ok := member(s, i)
	if !ok {
		return nil, 0, false
	}
	members := []pegPartial{first}
	for {
		next, ok := pegJoin(s, i, word)
		if !ok {
			break
		}
		more, next, ok := member(s, next)
		if !ok {
			break
		}
		members = append(members, more)
		i = next
	}
	if len(members) == 1 {
		return first, i, true
	}
	return func(field pegText) string {
		tree := "(" + word
		for _, of := range members {
			tree += " " + of(field)
		}
		return tree + ")"
	}, i, true
}

func pegListNot(s string, i int) (pegPartial, int, bool) {
	if next, ok := pegNotWord(s, i); ok {
		if of, next, ok := pegValues(s, next); ok {
			return func(field pegText) string { return "(not " + of(field) + ")" }, next, true
		}
	}
	return pegValues(s, i)
}

func pegValue(s string, i int) (pegPartial, int, bool) {
	value, i, ok := pegLiteral(s, i)
	return func(field pegText) string {
		switch {
		case value == pegLoneStar && field == pegLoneStar:
			return "all"
		case value == pegLoneStar:
			return field.field() + "?"
		}
		return field.field() + ":" + value.value()
	}, i, ok
}

// pegStar stands for an unescaped star while a literal is put together.
const pegStar = '\uE000'

func pegLiteral(s string, i int) (pegText, int, bool) {
	if text, next, ok := pegQuoted(s, i); ok {
		return pegText{'"', text}, next, true
	}
	var chars []rune
	for {
		more, next, ok := pegUnquotedChars(s, i)
		if !ok {
			break
		}
		chars = append(chars, more...)
		i = next
	}
	if chars == nil {
		return pegText{}, 0, false
	}
	switch text := trim(string(chars)); {
	case text == "true", text == "false", text == "null":
		return pegText{'#', text}, i, true
	case strings.ContainsRune(text, pegStar):
		return pegText{'~', strings.ReplaceAll(text, string(pegStar), "|")}, i, true
	default:
		return pegText{' ', text}, i, true
	}
}

func pegUnquotedChars(s string, i int) (chars []rune, next int, ok bool) {
	if i == len(s) {
		return nil, 0, false
	}
	if s[i] == '*' {
		return []rune{pegStar}, i + 1, true
	}
	if s[i] == '\\' {
		if char, n := escapedChar(s[i+1:], `\():<>"*{}`); n > 0 {
			return []rune{char}, i + 1 + n, true
		}
		for _, word := range []string{"or", "and", "not"} {
			if wordAt(s, i+1, word) {
				end := i + 1 + len(word)
				return []rune(s[i+1 : end]), end, true
			}
		}
		return nil, 0, false
	}
	if strings.IndexByte(`():<>"{}`, s[i]) >= 0 {
		return nil, 0, false
	}
	if _, ok := pegJoin(s, i, "and"); ok {
		return nil, 0, false
	}
	if _, ok := pegJoin(s, i, "or"); ok {
		return nil, 0, false
	}
	if _, ok := pegNotWord(s, i); ok {
		return nil, 0, false
	}
	for _, r := range s[i:] {
		return []rune{r}, i + len(string(r)), true
	}
	return nil, 0, false
}

func pegQuoted(s string, i int) (string, int, bool) {
	i, ok := pegMark(s, i, `"`)
	if !ok {
		return "", 0, false
	}
	text := ""
	for i < len(s) {
		if s[i] == '"' {
			return text, i + 1, true
		}
		if s[i] == '\\' {
			if char, n := escapedChar(s[i+1:], `\"`); n > 0 {
				text += string(char)
				i += 1 + n
				continue
			}
		}
		text += s[i : i+1]
		i++
	}
	return "", 0, false
}

func pegJoin(s string, i int, word string) (int, bool) {
	at := skipSpace(s, i)
	if at == i || !wordAt(s, at, word) {
		return 0, false
	}
	next := skipSpace(s, at+len(word))
	return next, next > at+len(word)
}

func pegNotWord(s string, i int) (int, bool) {
	if !wordAt(s, i, "not") {
		return 0, false
	}
	next := skipSpace(s, i+len("not"))
	return next, next > i+len("not")
}

func pegMark(s string, i int, mark string) (int, bool) {
	return i + len(mark), strings.HasPrefix(s[i:], mark)
}

var oracleTokens = []string{
	"a", "b", "x y", "1", "é", "true", "null", "*", "*", "a*", `"`, `"x"`, `""`, `"a b"`,
	" ", " ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u3000",
	" and ", " or ", "not ", " and ", " or ", "not ", "and", "or", "not", " AND ", "Not ", "cannot ",
	": ", ":", ": ", " > ", "<=", ": (", ": {", "(", ")", "(", ")", "{", "}", "<", "=",
	`\`, `\:`, `\*`, `\n`, `\t`, `\not`, `\Not`, `\and `, `\or`, `\u0020`, `\u0041`, `\u00`, `\"`,
}

func TestOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	const queries = 100_000
	for range queries {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(oracleTokens[random.IntN(len(oracleTokens))])
		}
		query := b.String()
		n, err := Parse(query)
		want, ok := oracle(query)
		if ok != (err == nil) {
			t.Fatalf("Parse(%q): %v; the oracle accepts: %v", query, err, ok)
		}
		if !ok {
			continue
		}
		accepted++
		if got := sexpr(n); got != want {
			t.Fatalf("Parse(%q)\n got %s\nwant %s", query, got, want)
		}
		checkRoundTrip(t, n)
	}
	if accepted < queries/20 {
		t.Errorf("only %d of %d queries were accepted: hardly a test", accepted, queries)
	}
	t.Logf("%d of %d queries accepted", accepted, queries)
}
