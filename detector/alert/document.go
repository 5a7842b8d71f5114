package alert

import (
	"cmp"
	"slices"
	"time"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
	"github.com/vmihailenco/msgpack/v5"
)

// document is an alert as a list of fields with dotted names. The names make
// the nesting when the document is encoded: event.id and event.kind become
// one map event. No name may be the beginning of another.
type document struct {
	fields []field
	out    buffer
	enc    *msgpack.Encoder
}

// field is a name with a value of one of these kinds.
type field struct {
	name   string
	kind   kind
	text   []byte
	texts  [][]byte
	list   []string
	number int64
	float  float64
	object record.Value
}

type kind uint8

const (
	aText kind = iota
	aTextList
	aStringList
	anInteger
	aFloat
	aTruth
	anObject
)

func (d *document) reset() { d.fields = d.fields[:0] }

// set adds a text, unless it is empty. The bytes are not copied.
func (d *document) set(name string, text []byte) {
	if len(text) > 0 {
		d.fields = append(d.fields, field{name: name, kind: aText, text: text})
	}
}

func (d *document) setString(name, text string) {
	d.set(name, unsafe.Slice(unsafe.StringData(text), len(text))) // set only reads it
}

// setStrings adds a list of texts, unless it is empty.
func (d *document) setStrings(name string, list []string) {
	if len(list) > 0 {
		d.fields = append(d.fields, field{name: name, kind: aStringList, list: list})
	}
}

// setTexts adds a list of texts, unless it is empty.
func (d *document) setTexts(name string, texts [][]byte) {
	if len(texts) > 0 {
		d.fields = append(d.fields, field{name: name, kind: aTextList, texts: texts})
	}
}

func (d *document) setInt(name string, n int64) {
	d.fields = append(d.fields, field{name: name, kind: anInteger, number: n})
}

func (d *document) setFloat(name string, n float64) {
	d.fields = append(d.fields, field{name: name, kind: aFloat, float: n})
}

func (d *document) setBool(name string, truth bool) {
	f := field{name: name, kind: aTruth}
	if truth {
		f.number = 1
	}
	d.fields = append(d.fields, f)
}

// setTime adds a time in ECS's form, milliseconds and UTC, unless it is zero.
func (d *document) setTime(name string, t time.Time) {
	if !t.IsZero() {
		d.set(name, t.UTC().AppendFormat(nil, timeFormat))
	}
}

const timeFormat = "2006-01-02T15:04:05.000Z"

// setObject adds a map as it is, but for members that are empty and texts
// that are too long, unless nothing is left of it.
func (d *document) setObject(name string, v record.Value) {
	if v.Kind() == record.Map && !record.IsEmpty(v) {
		d.fields = append(d.fields, field{name: name, kind: anObject, object: v})
	}
}

// buffer is what the encoder writes to.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (b *buffer) WriteByte(c byte) error {
	*b = append(*b, c)
	return nil
}

// append encodes the document as a msgpack map.
func (d *document) append(dst []byte) []byte {
	slices.SortStableFunc(d.fields, func(a, b field) int { return compareNames(a.name, b.name) })
	if d.enc == nil {
		d.enc = msgpack.NewEncoder(nil)
		d.enc.UseCompactInts(true)
	}
	d.out = dst
	d.enc.ResetWriter(&d.out)
	d.encodeMap(d.fields, 0)
	out := []byte(d.out)
	d.out = nil
	return out
}

