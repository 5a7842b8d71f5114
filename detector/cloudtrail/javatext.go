package cloudtrail

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/record"
)

// javaText derives aws.cloudtrail.request_parameters and its siblings: the
// object as the text that Java's Map.toString gives, which is what Elastic's
// pipeline stores and what rules match wildcards on:
//
//	{instanceId=i-0abc, tags=[a, b], monitorMode=false}
//
// Members come in the order in which a java.util.HashMap walks them, those
// that are empty are left out.
func javaText(e *Event, f *Field) {
	s := &e.scratch
	for i := range e.count(f.member) {
		v := e.nth(f.member, i)
		if record.IsEmpty(v) {
			continue
		}
		from := len(s.text)
		s.appendJava(v, maxDepth)
		s.values = append(s.values, record.Text(s.text[from:]))
	}
}

// appendJava appends v to the text as Java's toString prints it.
func (s *scratch) appendJava(v record.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Kind() {
	case record.Bool:
		s.text = strconv.AppendBool(s.text, v.Bool())
	case record.Int:
		s.text = strconv.AppendInt(s.text, v.Int(), 10)
	case record.Uint:
		s.text = strconv.AppendUint(s.text, v.Uint(), 10)
	case record.Float:
		s.text = appendJavaDouble(s.text, v.Float())
	case record.Str, record.Bin:
		s.text = append(s.text, v.Bytes()...)
	case record.Array:
		s.appendJavaList(v, depth)
	case record.Map:
		s.appendJavaMap(v, depth)
	default:
		s.text = append(s.text, "null"...)
	}
}

func (s *scratch) appendJavaList(v record.Value, depth int) {
	s.text = append(s.text, '[')
	begin := len(s.text)
	elements := v.Elements()
	for {
		element, ok := elements.Next()
		if !ok {
			break
		}
		if record.IsEmpty(element) {
			continue
		}
		if len(s.text) > begin {
			s.text = append(s.text, ", "...)
		}
		s.appendJava(element, depth-1)
	}
	s.text = append(s.text, ']')
}

// javaMember is a member of a map on its way into the order of a HashMap.
type javaMember struct {
	key    []byte
	value  record.Value
	hash   uint32
	bucket uint32
	place  int
}

// appendJavaMap appends a map in the order of java.util.HashMap: by bucket,
// and within a bucket in the order of insertion. The table has 16 buckets and
// doubles when it is three quarters full; all members count for that, also
// those that are dropped as empty afterwards, for a table does not shrink.
// (Java makes a tree of a bucket of more than eight colliding keys, and may
// walk it in another order.)
func (s *scratch) appendJavaMap(v record.Value, depth int) {
	mark := len(s.java)
	pairs := v.Members()
	for place := 0; ; place++ {
		k, value, ok := pairs.Next()
		if !ok {
			break
		}
		key := k.Bytes()
		s.java = append(s.java, javaMember{key: key, value: value, hash: javaHash(key), place: place})
	}
	s.java = s.java[:mark+uniteRepeated(s.java[mark:])]
	ordered := s.java[mark:]
	buckets := uint32(16)
	for len(ordered) > int(buckets)/4*3 {
		buckets *= 2
	}
	for i := range ordered {
		ordered[i].bucket = ordered[i].hash & (buckets - 1)
	}
	slices.SortFunc(ordered, func(a, b javaMember) int {
		return cmp.Or(cmp.Compare(a.bucket, b.bucket), cmp.Compare(a.place, b.place))
	})
	s.text = append(s.text, '{')
	begin := len(s.text)
	for _, m := range ordered { // appendJava may move s.java, not ordered
		if record.IsEmpty(m.value) {
			continue
		}
		if len(s.text) > begin {
			s.text = append(s.text, ", "...)
		}
		s.text = append(s.text, m.key...)
		s.text = append(s.text, '=')
		s.appendJava(m.value, depth-1)
	}
	s.text = append(s.text, '}')
	s.java = s.java[:mark]
}

// uniteRepeated leaves one member for each key, at the place of the first with
// the value of the last, as HashMap.put does, and returns how many are left.
func uniteRepeated(members []javaMember) int {
	slices.SortFunc(members, func(a, b javaMember) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), bytes.Compare(a.key, b.key), cmp.Compare(a.place, b.place))
	})
	n := 0
	for _, m := range members {
		if n > 0 && bytes.Equal(members[n-1].key, m.key) {
			members[n-1].value = m.value
			continue
		}
		members[n] = m
		n++
	}
	return n
}

// javaHash is HashMap's hash of a key: String.hashCode, with its upper half
// folded in.
func javaHash(s []byte) uint32 {
	var h uint32
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			h = 31*h + uint32(c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		i += size
		if r < 0x10000 {
			h = 31*h + uint32(r)
			continue
		}
		r -= 0x10000
		h = 31*h + 0xd800 + uint32(r)>>10
		h = 31*h + 0xdc00 + uint32(r)&0x3ff
	}
	return h ^ h>>16
}

// appendJavaDouble appends a float64 as Double.toString of Java 19 and later
// does: the shortest digits that tell it apart, plain from 0.001 up to ten
// million and with an exponent beyond.
func appendJavaDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	abs := math.Abs(f)
	if abs == 0 || abs >= 1e-3 && abs < 1e7 {
		from := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		for _, c := range dst[from:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	var digits [32]byte
	text := strconv.AppendFloat(digits[:0], f, 'e', -1, 64) // d.ddde±dd
	mantissa, exponent := text, []byte(nil)
	for i, c := range text {
		if c == 'e' {
			mantissa, exponent = text[:i], text[i+1:]
			break
		}
	}
	dst = append(dst, mantissa...)
	hasPoint := false
	for _, c := range mantissa {
		hasPoint = hasPoint || c == '.'
	}
	if !hasPoint {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	n, _ := strconv.Atoi(string(exponent))
	return strconv.AppendInt(dst, int64(n), 10)
}
