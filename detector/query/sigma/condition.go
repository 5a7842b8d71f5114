package sigma

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// conditionParser parses a condition:
//
//	or   = and { "or" and }
//	and  = not { "and" not }
//	not  = "not" not | "(" or ")" | ("1" | "any" | "all") "of" (pattern | "them") | identifier
type conditionParser struct {
	*part
	text  string
	begin int // of the value in the query
	pos   int
	token string // empty at the end
	start int    // of the token
}

func (c *conditionParser) span() query.Span {
	// Quotes and folded lines move what follows; the value's own place is right in any
	// case.
	if !strings.HasPrefix(c.part.text[min(c.begin, len(c.part.text)):], c.text) {
		return query.Span{Start: c.begin, End: c.begin + 1}
	}
	return query.Span{Start: c.begin + c.start, End: c.begin + c.start + max(1, len(c.token))}
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// next reads the next token.
func (c *conditionParser) next() {
	for c.pos < len(c.text) && isBlank(c.text[c.pos]) {
		c.pos++
	}
	c.start = c.pos
	if c.pos < len(c.text) && strings.IndexByte("()|", c.text[c.pos]) >= 0 {
		c.pos++
	} else {
		for c.pos < len(c.text) && !isBlank(c.text[c.pos]) && strings.IndexByte("()|", c.text[c.pos]) < 0 {
			c.pos++
		}
	}
	c.token = c.text[c.start:c.pos]
}

func (c *conditionParser) parse() (query.Node, *query.Error) {
	c.next()
	if c.token == "" {
		return nil, c.refuse(c.span(), "the condition is empty, must be such as \"selection and not filter\"")
	}
	node, err := c.or(maxDepth)
	switch {
	case err != nil:
		return nil, err
	case c.token == "|":
		return nil, c.refuse(c.span(), `"|" begins an aggregation of Sigma 1: Sigma 2 has correlations for them`)
	case c.token == ")":
		return nil, c.refuse(c.span(), `")" without "(" before it`)
	case c.token != "":
		return nil, c.refuse(c.span(), "found %q, expected \"and\", \"or\" or the end of the condition", c.token)
	}
	return node, nil
}

func (c *conditionParser) or(depth int) (query.Node, *query.Error) {
	span := c.span()
	node, err := c.and(depth)
	if err != nil || c.token != "or" {
		return node, err
	}
	or := &query.Or{Nodes: []query.Node{node}, At: span}
	for c.token == "or" {
		c.next()
		if node, err = c.and(depth); err != nil {
			return nil, err
		}
		or.Nodes = append(or.Nodes, node)
	}
	return or, nil
}

func (c *conditionParser) and(depth int) (query.Node, *query.Error) {
	span := c.span()
	node, err := c.not(depth)
	if err != nil || c.token != "and" {
		return node, err
	}
	and := &query.And{Nodes: []query.Node{node}, At: span}
	for c.token == "and" {
		c.next()
		if node, err = c.not(depth); err != nil {
			return nil, err
		}
		and.Nodes = append(and.Nodes, node)
	}
	return and, nil
}

func (c *conditionParser) not(depth int) (query.Node, *query.Error) {
	span := c.span()
	if depth == 0 {
		return nil, c.refuse(span, "parentheses and \"not\" are nested deeper than %d levels", maxDepth)
	}
	switch c.token {
	case "not":
		c.next()
		node, err := c.not(depth - 1)
		if err != nil {
			return nil, err
		}
		return &query.Not{Node: node, At: span}, nil
	case "(":
		c.next()
		node, err := c.or(depth - 1)
		if err != nil {
			return nil, err
		}
		if c.token != ")" {
			return nil, c.refuse(span, `"(" is not closed`)
		}
		c.next()
		return node, nil
	case "":
		return nil, c.refuse(span, "the condition ends too early: a search identifier is missing")
	case ")", "|", "and", "or":
		return nil, c.refuse(span, "found %q, expected a search identifier, \"not\", \"(\", \"1 of\" or \"all of\"", c.token)
	}
	word := c.token
	c.next()
	if c.token == "of" {
		return c.quantified(word, span)
	}
	id := c.byName[word]
	if id == nil {
		return nil, c.refuse(span, "%q is not a search identifier of this detection%s", word, c.hint(word))
	}
	id.Used = true
	return id.Node, c.add(1, span)
}

// hint returns what was meant by an unknown word.
func (c *conditionParser) hint(word string) string {
	switch lower := strings.ToLower(word); {
	case lower != word && slices.Contains([]string{"and", "or", "not", "of", "them", "all", "any"}, lower):
		return "; operators are in lower case: " + lower
	case strings.Contains(word, "*"):
		return "; a pattern needs \"1 of\" or \"all of\" before it"
	}
	return spelling.Suggest(word, c.names(func(string) bool { return true }))
}

func (c *conditionParser) names(wanted func(string) bool) (names []string) {
	for _, id := range c.identifiers {
		if wanted(id.Name) {
			names = append(names, id.Name)
		}
	}
	return names
}

// quantified reads what comes behind the word before "of".
func (c *conditionParser) quantified(word string, span query.Span) (query.Node, *query.Error) {
	if word != "1" && word != "any" && word != "all" {
		return nil, c.refuse(span, "%q of: only \"1 of\", \"any of\" and \"all of\" are allowed", word)
	}
	c.next()
	at := c.span()
	pattern := c.token
	switch pattern {
	case "", "(", ")", "|", "and", "or", "not":
		return nil, c.refuse(at, "after \"of\" comes \"them\" or a pattern of search identifiers, such as selection_*")
	}
	names := c.names(func(name string) bool {
		if pattern == "them" {
			return name[0] != '_'
		}
		return fitsName(pattern, name)
	})
	if len(names) == 0 {
		return nil, c.refuse(at, "no search identifier fits %q", pattern)
	}
	c.next()
	if err := c.add(len(names), span); err != nil {
		return nil, err
	}
	nodes := make([]query.Node, len(names))
	for i, name := range names {
		c.byName[name].Used = true
		nodes[i] = c.byName[name].Node
	}
	switch {
	case len(nodes) == 1:
		return nodes[0], nil
	case word == "all":
		return &query.And{Nodes: nodes, At: span}, nil
	}
	return &query.Or{Nodes: nodes, At: span}, nil
}

// fitsName reports whether a name fits a pattern in which only stars are special.
func fitsName(pattern, name string) bool {
	runs := strings.Split(pattern, "*")
	if len(runs) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, runs[0])
	if !ok {
		return false
	}
	last := runs[len(runs)-1]
	if rest, ok = strings.CutSuffix(rest, last); !ok {
		return false
	}
	for _, run := range runs[1 : len(runs)-1] {
		_, after, found := strings.Cut(rest, run)
		if !found {
			return false
		}
		rest = after
	}
	return true
}
