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
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// call returns a call that extends from the first to the last of its arguments.
func call(f query.Func, args ...query.Expr) *query.Call {
	at := args[0].Span()
	at.End = args[len(args)-1].Span().End
	return &query.Call{Func: f, Args: args, At: at}
}

func (p *parser) or() (query.Expr, *query.Error) { return p.chain("or", query.FnOr, p.and) }

func (p *parser) and() (query.Expr, *query.Error) { return p.chain("and", query.FnAnd, p.not) }

// chain reads operands that are joined by a keyword.
func (p *parser) chain(keyword string, f query.Func, operand func() (query.Expr, *query.Error)) (query.Expr, *query.Error) {
	first, err := operand()
	if err != nil || !p.isKeyword(keyword) {
		return first, err
	}
	all := []query.Expr{first}
	for p.isKeyword(keyword) {
		if err := p.advance(); err != nil {
			return nil, err
		}
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return call(f, all...), nil
}

func (p *parser) not() (query.Expr, *query.Error) {
	if !p.isKeyword("not") {
		return p.comparison()
	}
	start := p.token.span.Start
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	operand, err := p.not()
	if err != nil {
		return nil, err
	}
	return &query.Call{Func: query.FnNot, Args: []query.Expr{operand}, At: span(start, operand.Span().End)}, nil
}

// comparisons are the operators that compare two values.
var comparisons = map[string]query.Func{
	"==": query.FnEqual, "!=": query.FnNotEqual, "<": query.FnLess, "<=": query.FnLessOrEqual, ">": query.FnGreater, ">=": query.FnGreaterOrEqual,
}

// comparison reads an operand and what it is compared with, if anything.
func (p *parser) comparison() (query.Expr, *query.Error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.token
	switch f, ok := comparisons[t.text]; {
	case t.kind == operator && ok:
		return p.compared(f, left)
	case p.isOperator("=~"):
		return nil, p.unsupported(t.span, `"=~" is not evaluated here; compare TO_LOWER(…)`)
	case p.isOperator(":"):
		return p.search(left)
	case t.kind == name:
		return p.predicate(left)
	}
	return left, nil
}

func (p *parser) compared(f query.Func, left query.Expr) (query.Expr, *query.Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	if _, ok := comparisons[p.token.text]; ok && p.token.kind == operator {
		return nil, p.refuse(p.token.span, `a comparison cannot be compared: join comparisons with "and"`)
	}
	return call(f, left, right), nil
}

// search reads ": constant" behind a column.
func (p *parser) search(left query.Expr) (query.Expr, *query.Error) {
	if _, ok := left.(*query.Column); !ok {
		return nil, p.refuse(left.Span(), `":" searches in a column`)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	right, err := p.primary()
	if err != nil {
		return nil, err
	}
	if c, ok := right.(*query.Constant); !ok || c.Value == nil {
		return nil, p.refuse(right.Span(), `behind ":" there must be a text, a number or a boolean`)
	}
	return call(query.FnHas, left, right), nil
}

// predicate reads "[not] in (…)", "[not] like …", "[not] rlike …" and "is [not] null".
func (p *parser) predicate(left query.Expr) (query.Expr, *query.Error) {
	if p.isKeyword("is") {
		return p.null(left)
	}
	negated := p.isKeyword("not")
	if negated {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var e query.Expr
	var err *query.Error
	switch {
	case p.isKeyword("in"):
		e, err = p.list(left)
	case p.isKeyword("like"), p.isKeyword("rlike"):
		e, err = p.patterns(left)
	case negated:
		return nil, p.unexpected(`"in", "like" or "rlike"`)
	default:
		return left, nil
	}
	if err != nil || !negated {
		return e, err
	}
	return call(query.FnNot, e), nil
}

func (p *parser) null(left query.Expr) (query.Expr, *query.Error) {
	if err := p.advance(); err != nil {
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
	if !p.isKeyword("null") {
		return nil, p.unexpected(`"null"`)
	}
	at := span(left.Span().Start, p.token.span.End)
	return &query.Call{Func: f, Args: []query.Expr{left}, At: at}, p.advance()
}

// list reads "in (a, b)".
func (p *parser) list(left query.Expr) (query.Expr, *query.Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	args, end, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, p.refuse(span(end-1, end), "a list needs at least one value")
	}
	at := span(left.Span().Start, end)
	return &query.Call{Func: query.FnOneOf, Args: append([]query.Expr{left}, args...), At: at}, nil
}

// arguments reads values in parentheses, and returns the offset behind these.
func (p *parser) arguments() (args []query.Expr, end int, err *query.Error) {
	if !p.isOperator("(") {
		return nil, 0, p.unexpected(`"("`)
	}
	if err := p.enter(); err != nil {
		return nil, 0, err
	}
	defer p.leave()
	opened := p.token.span
	if err := p.advance(); err != nil {
		return nil, 0, err
	}
	for !p.isOperator(")") || len(args) > 0 {
		arg, err := p.or()
		if err != nil {
			return nil, 0, err
		}
		args = append(args, arg)
		if more, err := p.accept(","); err != nil {
			return nil, 0, err
		} else if !more {
			break
		}
	}
	end = p.token.span.End
	return args, end, p.closing(opened)
}

// closing reads the parenthesis that closes one.
func (p *parser) closing(opened query.Span) *query.Error {
	if p.token.kind == nothing {
		return p.refuse(opened, `"(" is never closed, expected ")" before the end of the query`)
	}
	return p.expect(")")
}

// patterns reads a pattern behind like or rlike, or several in parentheses.
func (p *parser) patterns(left query.Expr) (query.Expr, *query.Error) {
	regular := p.isKeyword("rlike")
	if err := p.advance(); err != nil {
		return nil, err
	}
	like := &query.Call{Func: query.FnLike, Args: []query.Expr{left}, At: left.Span()}
	add := func() *query.Error {
		if p.token.kind != str {
			return p.unexpected("a string, or strings in parentheses")
		}
		v := query.Value{Kind: query.Glob, Text: p.token.text, At: p.token.span}
		if regular {
			v.Kind = query.Regexp
			text, err := pattern.Lucene(v.Text, false)
			if err != nil {
				return p.refuseRegexp(v.At, err)
			}
			v.Text = text
		} else {
			v.Pattern = pattern.Escaped(v.Text)
		}
		like.Patterns = append(like.Patterns, v)
		like.At.End = p.token.span.End
		return p.advance()
	}
	if !p.isOperator("(") {
		if err := add(); err != nil {
			return nil, err
		}
		if fitsAll(&like.Patterns[0]) { // which a list fits too
			return &query.Call{Func: query.FnNotNull, Args: like.Args, At: like.At}, nil
		}
		return like, nil
	}
	opened := p.token.span
	if err := p.advance(); err != nil {
		return nil, err
	}
	for more := true; more; {
		err := add()
		if err == nil {
			more, err = p.accept(",")
		}
		if err != nil {
			return nil, err
		}
	}
	like.At.End = p.token.span.End
	return like, p.closing(opened)
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
	refused := p.refuse(at, "%v", err)
	var e *pattern.LuceneError
	refused.Unsupported = errors.As(err, &e) && e.Unsupported
	return refused
}

var (
	sums     = map[string]query.Func{"+": query.FnAdd, "-": query.FnSubtract}
	products = map[string]query.Func{"*": query.FnMultiply, "/": query.FnDivide, "%": query.FnModulo}
)

func (p *parser) sum() (query.Expr, *query.Error) { return p.arithmetic(sums, p.product) }

func (p *parser) product() (query.Expr, *query.Error) { return p.arithmetic(products, p.signed) }

// arithmetic reads operands that are joined by operators of one rank, from left to
// right.
func (p *parser) arithmetic(operators map[string]query.Func, operand func() (query.Expr, *query.Error)) (query.Expr, *query.Error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for n := 0; p.token.kind == operator; n++ {
		f, ok := operators[p.token.text]
		if !ok {
			break
		}
		if n == MaxChain {
			return nil, p.refuse(p.token.span, "more than %d arithmetic operators in a row", MaxChain)
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = call(f, left, right)
	}
	return left, nil
}

func (p *parser) signed() (query.Expr, *query.Error) {
	if !p.isOperator("-") && !p.isOperator("+") {
		return p.primary()
	}
	sign := p.token
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == integer || p.token.kind == decimal { // so that -9223372036854775808 is a number
		return p.number(sign.text, sign.span.Start)
	}
	operand, err := p.signed()
	if err != nil || sign.text == "+" {
		return operand, err
	}
	return &query.Call{Func: query.FnMinus, Args: []query.Expr{operand}, At: span(sign.span.Start, operand.Span().End)}, nil
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
	for n := 0; err == nil && p.isOperator("::"); n++ {
		if err := p.advance(); err != nil {
			return nil, err
		}
		f, ok := conversions[strings.ToLower(p.token.text)]
		if p.token.kind != name || !ok {
			return nil, p.unexpected("a type: boolean, datetime, double, integer, ip, long or string")
		}
		if n == MaxChain {
			return nil, p.refuse(p.token.span, "more than %d conversions in a row", MaxChain)
		}
		e = &query.Call{Func: f, Args: []query.Expr{e}, At: span(e.Span().Start, p.token.span.End)}
		err = p.advance()
	}
	return e, err
}

func (p *parser) operand() (query.Expr, *query.Error) {
	switch t := p.token; {
	case t.kind == str:
		return &query.Constant{Value: t.text, At: t.span}, p.advance()
	case t.kind == integer, t.kind == decimal:
		return p.number("", t.span.Start)
	case t.kind == quoted:
		return p.column()
	case p.isOperator("("):
		return p.parenthesized()
	case t.kind == name:
		return p.named(t)
	}
	return nil, p.unexpected(`a column, a value, a function, "not" or "("`)
}

func (p *parser) parenthesized() (query.Expr, *query.Error) {
	opened := p.token.span
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	return inner, p.closing(opened)
}

// keywords cannot be names without back quotes.
var keywords = []string{"and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "or", "rlike", "true", "where"}

// named reads what begins with a name: a keyword, a function or a column.
func (p *parser) named(t token) (query.Expr, *query.Error) {
	word := strings.ToLower(t.text)
	behind := p.lexer
	next, err := behind.next()
	isCall := err == nil && next.kind == operator && next.text == "("
	switch {
	case isCall && !slices.Contains([]string{"not", "and", "or", "in", "is"}, word):
		return p.function(t)
	case word == "true", word == "false":
		return &query.Constant{Value: word == "true", At: t.span}, p.advance()
	case word == "null":
		return &query.Constant{At: t.span}, p.advance()
	case slices.Contains(keywords, word) && !(err == nil && next.kind == operator && next.text == "."):
		return nil, p.unexpected(`a column, a value, a function, "not" or "("`)
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
func (p *parser) function(t token) (query.Expr, *query.Error) {
	word := strings.ToUpper(t.text)
	if full, ok := synonyms[word]; ok {
		word = full
	}
	f, ok := expr.TableFunction(word)
	switch {
	case ok:
	case word == "BUCKET", word == "TBUCKET":
		return p.bucket(t, word)
	case slices.Contains(otherFunctions, word):
		return nil, p.unsupported(t.span, "the function %s is not evaluated here", word)
	default:
		return nil, p.refuse(t.span, "unknown function %s%s", t.text, spelling.Suggest(word, expr.TableFunctionNames()))
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	c := &query.Call{Func: f, At: t.span}
	behind := p.lexer
	if star, err := behind.next(); f == query.FnCount && err == nil && star.kind == operator && star.text == "*" {
		for range 2 { // the parenthesis and the star
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		c.At.End = p.token.span.End
		return c, p.expect(")")
	}
	var err *query.Error
	if c.Args, c.At.End, err = p.arguments(); err != nil {
		return nil, err
	}
	if wrong := expr.CheckCount(c); wrong != nil {
		return nil, p.refuse(wrong.At, "%s", wrong.Message)
	}
	switch f {
	case query.FnReplace:
		err = p.replacement(c)
	case query.FnKQL:
		if constant, ok := c.Args[0].(*query.Constant); !ok || !isText(constant) {
			err = p.refuse(c.Args[0].Span(), "KQL takes a query in quotes")
		}
	}
	return c, err
}

// bucket reads BUCKET(time, span) and TBUCKET(span), which are DATE_TRUNC(span, time).
func (p *parser) bucket(t token, word string) (query.Expr, *query.Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	c := &query.Call{Func: query.FnDateTrunc, At: t.span}
	var err *query.Error
	if c.Args, c.At.End, err = p.arguments(); err != nil {
		return nil, err
	}
	if word == "TBUCKET" {
		c.Args = append([]query.Expr{&query.Column{Field: query.Field{Name: "@timestamp", Column: true, At: t.span}}}, c.Args...)
	}
	if len(c.Args) == 2 {
		if constant, ok := c.Args[1].(*query.Constant); ok && isSpan(constant) {
			c.Args[0], c.Args[1] = c.Args[1], c.Args[0]
			return c, nil
		}
	}
	return nil, p.unsupported(c.At, "%s is evaluated with a span of time only, as in BUCKET(@timestamp, 5 minutes) and TBUCKET(5 minutes)", word)
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
	t := p.token
	c := &query.Constant{At: span(start, t.span.End)}
	text := sign + t.text
	n, wrong := strconv.ParseInt(text, 10, 64)
	if t.kind != integer || wrong != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, p.refuse(t.span, "the number is out of the range of double precision")
		}
		c.Value = f
		return c, p.advance()
	}
	c.Value = n
	if err := p.advance(); err != nil || p.token.kind != name {
		return c, err
	}
	word := strings.ToLower(p.token.text)
	unit, ok := units[word]
	if !ok {
		unit, ok = units[strings.TrimSuffix(word, "s")]
	}
	switch unit := unit.(type) {
	case time.Duration:
		if n > int64(1<<62)/int64(unit) || n < -int64(1<<62)/int64(unit) {
			return nil, p.refuse(c.At, "the span of time is too long")
		}
		c.Value = time.Duration(n) * unit
	case query.Months:
		if n > 1<<20 || n < -1<<20 {
			return nil, p.refuse(c.At, "the span of time is too long")
		}
		c.Value = query.Months(n) * unit
	}
	if !ok {
		return c, nil
	}
	c.At.End = p.token.span.End
	return c, p.advance()
}
