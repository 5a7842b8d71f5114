package program

import (
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// parseNumber reads a decimal number as JSON and Java have it: no blanks, no
// hexadecimal digits, no underscores, no infinity.
func parseNumber(text string) (float64, bool) {
	if strings.ContainsAny(text, "xX_pPiInN") {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// numberOf returns the number that a value is, or the text of which one is.
func numberOf(v record.Value) (float64, bool) {
	switch v.Kind() {
	case record.Int, record.Uint, record.Float:
		return v.Float(), true
	case record.Str, record.Bin:
		return parseNumber(string(v.Bytes()))
	}
	return 0, false
}

// number matches an equal number.
type number float64

func (m number) match(v record.Value) bool {
	n, ok := numberOf(v)
	return ok && n == float64(m)
}

// numberOrder matches numbers on one side of another.
type numberOrder struct {
	op kql.RangeOp
	n  float64
}

func (m numberOrder) match(v record.Value) bool {
	n, ok := numberOf(v)
	if !ok {
		return false
	}
	switch m.op {
	case kql.Gt:
		return n > m.n
	case kql.Gte:
		return n >= m.n
	case kql.Lt:
		return n < m.n
	}
	return n <= m.n
}
