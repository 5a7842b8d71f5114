package esql

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/expr"
	"github.com/fluent-detect/fluent-detect/detector/query/pattern"
	"github.com/fluent-detect/fluent-detect/detector/query/syntax"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

func (p *parser) or() (query.Expr, *query.Error) { return p.Chain("or", query.FnOr, p.and) }

func (p *parser) and() (query.Expr, *query.Error) { return p.Chain("and", query.FnAnd, p.not) }

func (p *parser) not() (query.Expr, *query.Error) { return p.Not(p.comparison) }

func (p *parser) sum() (query.Expr, *query.Error) { return p.Sum(p.signed) }

// comparison reads an operand and what it is compared with, if anything.
func (p *parser) comparison() (query.Expr, *query.Error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.Token
	switch f, ok := p.Comparison(); {
	case ok:
		return p.compared(f, left)
	case p.IsOperator("=~"):
		return nil, p.Unsupported(t.Span, `"=~" is not evaluated here; compare TO_LOWER(…)`)
	case p.IsOperator(":"):
		return p.search(left)
	case t.Kind == syntax.Name:
		return p.predicate(left)
	}
	return left, nil
}

func (p *parser) compared(f query.Func, left query.Expr) (query.Expr, *query.Error) {
	if err := p.Advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if _, ok := p.Comparison(); ok {
		return nil, p.Refuse(p.Token.Span, `a comparison cannot be compared: join comparisons with "and"`)
	}
	return syntax.Call(f, left, right), nil
}

// search reads ": constant" behind a column.
func (p *parser) search(left query.Expr) (query.Expr, *query.Error) {
	if _, ok := left.(*query.Column); !ok {
		return nil, p.Refuse(left.Span(), `":" searches in a column`)
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	right, err := p.primary()
	if err != nil {
		return nil, err
	}
	if c, ok := right.(*query.Constant); !ok || c.Value == nil {
		return nil, p.Refuse(right.Span(), `behind ":" there must be a text, a number or a boolean`)
	}
	return syntax.Call(query.FnHas, left, right), nil
}

// predicate reads "[not] in (…)", "[not] like …", "[not] rlike …" and "is [not] null".
func (p *parser) predicate(left query.Expr) (query.Expr, *query.Error) {
	if p.IsKeyword("is") {
		return p.null(left)
	}
	negated := p.IsKeyword("not")
	if negated {
		if err := p.Advance(); err != nil {
			return nil, err
		}
	}
	var e query.Expr
	var err *query.Error
	switch {
	case p.IsKeyword("in"):
		e, err = p.list(left)
	case p.IsKeyword("like"), p.IsKeyword("rlike"):
		e, err = p.patterns(left)
	case negated:
		return nil, p.Unexpected(`"in", "like" or "rlike"`)
	default:
		return left, nil
	}
	if err != nil || !negated {
		return e, err
	}
	return syntax.Call(query.FnNot, e), nil
}

func (p *parser) null(left query.Expr) (query.Expr, *query.Error) {
	if err := p.Advance(); err != nil {
		return nil, err
	}
	f := query.FnIsNull
	not, err := p.acceptKeyword("not")
	if err != nil {
		return nil, err
	}
	if not {
		f = query.FnNotNull
	}
	if !p.IsKeyword("null") {
		return nil, p.Unexpected(`"null"`)
	}
	at := syntax.Span(left.Span().Start, p.Token.Span.End)
	return &query.Call{Func: f, Args: []query.Expr{left}, At: at}, p.Advance()
}

// list reads "in (a, b)".
func (p *parser) list(left query.Expr) (query.Expr, *query.Error) {
	if err := p.Advance(); err != nil {
		return nil, err
	}
	args, end, err := p.Arguments(p.or)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, p.Refuse(syntax.Span(end-1, end), "a list needs at least one value")
	}
	at := syntax.Span(left.Span().Start, end)
	return &query.Call{Func: query.FnOneOf, Args: append([]query.Expr{left}, args...), At: at}, nil
}

