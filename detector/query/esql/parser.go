package esql

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

const (
	// MaxLength is the maximum length of a query, in bytes.
	MaxLength = syntax.MaxLength
	// MaxDepth is the maximum number of parentheses, functions and signs that are in
	// each other.
	MaxDepth = syntax.MaxDepth
	// MaxChain is the maximum number of arithmetic operators in a row.
	MaxChain = syntax.MaxChain
	// MaxSize is the maximum number of parts of what a column is computed of.
	MaxSize = 1 << 12
	// MaxCommands is the maximum number of commands.
	MaxCommands = 256
)

// parser is a recursive-descent parser.
type parser struct{ syntax.Parser }

// Parse reads a query. The error, if any, is a [*query.Error] and reports the first
// mistake. The types of columns, and whether they exist, are not looked at.
func Parse(text string) (*Query, error) {
	q, err := parse(text)
	if err != nil {
		return nil, err
	}
	return q, nil
}

func parse(text string) (*Query, *query.Error) {
	var p parser
	if err := p.Begin(text, dialect); err != nil {
		return nil, err
	}
	q := &Query{Text: text}
	if err := p.from(q); err != nil {
		return nil, err
	}
	for p.IsOperator("|") {
		if len(q.Commands) == MaxCommands {
			return nil, p.Refuse(p.Token.Span, "more than %d commands", MaxCommands)
		}
		if err := p.Advance(); err != nil {
			return nil, err
		}
		c, err := p.command()
		if err != nil {
			return nil, err
		}
		q.Commands = append(q.Commands, c)
	}
	if p.Token.Kind != syntax.End {
		return nil, p.Unexpected(`an operator, "," or "|"`)
	}
	return q, nil
}

// acceptKeyword moves behind a keyword, and reports whether it was there.
func (p *parser) acceptKeyword(word string) (bool, *query.Error) {
	if !p.IsKeyword(word) {
		return false, nil
	}
	return true, p.Advance()
}

func (p *parser) expectKeyword(word string) *query.Error {
	if !p.IsKeyword(word) {
		return p.Unexpected(word)
	}
	return p.Advance()
}

// metadata are the columns that FROM can add.
var metadata = []string{"_id", "_ignored", "_index", "_index_mode", "_score", "_source", "_tier", "_tsid", "_version"}

// from reads the first command.
func (p *parser) from(q *Query) *query.Error {
	if !p.IsKeyword("from") {
		if p.Token.Kind == syntax.Name && slices.Contains([]string{"ROW", "SHOW", "TS", "PROMQL"}, strings.ToUpper(p.Token.Text)) {
			return p.Unsupported(p.Token.Span, "%s is not supported: a rule reads documents, as in FROM logs-*", strings.ToUpper(p.Token.Text))
		}
		return p.Unexpected("FROM")
	}
	p.Behind = p.Token.Span.End
	if err := p.indices(q); err != nil {
		return err
	}
	if ok, err := p.acceptKeyword("metadata"); err != nil || !ok {
		return err
	}
	names, err := p.names(false)
	if err != nil {
		return err
	}
	for _, n := range names {
		if !slices.Contains(metadata, n.Text) {
			return unknownColumn(p.Query, n.At, n.Text, ": METADATA has "+strings.Join(metadata, ", "), metadata)
		}
	}
	q.Metadata = names
	return nil
}

// indices reads the names of indices, which may have nearly any character in them.
func (p *parser) indices(q *Query) *query.Error {
	for more := true; more; {
		if err := p.SkipBlank(); err != nil {
			return err
		}
		start := p.Pos
		if p.At(start) == '"' {
			if _, err := p.Str(); err != nil {
				return err
			}
		} else {
			for p.Pos < len(p.Query) && strings.IndexByte(" \t\r\n,|\"`()[]", p.Query[p.Pos]) < 0 && !strings.HasPrefix(p.Query[p.Pos:], "//") && !strings.HasPrefix(p.Query[p.Pos:], "/*") {
				p.Pos++
			}
		}
		p.Token.Span = syntax.Span(start, p.Pos)
		if start == p.Pos {
			if err := p.Advance(); err != nil {
				return err
			}
			return p.Unexpected("the name of an index, such as logs-*")
		}
		at := p.Token.Span
		q.Indices = append(q.Indices, Name{Text: strings.Trim(p.Query[at.Start:at.End], `"`), At: at})
		if err := p.Advance(); err != nil {
			return err
		}
		if more = p.IsOperator(","); more {
			p.Behind = p.Token.Span.End
		}
	}
	return nil
}

// commands are the commands that are evaluated, in the order of the manual.
var commands = map[string]func(*parser, int) (Command, *query.Error){}

func init() {
	commands["WHERE"] = (*parser).where
	commands["EVAL"] = (*parser).eval
	commands["KEEP"] = (*parser).keep
	commands["DROP"] = (*parser).drop
	commands["RENAME"] = (*parser).rename
	commands["DISSECT"] = (*parser).dissect
	commands["GROK"] = (*parser).grok
	commands["STATS"] = (*parser).stats
	commands["SORT"] = (*parser).sort
	commands["LIMIT"] = (*parser).limit
}

