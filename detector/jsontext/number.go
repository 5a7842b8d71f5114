package jsontext

import (
	"math"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// appendNumber appends the number at text[i], which is a digit or a minus.
func appendNumber(dst, text []byte, i int) ([]byte, int, Reason) {
	start := i
	negative := text[i] == '-'
	if negative {
		i++
	}
	first := i
	n, i := digits(text, i, 0)
	if i == first {
		return dst, i, missingDigit(text, i)
	}
	if text[first] == '0' && i > first+1 {
		return dst, first, BadNumber
	}
	if i < len(text) && (text[i] == '.' || text[i]|0x20 == 'e') {
		return appendDecimal(dst, text, start, first, i, n)
	}
	// Up to 19 digits fit in a uint64. Of numbers with 20 digits those that fit
	// begin with 1, and one that overflowed would be less than 10^19.
	size := i - first
	fits := size < 20 || size == 20 && text[first] == '1' && n >= 1e19
	switch {
	case fits && !negative:
		return msgpack.AppendUint(dst, n), i, 0
	case fits && n <= 1<<63:
		return msgpack.AppendInt(dst, -int64(n)), i, 0
	}
	return msgpack.AppendString(dst, text[start:i]), i, 0
}

// digits reads decimal digits from text[i] on and appends them to the number n,
// which is wrong, since it overflows, after more than 19 digits.
func digits(text []byte, i int, n uint64) (uint64, int) {
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			break
		}
		n = n*10 + uint64(d)
	}
	return n, i
}

func missingDigit(text []byte, i int) Reason {
	if i >= len(text) {
		return Truncated
	}
	return BadNumber
}

// appendDecimal appends the number that begins at text[start], has its digits
// from text[first] on and a dot or an e at text[i]; n is its integer part.
func appendDecimal(dst, text []byte, start, first, i int, n uint64) ([]byte, int, Reason) {
	size := i - first // digits of the mantissa
	scale := 0        // the number is mantissa·10^scale
	if text[i] == '.' {
		dot := i
		if n, i = digits(text, i+1, n); i == dot+1 {
			return dst, i, missingDigit(text, i)
		}
		scale = dot + 1 - i
		size -= scale
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		minus := i < len(text) && text[i] == '-'
		if minus || i < len(text) && text[i] == '+' {
			i++
		}
		begin := i
		var e uint64
		if e, i = digits(text, i, 0); i == begin {
			return dst, i, missingDigit(text, i)
		}
		switch {
		case i-begin > 4:
			size = math.MaxInt // leave it to ParseFloat
		case minus:
			scale -= int(e)
		default:
			scale += int(e)
		}
	}
	number := text[start:i]
	f, ok := exactFloat(n, size, scale)
	if !ok {
		var err error
		if f, err = strconv.ParseFloat(string(number), 64); err != nil {
			return msgpack.AppendString(dst, number), i, 0 // too large, but valid JSON
		}
	} else if number[0] == '-' {
		f = -f
	}
	return msgpack.AppendFloat(dst, f), i, 0
}

// exactFloat returns n·10^scale if both n, which was written with size digits,
// and 10^|scale| are exact as floats: then the one operation rounds correctly.
func exactFloat(n uint64, size, scale int) (float64, bool) {
	if size > 19 || n > 1<<53 || scale < -22 || scale > 22 {
		return 0, false
	}
	if scale < 0 {
		return float64(n) / powersOfTen[-scale], true
	}
	return float64(n) * powersOfTen[scale], true
}

var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}