// compareNames orders names so that what lies in one map stands together: the
// dot before all other characters.
func compareNames(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if x, y := a[i], b[i]; x != y {
			if x == '.' {
				return -1
			}
			if y == '.' {
				return 1
			}
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// encodeMap encodes the fields, whose names agree in their first from bytes,
// as one map. Errors of the encoder are those of its writer, which has none.
func (d *document) encodeMap(fields []field, from int) {
	n := 0
	for rest := fields; len(rest) > 0; n++ {
		rest = rest[group(rest, from):]
	}
	_ = d.enc.EncodeMapLen(n)
	for len(fields) > 0 {
		n := group(fields, from)
		name := fields[0].name[from:]
		segment := segmentOf(name)
		_ = d.enc.EncodeString(segment)
		if len(segment) < len(name) {
			d.encodeMap(fields[:n], from+len(segment)+1)
		} else {
			d.encodeValue(&fields[0])
		}
		fields = fields[n:]
	}
}

// group returns how many of the fields lie under the same key as the first.
func group(fields []field, from int) int {
	first := segmentOf(fields[0].name[from:])
	n := 1
	for n < len(fields) && segmentOf(fields[n].name[from:]) == first {
		n++
	}
	return n
}

// segmentOf returns the name up to its first dot.
func segmentOf(name string) string {
	for i := range len(name) {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}

func (d *document) encodeValue(f *field) {
	switch f.kind {
	case aText:
		d.encodeText(f.text)
	case aTextList:
		_ = d.enc.EncodeArrayLen(len(f.texts))
		for _, t := range f.texts {
			d.encodeText(t)
		}
	case aStringList:
		_ = d.enc.EncodeArrayLen(len(f.list))
		for _, s := range f.list {
			_ = d.enc.EncodeString(s)
		}
	case anInteger:
		_ = d.enc.EncodeInt(f.number)
	case aFloat:
		_ = d.enc.EncodeFloat64(f.float)
	case aTruth:
		_ = d.enc.EncodeBool(f.number != 0)
	case anObject:
		d.encodeObject(f.object, maxDepth)
	}
}

// maxDepth bounds how deep an object of an event is copied; what lies deeper
// is null.
const maxDepth = 32

// encodeObject encodes a value of an event: members that are empty are left
// out, long texts are cut.
func (d *document) encodeObject(v record.Value, depth int) {
	switch v.Kind() {
	case record.Str, record.Bin:
		d.encodeText(v.Bytes())
	case record.Bool:
		_ = d.enc.EncodeBool(v.Bool())
	case record.Int:
		_ = d.enc.EncodeInt(v.Int())
	case record.Uint:
		_ = d.enc.EncodeUint(v.Uint())
	case record.Float:
		_ = d.enc.EncodeFloat64(v.Float())
	case record.Array:
		if depth == 0 {
			_ = d.enc.EncodeNil()
			return
		}
		n := 0
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				break
			}
			if !record.IsEmpty(element) {
				n++
			}
		}
		_ = d.enc.EncodeArrayLen(n)
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return
			}
			if !record.IsEmpty(element) {
				d.encodeObject(element, depth-1)
			}
		}
	case record.Map:
		if depth == 0 {
			_ = d.enc.EncodeNil()
			return
		}
		n := 0
		for m := v.Members(); ; {
			_, value, ok := m.Next()
			if !ok {
				break
			}
			if !record.IsEmpty(value) {
				n++
			}
		}
		_ = d.enc.EncodeMapLen(n)
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				return
			}
			if !record.IsEmpty(value) {
				d.encodeText(key.Bytes())
				d.encodeObject(value, depth-1)
			}
		}
	default:
		_ = d.enc.EncodeNil()
	}
}

// encodeText encodes a text, cut to maxText bytes. The string is a view that
// ends with the call: the encoder copies it out.
func (d *document) encodeText(b []byte) {
	b = cut(b, maxText)
	_ = d.enc.EncodeString(unsafe.String(unsafe.SliceData(b), len(b)))
}

// setValues adds the values of a field of the event: one as it is, several as
// a list. Objects are left out.
func (d *document) setValues(f *cloudtrail.Field, values []record.Value) {
	n := 0
	var only record.Value
	for _, v := range values {
		if v.Kind() != record.Map {
			only = v
			n++
		}
	}
	switch n {
	case 0:
	case 1:
		switch only.Kind() {
		case record.Bool:
			d.setBool(f.Name, only.Bool())
		case record.Int:
			d.setInt(f.Name, only.Int())
		case record.Float, record.Uint:
			d.setFloat(f.Name, only.Float())
		default:
			d.set(f.Name, only.Bytes())
		}
	default:
		texts := make([][]byte, 0, n)
		for _, v := range values {
			if v.IsText() {
				texts = append(texts, v.Bytes())
			}
		}
		d.setTexts(f.Name, texts)
	}
}