// commandNames are the names of those commands, and otherCommands those that ES|QL has
// besides.
var (
	commandNames  = []string{"DISSECT", "DROP", "EVAL", "FROM", "GROK", "KEEP", "LIMIT", "RENAME", "SORT", "STATS", "WHERE"}
	otherCommands = []string{"CHANGE_POINT", "COMPLETION", "ENRICH", "FORK", "FUSE", "INLINE", "INLINESTATS", "INSIST", "LOOKUP", "MV_EXPAND", "REGISTERED_DOMAIN", "RERANK", "SAMPLE", "URI_PARTS", "USER_AGENT"}
)

// command reads a command behind a pipe.
func (p *parser) command() (Command, *query.Error) {
	t := p.Token
	word := strings.ToUpper(t.Text)
	read, ok := commands[word]
	switch {
	case t.Kind != syntax.Name:
		return nil, p.Unexpected("a command such as WHERE or EVAL")
	case word == "FROM":
		return nil, p.Refuse(t.Span, "FROM is the first command, and only that")
	case slices.Contains(otherCommands, word):
		return nil, p.Unsupported(t.Span, "%s is not evaluated here; allowed are %s", word, strings.Join(commandNames, ", "))
	case !ok:
		return nil, p.Refuse(t.Span, "unknown command %s%s", p.Shown(t.Span), spelling.Suggest(word, commandNames))
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	return read(p, t.Span.Start)
}

// since returns the place of a command that begins there and ends before the current
// token.
func (p *parser) since(start int) at { return at{syntax.Span(start, p.Behind)} }

func (p *parser) where(start int) (Command, *query.Error) {
	condition, err := p.or()
	return &Where{condition, p.since(start)}, err
}

func (p *parser) eval(start int) (Command, *query.Error) {
	columns, err := p.assignments(false)
	return &Eval{columns, p.since(start)}, err
}

func (p *parser) keep(start int) (Command, *query.Error) {
	names, err := p.names(true)
	return &Keep{names, p.since(start)}, err
}

func (p *parser) drop(start int) (Command, *query.Error) {
	names, err := p.names(true)
	return &Drop{names, p.since(start)}, err
}

// rename reads "a AS b, c = d", where c is the new name.
func (p *parser) rename(start int) (Command, *query.Error) {
	r := &Rename{}
	for more := true; more; {
		first, err := p.name(false)
		if err != nil {
			return nil, err
		}
		reversed, err := p.Accept("=")
		if err != nil {
			return nil, err
		}
		if !reversed {
			if err := p.expectKeyword("AS"); err != nil {
				return nil, err
			}
		}
		second, err := p.name(false)
		if err != nil {
			return nil, err
		}
		if reversed {
			first, second = second, first
		}
		r.Old, r.New = append(r.Old, first), append(r.New, second)
		if more, err = p.Accept(","); err != nil {
			return nil, err
		}
	}
	r.at = p.since(start)
	return r, nil
}

func (p *parser) dissect(start int) (Command, *query.Error) {
	x, err := p.extract(query.FnDissect, "DISSECT")
	if err != nil {
		return nil, err
	}
	if p.IsKeyword("APPEND_SEPARATOR") {
		if err := p.Advance(); err != nil {
			return nil, err
		}
		if err := p.Expect("="); err != nil {
			return nil, err
		}
		if p.Token.Kind != syntax.String {
			return nil, p.Unexpected("a string")
		}
		x.Separator = p.Token.Text
		if err := p.Advance(); err != nil {
			return nil, err
		}
	}
	d, wrong := pattern.NewDissect(x.Pattern.Text, x.Separator)
	if wrong != nil {
		return nil, p.Refuse(x.Pattern.At, "DISSECT: %v", wrong)
	}
	x.Parts, x.at = d.Names(), p.since(start)
	return x, nil
}

func (p *parser) grok(start int) (Command, *query.Error) {
	x, err := p.extract(query.FnGrok, "GROK")
	if err != nil {
		return nil, err
	}
	if p.IsOperator(",") {
		return nil, p.Unsupported(p.Token.Span, "several patterns are not evaluated here; write one, with | in it")
	}
	g, wrong := pattern.NewGrok(x.Pattern.Text)
	if wrong != nil {
		refused := p.Refuse(x.Pattern.At, "GROK: %v", wrong)
		var lookaround *pattern.LuceneError
		refused.Unsupported = errors.As(wrong, &lookaround)
		return nil, refused
	}
	x.Parts, x.at = g.Names(), p.since(start)
	return x, nil
}

// extract reads a column and a pattern.
func (p *parser) extract(fn query.Func, command string) (*Extract, *query.Error) {
	input, err := p.primary()
	if err != nil {
		return nil, err
	}
	if p.Token.Kind != syntax.String {
		return nil, p.Unexpected("a pattern in quotes behind the column of " + command)
	}
	x := &Extract{Func: fn, Input: input, Pattern: query.Value{Text: p.Token.Text, At: p.Token.Span}}
	return x, p.Advance()
}

func (p *parser) stats(start int) (Command, *query.Error) {
	s := &Stats{}
	var err *query.Error
	if !p.IsKeyword("by") {
		if s.Aggregates, err = p.assignments(true); err != nil {
			return nil, err
		}
	}
	by, err := p.acceptKeyword("by")
	if err != nil {
		return nil, err
	}
	if by {
		if s.By, err = p.assignments(false); err != nil {
			return nil, err
		}
	}
	s.at = p.since(start)
	return s, nil
}

func (p *parser) sort(start int) (Command, *query.Error) {
	s := &Sort{}
	for more := true; more; {
		e, err := p.or()
		if err != nil {
			return nil, err
		}
		k := Key{Expr: e}
		if k.Descending, err = p.acceptKeyword("desc"); err == nil && !k.Descending {
			_, err = p.acceptKeyword("asc")
		}
		if err != nil {
			return nil, err
		}
		k.NullsFirst = k.Descending
		nulls, err := p.acceptKeyword("nulls")
		if err != nil {
			return nil, err
		}
		if nulls {
			if k.NullsFirst, err = p.acceptKeyword("first"); err == nil && !k.NullsFirst {
				if !p.IsKeyword("last") {
					return nil, p.Unexpected("FIRST or LAST")
				}
				err = p.Advance()
			}
			if err != nil {
				return nil, err
			}
		}
		s.Keys = append(s.Keys, k)
		if more, err = p.Accept(","); err != nil {
			return nil, err
		}
	}
	s.at = p.since(start)
	return s, nil
}

func (p *parser) limit(start int) (Command, *query.Error) {
	rows, err := strconv.Atoi(p.Token.Text)
	if p.Token.Kind != syntax.Integer || err != nil {
		return nil, p.Unexpected("a number of rows")
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	return &Limit{rows, p.since(start)}, nil
}

// assignments reads "a = expression, expression", of STATS with "WHERE condition".
func (p *parser) assignments(aggregates bool) (list []Assignment, err *query.Error) {
	for more := true; more; {
		var a Assignment
		if a, err = p.assignment(aggregates); err != nil {
			return nil, err
		}
		list = append(list, a)
		if more, err = p.Accept(","); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p *parser) assignment(aggregate bool) (a Assignment, err *query.Error) {
	start := p.Token.Span.Start
	if a.Expr, err = p.or(); err != nil {
		return a, err
	}
	a.Name = Name{Text: p.Query[start:p.Behind], At: syntax.Span(start, p.Behind)}
	column, isColumn := a.Expr.(*query.Column)
	if isColumn {
		a.Name.Text = column.Field.Name
	}
	if isColumn && p.IsOperator("=") {
		if err = p.Advance(); err != nil {
			return a, err
		}
		if a.Expr, err = p.or(); err != nil {
			return a, err
		}
	}
	if aggregate && p.IsKeyword("where") {
		if err = p.Advance(); err != nil {
			return a, err
		}
		a.Where, err = p.or()
	}
	return a, err
}

// names reads names of columns, or patterns of them.
func (p *parser) names(patterns bool) (list []Name, err *query.Error) {
	for more := true; more; {
		var n Name
		if n, err = p.name(patterns); err != nil {
			return nil, err
		}
		list = append(list, n)
		if more, err = p.Accept(","); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// name reads the name of a column: names joined by dots, or a pattern with stars.
func (p *parser) name(patterns bool) (Name, *query.Error) {
	n := Name{At: p.Token.Span}
	var runs query.Pattern
	run := ""
	for first := true; ; first = false {
		t := p.Token
		if !first && t.Span.Start != p.Behind { // parts follow each other without blanks
			break
		}
		switch {
		case t.Kind == syntax.Name, t.Kind == syntax.Quoted, t.Kind == syntax.Integer && !first:
			run += t.Text
		case t.Kind == syntax.Decimal && !first && strings.HasPrefix(t.Text, "."):
			run += t.Text
		case p.IsOperator("*") && patterns:
			runs, run = append(runs, run), ""
		case p.IsOperator(".") && !first:
			run += "."
		default:
			if first {
				return n, p.Unexpected("the name of a column")
			}
			n.finish(runs, run)
			return n, p.checkName(n)
		}
		n.At.End = t.Span.End
		if err := p.Advance(); err != nil {
			return n, err
		}
	}
	n.finish(runs, run)
	return n, p.checkName(n)
}

func (n *Name) finish(runs query.Pattern, run string) {
	n.Text = strings.Join(append(runs, run), "*")
	if runs != nil {
		n.Pattern = append(runs, run)
	}
}

func (p *parser) checkName(n Name) *query.Error {
	if strings.HasSuffix(n.Text, ".") {
		return p.Unexpected("a name behind the dot")
	}
	return nil
}