// patterns reads a pattern behind like or rlike, or several in parentheses.
func (p *parser) patterns(left query.Expr) (query.Expr, *query.Error) {
	regular := p.IsKeyword("rlike")
	if err := p.Advance(); err != nil {
		return nil, err
	}
	like := &query.Call{Func: query.FnLike, Args: []query.Expr{left}, At: left.Span()}
	several := p.IsOperator("(")
	var err *query.Error
	like.At.End, err = p.Strings(func() *query.Error {
		v := query.Value{Kind: query.Glob, Text: p.Token.Text, Pattern: pattern.Escaped(p.Token.Text), At: p.Token.Span}
		if regular {
			text, err := pattern.Lucene(v.Text, false)
			if err != nil {
				return p.refuseRegexp(v.At, err)
			}
			v.Kind, v.Text, v.Pattern = query.Regexp, text, nil
		}
		like.Patterns = append(like.Patterns, v)
		return nil
	})
	if err == nil && !several && fitsAll(&like.Patterns[0]) { // which a list fits too
		return &query.Call{Func: query.FnNotNull, Args: like.Args, At: like.At}, nil
	}
	return like, err
}

// fitsAll reports whether a pattern fits any text, by its form: * or .* alone.
func fitsAll(v *query.Value) bool {
	if v.Kind == query.Glob {
		return !slices.ContainsFunc(v.Pattern, func(run string) bool { return run != "" }) && len(v.Pattern) > 1
	}
	return v.Text == anyText
}

// anyText is the regular expression .* as it is translated.
var anyText, _ = pattern.Lucene(".*", false)

func (p *parser) refuseRegexp(at query.Span, err error) *query.Error {
	refused := p.Refuse(at, "%v", err)
	var e *pattern.LuceneError
	refused.Unsupported = errors.As(err, &e) && e.Unsupported
	return refused
}

func (p *parser) signed() (query.Expr, *query.Error) {
	if !p.IsOperator("-") && !p.IsOperator("+") {
		return p.primary()
	}
	sign := p.Token
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	if err := p.Advance(); err != nil {
		return nil, err
	}
	if p.Token.Kind == syntax.Integer || p.Token.Kind == syntax.Decimal { // so that -9223372036854775808 is a number
		return p.number(sign.Text, sign.Span.Start)
	}
	operand, err := p.signed()
	if err != nil || sign.Text == "+" {
		return operand, err
	}
	return &query.Call{Func: query.FnMinus, Args: []query.Expr{operand}, At: syntax.Span(sign.Span.Start, operand.Span().End)}, nil
}

// conversions are the functions that "::type" stands for.
var conversions = map[string]query.Func{
	"boolean": query.FnToBoolean, "bool": query.FnToBoolean, "date": query.FnToDate, "datetime": query.FnToDate, "double": query.FnToDouble,
	"integer": query.FnToLong, "int": query.FnToLong, "long": query.FnToLong, "ip": query.FnToIP, "keyword": query.FnToString, "string": query.FnToString, "text": query.FnToString,
}

// primary reads a constant, a function, a column or a condition in parentheses, and
// the types that it is converted to.
func (p *parser) primary() (query.Expr, *query.Error) {
	e, err := p.operand()
	for n := 0; err == nil && p.IsOperator("::"); n++ {
		if err := p.Advance(); err != nil {
			return nil, err
		}
		f, ok := conversions[strings.ToLower(p.Token.Text)]
		if p.Token.Kind != syntax.Name || !ok {
			return nil, p.Unexpected("a type: boolean, datetime, double, integer, ip, long or string")
		}
		if n == MaxChain {
			return nil, p.Refuse(p.Token.Span, "more than %d conversions in a row", MaxChain)
		}
		e = &query.Call{Func: f, Args: []query.Expr{e}, At: syntax.Span(e.Span().Start, p.Token.Span.End)}
		err = p.Advance()
	}
	return e, err
}

func (p *parser) operand() (query.Expr, *query.Error) {
	switch t := p.Token; {
	case t.Kind == syntax.String:
		return &query.Constant{Value: t.Text, At: t.Span}, p.Advance()
	case t.Kind == syntax.Integer, t.Kind == syntax.Decimal:
		return p.number("", t.Span.Start)
	case t.Kind == syntax.Quoted:
		return p.column()
	case p.IsOperator("("):
		return p.Parenthesized(p.or)
	case t.Kind == syntax.Name:
		return p.named(t)
	}
	return nil, p.Unexpected(`a column, a value, a function, "not" or "("`)
}

