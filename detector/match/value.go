package match

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// compare returns the matcher of a comparison for the type of the field.
func (c *compiler) compare(t target, op query.Op, v query.Value) (matcher, error) {
	if op == query.Is {
		return c.equals(t, v)
	}
	return c.ordered(t, op, v)
}

// equals returns the matcher of "field is value" for the type of the field.
func (c *compiler) equals(t target, v query.Value) (matcher, error) {
	if v.Kind != query.Wildcard {
		return c.literal(t, v, v.Text)
	}
	switch t.typ {
	case event.TypeKeyword, event.TypeConstantKeyword, event.TypeDynamic:
		return newPattern(v.Pattern), nil
	}
	return c.likeParts(t, v)
}

// oneOf makes the matcher of a list of values joined by or.
func (c *compiler) oneOf(t target, list []*query.Compare) (matcher, error) {
	all := make([]matcher, len(list))
	for i, is := range list {
		var err error
		if all[i], err = c.equals(t, is.Value); err != nil {
			return nil, err
		}
	}
	return anyOf(all), nil
}

// literal makes the matcher of a text, which is v or a part of it.
func (c *compiler) literal(t target, v query.Value, text string) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean:
		b, ok := truthOf(text)
		if !ok {
			return nil, c.refuseTruth(t, v)
		}
		return truth(b), nil
	case event.TypeIP:
		block, ok := parseBlock(text)
		if !ok {
			return nil, c.refuse(v.At, "%s is an IP address: allowed are an address such as 10.1.2.3 or ::1 and a block such as 10.0.0.0/8", t.name())
		}
		return block, nil
	case event.TypeLong:
		n, ok := parseBound(text)
		if !ok {
			return nil, c.refuseNumber(t, v, text)
		}
		return longIs(n), nil
	case event.TypeDouble:
		n, ok := parseDouble([]byte(text))
		if !ok {
			return nil, c.refuseNumber(t, v, text)
		}
		return doubleIs(n), nil
	case event.TypeDate:
		span, ok := parseTime([]byte(text))
		if !ok {
			return nil, c.refuseDate(t, v)
		}
		return span, nil
	case event.TypeText:
		return newText(text, v.Phrase), nil
	case event.TypeObject, event.TypeNested:
		return never{}, nil
	case event.TypeDynamic:
		return newAnyValue(text), nil
	}
	return t.leaves(exact(text)), nil
}

// likeParts makes the matcher of a value with stars where Elasticsearch takes it
// apart at its blanks: one of the parts has to fit.
func (c *compiler) likeParts(t target, v query.Value) (matcher, error) {
	var all []matcher
	for _, part := range splitAtBlanks(v.Pattern) {
		var m matcher
		var err error
		switch {
		case part.IsStar():
			m = exists(t)
		case len(part) == 1:
			m, err = c.literal(t, v, part[0])
		default:
			m, err = c.like(t, v, part)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return anyOf(all), nil
}

// like makes the matcher of a part with stars.
func (c *compiler) like(t target, v query.Value, parts []string) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean, event.TypeIP, event.TypeLong, event.TypeDouble, event.TypeDate:
		return nil, c.refuse(v.At, "%s is of type %s, which knows no wildcards", t.name(), t.typ)
	case event.TypeText:
		return newWordPattern(parts), nil
	case event.TypeObject, event.TypeNested:
		return never{}, nil
	}
	return t.leaves(newPattern(parts)), nil
}

// blanks is what separates the parts of a query for Lucene's query parser.
const blanks = " \t\n\r\u3000"

// splitAtBlanks takes the runs between stars apart at the blanks in them, as
// Lucene's query parser does. Each part has runs of its own, one if it has no
// star.
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

// ordered makes the matcher of "field > value" for the type of the field.
func (c *compiler) ordered(t target, o query.Op, v query.Value) (matcher, error) {
	switch t.typ {
	case event.TypeBoolean:
		b, ok := truthOf(v.Text)
		if !ok {
			return nil, c.refuseTruth(t, v)
		}
		return newTruthOrder(o, b), nil
	case event.TypeIP:
		a, ok := event.ParseIP([]byte(v.Text))
		if !ok {
			return nil, c.refuse(v.At, "%s is an IP address: a range needs one such as 10.1.2.3 or ::1", t.name())
		}
		return addressOrder{o, a.As16()}, nil
	case event.TypeLong:
		n, ok := parseBound(v.Text)
		if !ok {
			return nil, c.refuseNumber(t, v, v.Text)
		}
		return longOrder{o, n}, nil
	case event.TypeDouble:
		n, ok := parseDouble([]byte(v.Text))
		if !ok {
			return nil, c.refuseNumber(t, v, v.Text)
		}
		return doubleOrder{o, n}, nil
	case event.TypeDate:
		span, ok := parseTime([]byte(v.Text))
		if !ok {
			return nil, c.refuseDate(t, v)
		}
		return newTimeOrder(o, span), nil
	case event.TypeFlattened:
		if !t.root {
			return nil, c.refuse(v.At, "%s is flattened: Elasticsearch knows no ranges with one end there", t.name())
		}
		return t.leaves(textOrder{o, []byte(v.Text)}), nil
	case event.TypeText:
		return wordOrder{o, []byte(v.Text)}, nil
	case event.TypeObject, event.TypeNested:
		return never{}, nil
	case event.TypeDynamic:
		return newAnyOrder(o, v.Text), nil
	}
	return textOrder{o, []byte(v.Text)}, nil
}

// leaves lets m see the leaves of a flattened field that is meant as a whole.
func (t target) leaves(m matcher) matcher {
	if t.root {
		return leaves{m}
	}
	return m
}

func (c *compiler) refuseTruth(t target, v query.Value) error {
	return c.refuse(v.At, "%s is a boolean: allowed are true and false", t.name())
}

func (c *compiler) refuseNumber(t target, v query.Value, text string) error {
	if t.typ == event.TypeLong && isDecimal([]byte(text)) {
		return c.refuse(v.At, "%s is a whole number of 64 bits, and %s is out of its range", t.name(), text)
	}
	if isDecimal([]byte(text)) {
		return c.refuse(v.At, "%s is a number of double precision, and %s is out of its range", t.name(), text)
	}
	return c.refuse(v.At, "%s is a number, and %q is none", t.name(), text)
}

func (c *compiler) refuseDate(t target, v query.Value) error {
	return c.refuse(v.At, "%s is a date: allowed are 2026, 2026-01, 2026-01-02, 2026-01-02T03:04:05.678Z with less of the time or another offset, and milliseconds since 1970; date math such as now-1d is not supported", t.name())
}
