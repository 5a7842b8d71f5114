package match

import (
	"bytes"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// isDecimal reports whether the text is a decimal number as in JSON and Java: an
// optional sign, digits with at most one point, an optional exponent. Blanks,
// hexadecimal digits, underscores and infinity are not allowed.
func isDecimal(text []byte) bool {
	i := 0
	if i < len(text) && (text[i] == '+' || text[i] == '-') {
		i++
	}
	before := i
	i = skipDigits(text, i)
	digits := i - before
	if i < len(text) && text[i] == '.' {
		after := i + 1
		i = skipDigits(text, after)
		digits += i - after
	}
	if digits == 0 {
		return false
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		exponent := i
		if i = skipDigits(text, i); i == exponent {
			return false
		}
	}
	return i == len(text)
}

func skipDigits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// parseDouble parses a decimal number that a float64 can hold. It allocates only for
// numbers that are too large.
func parseDouble(text []byte) (float64, bool) {
	if !isDecimal(text) {
		return 0, false
	}
	// The string aliases the text and is not kept.
	n, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	return n, err == nil
}

// integer is a whole number that fits in 64 bits with or without a sign.
type integer struct {
	negative  bool
	magnitude uint64
}

func newInteger(n int64) integer {
	if n < 0 {
		return integer{true, -uint64(n)}
	}
	return integer{false, uint64(n)}
}

func (a integer) compare(b integer) int {
	order := 1
	switch {
	case a == b:
		return 0
	case a.negative != b.negative:
		if a.negative {
			return -1
		}
		return 1
	case a.negative:
		order = -1
	}
	if a.magnitude < b.magnitude {
		return -order
	}
	return order
}

// truncate returns the whole part of a float.
func truncate(f float64) (integer, bool) {
	if f = math.Trunc(f); math.IsNaN(f) || math.Abs(f) >= 1<<64 {
		return integer{}, false
	}
	if f < 0 {
		return integer{true, uint64(-f)}, true
	}
	return integer{false, uint64(f)}, true
}

// wholeNumber returns what a field of type long stores of a value: the whole part of
// a number or of the text of one.
func wholeNumber(v msgpack.Value) (integer, bool) {
	switch v.Kind() {
	case msgpack.Int:
		return newInteger(v.Int()), true
	case msgpack.Uint:
		return integer{false, v.Uint()}, true
	case msgpack.Float:
		return truncate(v.Float())
	case msgpack.Str, msgpack.Bin:
		return parseWhole(v.Bytes())
	}
	return integer{}, false
}

// parseWhole parses a decimal number and returns its whole part. It allocates only for
// numbers with an exponent.
func parseWhole(text []byte) (integer, bool) {
	if !isDecimal(text) {
		return integer{}, false
	}
	if bytes.ContainsAny(text, "eE") {
		return parseScaled(text)
	}
	n := integer{negative: text[0] == '-'}
	for _, c := range text {
		if c == '.' {
			break
		}
		if c == '-' || c == '+' {
			continue
		}
		high, low := bits.Mul64(n.magnitude, 10)
		sum, carry := bits.Add64(low, uint64(c-'0'), 0)
		if high+carry > 0 {
			return integer{}, false
		}
		n.magnitude = sum
	}
	n.negative = n.negative && n.magnitude > 0
	return n, true
}

// parseScaled is parseWhole of a number with an exponent.
func parseScaled(text []byte) (integer, bool) {
	n, ok := parseBound(string(text))
	if ok && n.fraction && n.floor.negative {
		n.floor.magnitude-- // toward 0
		n.floor.negative = n.floor.magnitude > 0
	}
	return n.floor, ok
}

// bound is a number that whole numbers are compared with.
type bound struct {
	floor    integer // the largest whole number that is not greater
	fraction bool    // the number is greater than floor
}

// parseBound parses a decimal number exactly. It returns false for numbers beyond the
// range of an integer.
func parseBound(text string) (bound, bool) {
	if f, ok := parseDouble([]byte(text)); !ok || math.Abs(f) > 1<<64 {
		return bound{}, false
	}
	const precision = 512 // bits: enough for 20 digits before the point and over 100 after it
	n, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
	if err != nil {
		return bound{}, false
	}
	whole, accuracy := n.Int(nil)
	b := bound{fraction: accuracy != big.Exact}
	if b.fraction && n.Signbit() {
		whole.Sub(whole, big.NewInt(1))
	}
	if whole.BitLen() > 64 {
		return bound{}, false
	}
	b.floor.negative = whole.Sign() < 0
	b.floor.magnitude = whole.Abs(whole).Uint64()
	return b, true
}

// compare compares a whole number with the bound.
func (b bound) compare(n integer) int {
	if order := n.compare(b.floor); order != 0 {
		return order
	}
	if b.fraction {
		return -1
	}
	return 0
}
