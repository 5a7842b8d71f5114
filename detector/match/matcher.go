package match

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// comparison returns the matcher of a comparison for the type of the field.
func (c *compiler) comparison(t target, op query.Op, v query.Value) (matcher, error) {
	if t.typ == event.TypeAny {
		return c.anyOf(op, []query.Value{v})
	}
	if v.Literal {
		return c.literal(t, op, v)
	}
	if op != query.Is {
		return c.order(t, op, v)
	}
	if err := c.checkStrict(t, v); err != nil {
		return nil, err
	}
	switch v.Kind {
	case query.Glob, query.Regexp:
		return c.pattern(t, v)
	case query.Block:
		return c.block(t, v)
	case query.Truth:
		return c.truth(t, v)
	case query.Wildcard:
	default:
		if v.Fold != query.NoFold {
			return c.folded(t, v)
		}
		return c.equal(t, v, v.Text)
	}
	switch t.typ {
	case event.TypeKeyword, event.TypeConstantKeyword, event.TypeDynamic:
		return newPattern(v.Pattern), nil
	}
	return c.anyPart(t, v)
}

// oneOf returns the matcher of a list of values joined by or.
func (c *compiler) oneOf(t target, list []*query.Compare) (matcher, error) {
	if t.typ == event.TypeAny {
		return c.anyOf(anyValues(list))
	}
	all := make([]matcher, len(list))
	for i, is := range list {
		var err error
		if all[i], err = c.comparison(t, query.Is, is.Value); err != nil {
			return nil, err
		}
	}
	return newUnion(all), nil
}

// equal returns the matcher of a text, which is v or a part of it.
func (c *compiler) equal(t target, v query.Value, text string) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean:
		b, ok := parseBoolean(text)
		if !ok {
			return nil, c.refuseBoolean(t, v)
		}
		return boolean(b), nil
	case event.TypeIP:
		block, ok := event.ParseBlock(text)
		if !ok {
			return nil, c.refuse(v.At, "%s is an IP address: allowed are an address such as 10.1.2.3 or ::1 and a block such as 10.0.0.0/8", t.describe())
		}
		return ipBlock(block), nil
	case event.TypeLong:
		n, ok := parseBound(text)
		if !ok {
			return nil, c.refuseNumber(t, v, text)
		}
		return longEqual(n), nil
	case event.TypeDouble:
		n, ok := parseDouble([]byte(text))
		if !ok {
			return nil, c.refuseNumber(t, v, text)
		}
		return doubleEqual(n), nil
	case event.TypeDate:
		span, ok := parseTime([]byte(text))
		if !ok {
			return nil, c.refuseDate(t, v)
		}
		return span, nil
	case event.TypeText:
		return newWordMatcher(text, v.Phrase), nil
	case event.TypeObject, event.TypeNested, event.TypeGeoPoint:
		return never{}, nil
	case event.TypeDynamic:
		return newDynamicEqual(text), nil
	}
	return t.overLeaves(exact(text)), nil
}

// anyPart returns the matcher of a pattern for a type with which Elasticsearch
// splits it at blanks: one of the parts has to fit.
func (c *compiler) anyPart(t target, v query.Value) (matcher, error) {
	var all []matcher
	for _, part := range splitAtBlanks(v.Pattern) {
		var m matcher
		var err error
		switch {
		case part.IsStar():
			m = newExists(t)
		case len(part) == 1:
			m, err = c.equal(t, v, part[0])
		default:
			m, err = c.part(t, v, part)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return newUnion(all), nil
}

// part returns the matcher of a part with stars.
func (c *compiler) part(t target, v query.Value, p query.Pattern) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean, event.TypeIP, event.TypeLong, event.TypeDouble, event.TypeDate:
		return nil, c.refuse(v.At, "%s is of type %s, which does not support wildcards", t.describe(), t.typ)
	case event.TypeText:
		return newWordPattern(p), nil
	case event.TypeObject, event.TypeNested, event.TypeGeoPoint:
		return never{}, nil
	}
	return t.overLeaves(newPattern(p)), nil
}

// blanks separate the parts of a query for Lucene's query parser.
const blanks = " \t\n\r\u3000"

// splitAtBlanks splits a pattern at the blanks in its runs, as Lucene's query parser
// does. A part without a star has one run.
func splitAtBlanks(pattern query.Pattern) (parts []query.Pattern) {
	part := query.Pattern{""}
	end := func() {
		if len(part) > 1 || part[0] != "" {
			parts = append(parts, part)
		}
		part = query.Pattern{""}
	}
	for i, run := range pattern {
		if i > 0 {
			part = append(part, "")
		}
		for blank := strings.IndexAny(run, blanks); blank >= 0; blank = strings.IndexAny(run, blanks) {
			part[len(part)-1] += run[:blank]
			end()
			run = strings.TrimLeft(run[blank:], blanks)
		}
		part[len(part)-1] += run
	}
	end()
	return parts
}

// order returns the matcher of a comparison by order for the type of the field.
func (c *compiler) order(t target, op query.Op, v query.Value) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean:
		b, ok := parseBoolean(v.Text)
		if !ok {
			return nil, c.refuseBoolean(t, v)
		}
		return newBooleanOrder(op, b), nil
	case event.TypeIP:
		a, ok := event.ParseIP([]byte(v.Text))
		if !ok {
			return nil, c.refuse(v.At, "%s is an IP address: a range needs one such as 10.1.2.3 or ::1", t.describe())
		}
		return ipOrder{op, a.As16()}, nil
	case event.TypeLong:
		n, ok := parseBound(v.Text)
		if !ok {
			return nil, c.refuseNumber(t, v, v.Text)
		}
		return longOrder{op, n}, nil
	case event.TypeDouble:
		n, ok := parseDouble([]byte(v.Text))
		if !ok {
			return nil, c.refuseNumber(t, v, v.Text)
		}
		return doubleOrder{op, n}, nil
	case event.TypeDate:
		span, ok := parseTime([]byte(v.Text))
		if !ok {
			return nil, c.refuseDate(t, v)
		}
		return newTimeOrder(op, span), nil
	case event.TypeFlattened:
		if !t.root {
			return nil, c.refuse(v.At, "%s is flattened: Elasticsearch does not support ranges with one end there", t.describe())
		}
		return t.overLeaves(textOrder{op, []byte(v.Text)}), nil
	case event.TypeText:
		return wordOrder{op, []byte(v.Text)}, nil
	case event.TypeObject, event.TypeNested, event.TypeGeoPoint:
		return never{}, nil
	case event.TypeDynamic:
		return newDynamicOrder(op, v.Text), nil
	}
	return textOrder{op, []byte(v.Text)}, nil
}

func (c *compiler) refuseBoolean(t target, v query.Value) error {
	return c.refuse(v.At, "%s is a boolean: allowed are true and false", t.describe())
}

func (c *compiler) refuseNumber(t target, v query.Value, text string) error {
	if t.typ == event.TypeLong && isDecimal([]byte(text)) {
		return c.refuse(v.At, "%s is a whole number of 64 bits, and %s is out of its range", t.describe(), text)
	}
	if isDecimal([]byte(text)) {
		return c.refuse(v.At, "%s is a number of double precision, and %s is out of its range", t.describe(), text)
	}
	return c.refuse(v.At, "%s is a number, and %q is not", t.describe(), text)
}

func (c *compiler) refuseDate(t target, v query.Value) error {
	return c.refuse(v.At, "%s is a date: allowed are 2026, 2026-01, 2026-01-02, 2026-01-02T03:04:05.678Z with less of the time or another offset, and milliseconds since 1970; date math such as now-1d is not supported", t.describe())
}
