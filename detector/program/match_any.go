package program

import "github.com/fluent-detect/fluent-detect/detector/record"

// anyValue matches a value of a field whose type is not known: a number as a
// number when it is one, everything else as text. This is what Elasticsearch's
// dynamic mapping would make of the field.
type anyValue struct {
	text     exact
	number   float64
	isNumber bool
}

func newAnyValue(text string) anyValue {
	n, ok := parseNumber(text)
	return anyValue{text: exact(text), number: n, isNumber: ok}
}

func (m anyValue) match(v record.Value) bool {
	switch v.Kind() {
	case record.Int, record.Uint, record.Float:
		return m.isNumber && v.Float() == m.number
	}
	return m.text.match(v)
}
