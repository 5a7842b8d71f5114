package kql

import (
	"fmt"
	"strings"
)

// Hints explain common mistakes, most of them made by writing another query
// language. They do not decide what is refused.

const (
	joinHint   = `join conditions with "and" or "or"`
	valuesHint = `values are joined by "or" or "and"`
	nestedHint = `a nested query is written "path: { ... }"`
	negateHint = `write "not field: value" or "field: (not value)"`
)

// missingHint returns a hint for a place where a condition or a value should start.
func (p *parser) missingHint() string {
	if _, ok := notAt(p.query, p.pos); ok {
		switch p.prev.kind {
		case tokenColon:
			return negateHint
		case tokenRangeOp:
			return `write "not field > value"`
		}
		return `"not" cannot be doubled; a second one needs parentheses: not (not a: b)`
	}
	switch c := p.peek(); p.prev.kind {
	case tokenNone, tokenParen, tokenBrace:
		switch c {
		case ':', '<', '>':
			return "a field name belongs before it"
		case '{':
			return nestedHint
		case ')', '}':
			if p.prev.kind != tokenNone {
				return "there must be a condition between them"
			}
		}
	case tokenList:
		if c == ')' {
			return `a list needs at least one value; "field: *" asks for any`
		}
	case tokenColon:
		switch c {
		case ':':
			return `quote the value, or write each colon in it as \:`
		case '<', '>':
			return `a comparison has no colon: field > value`
		}
	case tokenRangeOp:
		switch c {
		case '(':
			return `a comparison takes one value; join several comparisons with "and" or "or"`
		case '<', '>':
			if p.text(p.prev.span) == "<" && c == '>' {
				return negateHint
			}
			return "the operators are > >= < <="
		}
	case tokenKeyword:
		if c == ')' || c == '}' || p.pos == len(p.query) {
			return `quote the word if it is meant as text`
		}
	}
	return ""
}

// unexpectedHint returns a hint for text after a complete condition or value.
func (p *parser) unexpectedHint() string {
	switch {
	case p.peek() == ')' || p.peek() == '}':
		return p.closingHint()
	case p.prev.kind == tokenUnquoted:
		return p.afterUnquotedHint()
	}
	if p.isWord(span(p.pos, p.wordEnd(p.pos)), "not") {
		return `join conditions with "and not" or "or not"`
	}
	if p.keywordFlaw() != "" {
		return ""
	}
	rest := p.query[p.pos:]
	switch rest[0] {
	case ',', ';':
		return valuesHint
	case '&', '|':
		return joinHint
	case '~', '^':
		return "there are no fuzzy searches and no boosts"
	case '*':
		if p.prev.kind == tokenQuoted {
			return "a star is a wildcard only outside quotes; write the whole value without them"
		}
	case '=', '!':
		return equalityHint(rest)
	case ':':
		if p.prev.kind == tokenQuoted {
			return "a value cannot be followed by another; one pair of quotes holds the whole value"
		}
	}
	if p.prev.kind == tokenQuoted && spaceAt(p.query, p.prev.span.End) == 0 {
		return `a quote inside quotes is written \"`
	}
	return joinHint
}

// closingHint returns a hint for a parenthesis or brace that closes nothing or another
// one.
func (p *parser) closingHint() string {
	closing := p.query[p.pos : p.pos+1]
	switch {
	case p.prev.kind == tokenUnquoted && lucene(p.text(p.prev.span)):
		return luceneHint
	case len(p.open) == 0:
		return `nothing is open; in text write \` + closing
	}
	opened := p.open[len(p.open)-1]
	line, column := opened.span.Position(p.query)
	return fmt.Sprintf(`it does not close the %q of %d:%d`, p.text(opened.span), line, column)
}

// afterUnquotedHint returns a hint for a special character or a keyword after
// unquoted text.
func (p *parser) afterUnquotedHint() string {
	text := p.text(p.prev.span)
	if _, ok := notAt(p.query, p.pos); ok {
		return `"not" before white space is a keyword, even at the end of a word; quote the text, or join conditions with "and not"`
	}
	c := p.query[p.pos]
	last := text[strings.LastIndexAny(text, " \t\r\n")+1:]
	switch {
	case lucene(text):
		return luceneHint
	case strings.Contains(text, "&&"), strings.Contains(text, "||"):
		return joinHint
	case strings.ContainsAny(text, "“”„"):
		return `only the plain " is a quote`
	case c == '(':
		for _, word := range [...]string{"and", "or", "not"} {
			if strings.EqualFold(last, word) {
				return `"` + word + `" needs white space after it`
			}
		}
		if strings.EqualFold(last, "in") {
			return `a list is written "field: (a or b)"`
		}
		return `quote the text, or write \(`
	case c == '{':
		return nestedHint + `; in text write \{`
	}
	if hint := equalityHint(last); hint != "" && c == '"' {
		return hint
	}
	switch c {
	case '"':
		if p.prev.bare {
			return `a field and its value are joined by a colon; in text write \"`
		}
		return `quote the whole text, or write \"`
	case ':':
		if len(p.open) > 0 && p.open[len(p.open)-1].kind == tokenList {
			return `a list holds values of one field; a colon in text is written \:`
		}
		if strings.ContainsAny(text, " \t\r\n") {
			return joinHint + `; a colon in text is written \:`
		}
		return `quote the value, or write each colon in it as \:`
	case '<', '>':
		return joinHint + `; in text write \` + string(c)
	}
	return ""
}

const luceneHint = "there are no ranges in brackets; write field >= a and field <= b"

// lucene reports whether the text looks like a range in Lucene's syntax without its
// closing brace.
func lucene(text string) bool {
	return strings.HasPrefix(text, "[") && strings.Contains(text, " TO ")
}

// equalityHint returns a hint for text that starts or ends with an equals sign or its negation.
func equalityHint(text string) string {
	switch {
	case strings.HasPrefix(text, "!="), strings.HasSuffix(text, "!="):
		return `there is no !=; ` + negateHint
	case strings.HasPrefix(text, "="), strings.HasSuffix(text, "="):
		return `there is no = or ==; write "field: value"`
	}
	return ""
}

// unclosedQuoteHint returns a hint for a quote that extends to the end of the query.
func (p *parser) unclosedQuoteHint() string {
	if strings.HasSuffix(strings.TrimRight(p.query, " \t\r\n)}"), `\"`) {
		return `\" does not close it; for a backslash at the end write \\`
	}
	return `a quote that is meant as text is written \"`
}