// keywords cannot be names without back quotes.
var keywords = []string{"and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "or", "rlike", "true", "where"}

// named reads what begins with a name: a keyword, a function or a column.
func (p *parser) named(t syntax.Token) (query.Expr, *query.Error) {
	word := strings.ToLower(t.Text)
	behind := p.Lexer
	next, err := behind.Next()
	isCall := err == nil && next.Kind == syntax.Operator && next.Text == "("
	switch {
	case isCall && !slices.Contains([]string{"not", "and", "or", "in", "is"}, word):
		return p.function(t)
	case word == "true", word == "false":
		return &query.Constant{Value: word == "true", At: t.Span}, p.Advance()
	case word == "null":
		return &query.Constant{At: t.Span}, p.Advance()
	case slices.Contains(keywords, word) && !(err == nil && next.Kind == syntax.Operator && next.Text == "."):
		return nil, p.Unexpected(`a column, a value, a function, "not" or "("`)
	}
	return p.column()
}

// otherFunctions are functions of ES|QL that are not evaluated here.
var otherFunctions = []string{
	"ABS", "ABSENT", "ACOS", "APPLY", "ASIN", "ATAN", "ATAN2", "AVG_OVER_TIME", "BIT_LENGTH", "BYTE_LENGTH", "CATEGORIZE", "CBRT", "CEIL", "CHUNK", "COPY_SIGN", "COS", "COSH", "COUNT_DISTINCT_OVER_TIME", "DATE_EXTRACT",
	"DATE_FORMAT", "DATE_PARSE", "DAY_NAME", "E", "EXP", "FIRST", "FLOOR", "GREATEST", "HASH", "HYPOT", "INTERSECTS", "IP_PREFIX", "JSON_EXTRACT", "KNN", "LAST", "LEAST", "LEFT", "LOG", "LOG10", "LTRIM", "MATCH", "MATCH_PHRASE", "MD5", "MEDIAN",
	"MEDIAN_ABSOLUTE_DEVIATION", "MONTH_NAME", "MV_APPEND", "MV_AVG", "MV_CONTAINS", "MV_DIFFERENCE", "MV_INTERSECTION", "MV_INTERSECTS", "MV_MEDIAN", "MV_PERCENTILE", "MV_SLICE", "MV_SORT", "MV_SUM", "MV_UNION", "MV_ZIP", "PERCENTILE", "PI", "POW", "PRESENT", "QSTR",
	"RATE", "REPEAT", "REVERSE", "RIGHT", "ROUND_TO", "RTRIM", "SAMPLE", "SCALB", "SCORE", "SHA1", "SHA256", "SIGNUM", "SIN", "SINH", "SPACE", "SQRT", "STD_DEV", "ST_CENTROID_AGG", "ST_CONTAINS", "ST_DISTANCE", "ST_INTERSECTS", "ST_WITHIN", "ST_X", "ST_Y", "TAN", "TANH", "TAU",
	"TO_AGGREGATE_METRIC_DOUBLE", "TO_BASE64", "TO_CARTESIANPOINT", "TO_DATEPERIOD", "TO_DATE_NANOS", "TO_DEGREES", "TO_GEOPOINT", "TO_RADIANS", "TO_TIMEDURATION", "TO_UNSIGNED_LONG", "TO_VERSION", "TOP", "TYPE", "URL_DECODE", "URL_ENCODE", "VARIANCE", "WEIGHTED_AVG",
}

// synonyms are further names of functions.
var synonyms = map[string]string{"TO_STR": "TO_STRING", "TO_DT": "TO_DATETIME", "TO_BOOL": "TO_BOOLEAN", "TO_DBL": "TO_DOUBLE", "TO_INT": "TO_INTEGER"}

// function reads a call of a function, whose name is t.
func (p *parser) function(t syntax.Token) (query.Expr, *query.Error) {
	word := strings.ToUpper(t.Text)
	if full, ok := synonyms[word]; ok {
		word = full
	}
	f, ok := expr.TableFunction(word)
	switch {
	case ok:
	case word == "BUCKET", word == "TBUCKET":
		return p.bucket(t, word)
	case slices.Contains(otherFunctions, word):
		return nil, p.Unsupported(t.Span, "the function %s is not evaluated here", word)
	default:
		return nil, p.Refuse(t.Span, "unknown function %s%s", t.Text, spelling.Suggest(word, expr.TableFunctionNames()))
	}
	if err := p.Advance(); err != nil {
		return nil, err
	}
	c := &query.Call{Func: f, At: t.Span}
	behind := p.Lexer
	if star, err := behind.Next(); f == query.FnCount && err == nil && star.Kind == syntax.Operator && star.Text == "*" {
		for range 2 { // the parenthesis and the star
			if err := p.Advance(); err != nil {
				return nil, err
			}
		}
		c.At.End = p.Token.Span.End
		return c, p.Expect(")")
	}
	var err *query.Error
	if c.Args, c.At.End, err = p.Arguments(p.or); err != nil {
		return nil, err
	}
	if wrong := expr.CheckCount(c); wrong != nil {
		return nil, p.Refuse(wrong.At, "%s", wrong.Message)
	}
	switch f {
	case query.FnReplace:
		err = p.replacement(c)
	case query.FnKQL:
		if constant, ok := c.Args[0].(*query.Constant); !ok || !isText(constant) {
			err = p.Refuse(c.Args[0].Span(), "KQL takes a query in quotes")
		}
	}
	return c, err
}

// bucket reads BUCKET(time, span) and TBUCKET(span), which are DATE_TRUNC(span, time).
func (p *parser) bucket(t syntax.Token, word string) (query.Expr, *query.Error) {
	if err := p.Advance(); err != nil {
		return nil, err
	}
	c := &query.Call{Func: query.FnDateTrunc, At: t.Span}
	var err *query.Error
	if c.Args, c.At.End, err = p.Arguments(p.or); err != nil {
		return nil, err
	}
	if word == "TBUCKET" {
		c.Args = append([]query.Expr{&query.Column{Field: query.Field{Name: "@timestamp", Column: true, At: t.Span}}}, c.Args...)
	}
	if len(c.Args) == 2 {
		if constant, ok := c.Args[1].(*query.Constant); ok && isSpan(constant) {
			c.Args[0], c.Args[1] = c.Args[1], c.Args[0]
			return c, nil
		}
	}
	return nil, p.Unsupported(c.At, "%s is evaluated with a span of time only, as in BUCKET(@timestamp, 5 minutes) and TBUCKET(5 minutes)", word)
}

func isSpan(c *query.Constant) bool {
	switch c.Value.(type) {
	case time.Duration, query.Months:
		return true
	}
	return false
}

func isText(c *query.Constant) bool { _, ok := c.Value.(string); return ok }

// replacement reads the regular expression of REPLACE, which is one of Java.
func (p *parser) replacement(c *query.Call) *query.Error {
	constant, ok := c.Args[1].(*query.Constant)
	if !ok || !isText(constant) {
		return nil // which is refused later
	}
	text, err := pattern.Search(constant.Value.(string))
	if err != nil {
		return p.refuseRegexp(constant.At, err)
	}
	c.Patterns = []query.Value{{Kind: query.Regexp, Text: text, At: constant.At}}
	return nil
}

// column reads the name of a column.
func (p *parser) column() (query.Expr, *query.Error) {
	n, err := p.name(false)
	return &query.Column{Field: query.Field{Name: n.Text, Column: true, At: n.At}}, err
}

// units are the units of spans of time, in the singular.
var units = map[string]any{
	"ms": time.Millisecond, "millisecond": time.Millisecond, "s": time.Second, "sec": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
	"mo": query.Months(1), "month": query.Months(1), "q": query.Months(3), "quarter": query.Months(3), "y": query.Months(12), "yr": query.Months(12), "year": query.Months(12),
}

// number reads a number, which is whole if it is written as one and has 64 bits, or a
// span of time.
func (p *parser) number(sign string, start int) (query.Expr, *query.Error) {
	t := p.Token
	c := &query.Constant{At: syntax.Span(start, t.Span.End)}
	text := sign + t.Text
	n, wrong := strconv.ParseInt(text, 10, 64)
	if t.Kind != syntax.Integer || wrong != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, p.Refuse(t.Span, "the number is out of the range of double precision")
		}
		c.Value = f
		return c, p.Advance()
	}
	c.Value = n
	if err := p.Advance(); err != nil || p.Token.Kind != syntax.Name {
		return c, err
	}
	word := strings.ToLower(p.Token.Text)
	unit, ok := units[word]
	if !ok {
		unit, ok = units[strings.TrimSuffix(word, "s")]
	}
	switch unit := unit.(type) {
	case time.Duration:
		if n > int64(1<<62)/int64(unit) || n < -int64(1<<62)/int64(unit) {
			return nil, p.Refuse(c.At, "the span of time is too long")
		}
		c.Value = time.Duration(n) * unit
	case query.Months:
		if n > 1<<20 || n < -1<<20 {
			return nil, p.Refuse(c.At, "the span of time is too long")
		}
		c.Value = query.Months(n) * unit
	}
	if !ok {
		return c, nil
	}
	c.At.End = p.Token.Span.End
	return c, p.Advance()
}
