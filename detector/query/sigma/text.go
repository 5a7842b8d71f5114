package sigma

import (
	"encoding/base64"
	"regexp/syntax"
	"strings"
	"unicode/utf16"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// parsePattern parses a text with wildcards. A backslash makes a wildcard or a backslash
// behind it an ordinary character, and is itself before anything else.
func parsePattern(text string) query.Pattern {
	p := query.Pattern{""}
	var run strings.Builder
	flush := func() { p[len(p)-1] += run.String(); run.Reset() }
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			if i+1 < len(text) && strings.IndexByte(`\*?`, text[i+1]) >= 0 {
				i++
				c = text[i]
			}
			run.WriteByte(c)
		case '*':
			flush()
			p = append(p, "")
		case '?':
			run.WriteByte(query.AnyChar)
		default:
			run.WriteByte(c)
		}
	}
	flush()
	return p
}

// isPlain reports whether a pattern has no wildcard.
func isPlain(p query.Pattern) bool {
	return len(p) == 1 && strings.IndexByte(p[0], query.AnyChar) < 0
}

// fold returns how letters compare.
func (it *item) fold() query.Fold {
	if it.cased {
		return query.NoFold
	}
	return query.SimpleFold
}

// placed returns the pattern at the place that the modifiers say. Keywords are anywhere.
func (it *item) placed(p query.Pattern) query.Pattern {
	place := it.place
	if place == "" && it.isKeyword() {
		place = "contains"
	}
	if place == "contains" || place == "endswith" {
		p = append(query.Pattern{""}, p...)
	}
	if place == "contains" || place == "startswith" {
		p = append(p, "")
	}
	return p
}

// texts returns the nodes of a text, one of which has to be true.
func (it *item) texts(v *document.Value) ([]query.Node, *query.Error) {
	p := parsePattern(v.Text)
	if len(it.encoding) > 0 {
		if !isPlain(p) {
			return nil, it.refuse(at(v), "%q has a wildcard, which cannot be encoded", v.Text)
		}
		var nodes []query.Node
		for _, text := range encode([]string{p[0]}, it.encoding) {
			nodes = append(nodes, it.compare(v, query.Value{Kind: query.Glob, Pattern: it.placed(query.Pattern{text}), Fold: it.fold(), Text: text}))
		}
		return nodes, nil
	}
	if it.windash {
		if expression, ok := it.dashes(p); ok {
			return []query.Node{it.compare(v, query.Value{Kind: query.Regexp, Text: expression})}, nil
		}
	}
	return []query.Node{it.compare(v, query.Value{Kind: query.Glob, Pattern: it.placed(p), Fold: it.fold(), Text: v.Text})}, nil
}

func (it *item) compare(v *document.Value, value query.Value) query.Node {
	value.At = at(v)
	return &query.Compare{Field: it.name(), Value: value, At: at(v)}
}

// encode encodes texts, as the modifiers say in their order.
func encode(texts []string, encodings []string) []string {
	for _, name := range encodings {
		var out []string
		for _, text := range texts {
			switch name {
			case "base64":
				out = append(out, base64.StdEncoding.EncodeToString([]byte(text)))
			case "base64offset":
				out = append(out, offsets(text)...)
			default:
				out = append(out, wide(text, name))
			}
		}
		texts = out
	}
	return texts
}

// offsets returns what base64 makes of a text behind 0, 1 and 2 other bytes, without the
// characters that depend on what is before and behind it.
func offsets(text string) []string {
	var out []string
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, before), text...))
		first := [...]int{0, 2, 3}[before]
		last := (before + len(text)) * 8 / 6 // characters that have only bits of the text
		if first < last {
			out = append(out, encoded[first:last])
		}
	}
	return out
}

// wide returns a text in UTF-16.
func wide(text, name string) string {
	units := utf16.Encode([]rune(text))
	if name == "utf16" {
		units = append([]uint16{0xfeff}, units...)
	}
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		if name == "utf16be" {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

// dashes returns the expression of a pattern in which a dash or a slash at the beginning
// of a word stands for each of the characters that begin options on Windows. It returns
// false if there is none.
func (it *item) dashes(p query.Pattern) (expression string, ok bool) {
	var b strings.Builder
	b.WriteString(`(?s`)
	if !it.cased {
		b.WriteByte('i')
	}
	b.WriteString(`:^`)
	before := rune(0) // of the text; a wildcard is not a part of a word
	for i, run := range it.placed(p) {
		if i > 0 {
			b.WriteString(`.*`)
			before = 0
		}
		runes := []rune(strings.ReplaceAll(run, string([]byte{query.AnyChar}), "\x00"))
		for j, r := range runes {
			switch {
			case r == 0:
				b.WriteByte('.')
			case (r == '-' || r == '/') && !isWord(before) && j+1 < len(runes) && isWord(runes[j+1]):
				b.WriteString(`[-/–—―]`)
				ok = true
			default:
				b.WriteString(quote(r))
			}
			before = r
		}
	}
	b.WriteString(`$)`)
	return b.String(), ok
}

// isWord reports whether a character is a part of a word.
func isWord(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 0x7f && r != '–' && r != '—' && r != '―'
}

// quote returns a character as it stands in a regular expression.
func quote(r rune) string {
	if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// expression returns the node of a regular expression.
func (it *item) expression(v *document.Value) ([]query.Node, *query.Error) {
	text := v.Text
	flags := it.flags
	if _, err := syntax.Parse(text, syntax.Perl); err != nil {
		return nil, it.refuse(at(v), "%v; look-around and backreferences are not part of Sigma's regular expressions", err)
	}
	if flags != "" {
		text = "(?" + flags + ":" + text + ")"
	}
	if _, err := pattern.NewRegexp(text); err != nil {
		return nil, it.refuse(at(v), "%v", err)
	}
	return []query.Node{it.compare(v, query.Value{Kind: query.Regexp, Text: text})}, nil
}

// reference returns the node of a comparison with another field.
func (it *item) reference(v *document.Value) ([]query.Node, *query.Error) {
	fn := query.FnIn
	switch it.place {
	case "contains":
		fn = query.FnStringContains
	case "startswith":
		fn = query.FnStartsWith
	case "endswith":
		fn = query.FnEndsWith
	}
	args := []query.Expr{&query.Column{Field: it.name()}, &query.Column{Field: query.Field{Name: v.Text, At: at(v)}}}
	return []query.Node{&query.Computed{Expr: &query.Call{Func: fn, Args: args, Fold: it.fold(), At: at(v)}, At: at(v)}}, nil
}
