package event

import (
	"bytes"
	"math"
	"strconv"
)

// AppendDouble appends the text that Elastic's pipelines make of a number with a
// point, in keywords and in flattened objects: as Double.toString of Java 19 and later
// does: the fewest digits that tell it apart, plain from 0.001 up to ten
// million and with an exponent beyond. (Earlier versions print a digit too many
// of some.)
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	from := len(dst)
	if abs := math.Abs(f); abs == 0 || abs >= 1e-3 && abs < 1e7 {
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if bytes.IndexByte(dst[from:], '.') < 0 {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64) // d.ddde±dd
	if bytes.IndexByte(dst[from:], '.') < 0 {
		// Of two digits there are always, so the second is the one that is next
		// to the truth, and not 0: 4.9E-324.
		dst = strconv.AppendFloat(dst[:from], f, 'e', 1, 64)
	}
	e := bytes.IndexByte(dst[from:], 'e') + from
	exponent := 0
	for _, c := range dst[e+2:] {
		exponent = 10*exponent + int(c-'0')
	}
	if dst[e+1] == '-' {
		exponent = -exponent
	}
	return strconv.AppendInt(append(dst[:e], 'E'), int64(exponent), 10)
}
