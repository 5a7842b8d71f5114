package event

import (
	"bytes"
	"math"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// javaText derives aws.cloudtrail.request_parameters and its siblings: the
// object as the text that Java's Map.toString gives, which is what Elastic's
// pipeline stores and what rules match wildcards on:
//
//	{instanceId=i-0abc, tags=[a, b], monitorMode=false}
//
// Members come in the order in which a java.util.HashMap walks them, those
// that are empty are left out. Where a key is repeated the last value counts;
// further texts follow in which an earlier one does, so that none is hidden.
func javaText(e *Event, f *Field) {
	s := &e.scratch
	for o := e.occurrences(f.member); o.next(); {
		v := o.value()
		s.java.repeats = 1
		s.addJava(v, math.MaxInt)
		earlier := s.java.repeats - 1
		if earlier > maxReadings {
			s.cut, earlier = true, maxReadings
		}
		for pick := range earlier {
			s.addJava(v, pick)
		}
	}
}

// maxReadings bounds how many texts there are of an object with a key that is
// repeated over and over, besides the one that Java has.
const maxReadings = 16

// javaMaps is the working memory for the texts of maps.
type javaMaps struct {
	table   hashMap
	order   []javaMember // a stack
	keys    []byte       // arena of keys that are no texts
	pick    int          // which value of a repeated key counts, from 0
	repeats int          // how often a key was repeated at most
}

// javaMember is a member of a map in the order of a HashMap.
type javaMember struct {
	key   []byte
	value msgpack.Value
}

// addJava appends the text of v to the values, if v is not empty.
func (s *scratch) addJava(v msgpack.Value, pick int) {
	s.java.pick = pick
	from := len(s.text)
	if s.appendJava(v, maxDepth) {
		s.values = append(s.values, msgpack.Text(s.text[from:]))
	}
}

// appendJava appends v to the text as Java's toString prints it. It says
// whether v is more than empty, if not nothing is appended.
func (s *scratch) appendJava(v msgpack.Value, depth int) bool {
	switch v.Kind() {
	case msgpack.Bool:
		s.text = strconv.AppendBool(s.text, v.Bool())
	case msgpack.Int:
		s.text = strconv.AppendInt(s.text, v.Int(), 10)
	case msgpack.Uint:
		s.text = strconv.AppendUint(s.text, v.Uint(), 10)
	case msgpack.Float:
		s.text = appendJavaDouble(s.text, v.Float())
	case msgpack.Array:
		return !s.tooDeep(v, depth) && s.appendJavaList(v, depth)
	case msgpack.Map:
		return !s.tooDeep(v, depth) && s.appendJavaMap(v, depth)
	case msgpack.Ext: // nothing that JSON has
		s.text = append(s.text, "null"...)
	default:
		if msgpack.IsEmpty(v) {
			return false
		}
		s.text = append(s.text, v.Bytes()...)
	}
	return true
}

func (s *scratch) appendJavaList(v msgpack.Value, depth int) bool {
	s.text = append(s.text, '[')
	begin := len(s.text)
	for elements := v.Elements(); ; {
		element, ok := elements.Next()
		if !ok {
			break
		}
		before := len(s.text)
		if before > begin {
			s.text = append(s.text, ", "...)
		}
		if !s.appendJava(element, depth-1) {
			s.text = s.text[:before]
		}
	}
	return s.closeJava(begin, ']')
}

// closeJava closes the brackets that were opened before begin, or takes them
// back if nothing is in them.
func (s *scratch) closeJava(begin int, bracket byte) bool {
	if len(s.text) == begin {
		s.text = s.text[:begin-1]
		return false
	}
	s.text = append(s.text, bracket)
	return true
}

func (s *scratch) appendJavaMap(v msgpack.Value, depth int) bool {
	j := &s.java
	j.table.reset()
	for pairs := v.Members(); ; {
		key, value, ok := pairs.Next()
		if !ok {
			break
		}
		j.repeats = max(j.repeats, j.table.put(j.keyText(key), value, j.pick))
	}
	mark := len(j.order)
	j.order = j.table.appendOrder(j.order)
	s.text = append(s.text, '{')
	begin := len(s.text)
	for i := mark; i < len(j.order); i++ {
		m := j.order[i] // maps inside push theirs behind and take them off again
		before := len(s.text)
		if before > begin {
			s.text = append(s.text, ", "...)
		}
		s.text = append(s.text, m.key...)
		s.text = append(s.text, '=')
		if !s.appendJava(m.value, depth-1) {
			s.text = s.text[:before]
		}
	}
	j.order = j.order[:mark]
	return s.closeJava(begin, '}')
}

// keyText returns the text of a key. Keys that are no texts, which JSON does
// not have, have the text that JSON would give their value.
func (j *javaMaps) keyText(key msgpack.Value) []byte {
	if key.IsText() {
		return key.Bytes()
	}
	from := len(j.keys)
	j.keys = jsontext.AppendValue(j.keys, key)
	return j.keys[from:]
}

// appendJavaDouble appends a float64 as Double.toString of Java 19 and later
// does: the fewest digits that tell it apart, plain from 0.001 up to ten
// million and with an exponent beyond. (Earlier versions print a digit too many
// of some.)
func appendJavaDouble(dst []byte, f float64) []byte {
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
