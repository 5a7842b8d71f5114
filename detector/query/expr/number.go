package expr

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/query"
)

// arithmetic computes with two numbers: with whole ones as long as both are.
func arithmetic(fn query.Func, a, b Value) Value {
	switch {
	case a.kind == Int && b.kind == Int:
		return whole(fn, a.number, b.number)
	case a.kind == Date:
		return shifted(fn, a, b)
	case b.kind == Date:
		return shifted(fn, b, a)
	}
	x, isNumber := a.asFloat()
	y, areNumbers := b.asFloat()
	if !isNumber || !areNumbers {
		return Value{}
	}
	var f float64
	switch fn {
	case query.FnAdd:
		f = x + y
	case query.FnSubtract:
		f = x - y
	case query.FnMultiply:
		f = x * y
	case query.FnDivide:
		f = x / y
	default:
		f = math.Mod(x, y)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return FloatOf(f)
}

func whole(fn query.Func, a, b int64) Value {
	switch fn {
	case query.FnAdd:
		if n := a + b; (n > a) == (b > 0) {
			return IntOf(n)
		}
	case query.FnSubtract:
		if n := a - b; (n < a) == (b > 0) {
			return IntOf(n)
		}
	case query.FnMultiply:
		n := a * b
		if a == 0 || n/a == b && !(a == -1 && b == math.MinInt64) {
			return IntOf(n)
		}
	case query.FnDivide:
		if b != 0 && !(a == math.MinInt64 && b == -1) {
			return IntOf(a / b)
		}
	default:
		if b != 0 {
			return IntOf(a % b)
		}
	}
	return Value{}
}

// toNumber returns the number that a text is, in a base.
func toNumber(text []byte, base int64) Value {
	if base == 16 || base == 0 {
		if rest, ok := bytes.CutPrefix(text, []byte("0x")); ok {
			text, base = rest, 16
		}
	}
	if base == 0 {
		base = 10
	}
	if base < 2 || base > 36 || len(text) == 0 || len(text) > maxNumber || bytes.ContainsFunc(text, notInNumber) {
		return Value{}
	}
	// The string aliases the text and is not kept.
	s := unsafe.String(unsafe.SliceData(text), len(text))
	if isWhole(text, byte(base)) {
		if n, err := strconv.ParseInt(s, int(base), 64); err == nil {
			return IntOf(n)
		}
	}
	if base != 10 || !isDecimal(text) {
		return Value{}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return FloatOf(f)
	}
	return Value{}
}

// maxNumber is how long the text of a number may be.
const maxNumber = 400

func notInNumber(r rune) bool {
	return !('0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' || r == '+' || r == '-' || r == '.')
}

// isWhole reports whether a text is a whole number in a base, of any size.
func isWhole(text []byte, base byte) bool {
	digits := text
	if text[0] == '-' || text[0] == '+' {
		digits = text[1:]
	}
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			c = c | 0x20 - 'a' + 10
		default:
			return false
		}
		if c >= base {
			return false
		}
	}
	return len(digits) > 0 && len(digits) < 70
}

// isDecimal reports whether a text begins and ends as a decimal number does: it is no
// infinity.
func isDecimal(text []byte) bool {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	return !bytes.ContainsAny(text, "xXpPiInN_") && (digit(text[len(text)-1]) || text[len(text)-1] == '.')
}
