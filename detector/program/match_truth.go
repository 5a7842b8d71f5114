package program

import "github.com/fluent-detect/fluent-detect/detector/record"

// truth matches a boolean, or the text of one.
type truth bool

func (m truth) match(v record.Value) bool {
	if v.Kind() == record.Bool {
		return v.Bool() == bool(m)
	}
	if m {
		return string(v.Bytes()) == "true"
	}
	return string(v.Bytes()) == "false"
}

// truthOf reads the text of a boolean.
func truthOf(text string) (truth, ok bool) { return text == "true", text == "true" || text == "false" }
