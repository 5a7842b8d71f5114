package alert

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// writer encodes values as msgpack. All that it writes every consumer can
// read: texts are UTF-8 and not too long, keys are texts and each is in a map
// once, numbers are finite, nothing is nested too deep.
type writer struct {
	out  []byte
	keys [][]byte // of the maps that are being written, a stack
	path int      // bytes of the keys around the value of an event that is being written
	open []opened // maps of the document that are being written, a stack
	cut  bool     // something of an event was cut or left out
}

// begin makes w append to dst; end returns the result.
func (w *writer) begin(dst []byte) { w.out = dst }

func (w *writer) end() []byte {
	out := w.out
	w.out = nil
	return out
}

// openMap begins a map of at most max members, closeMap sets how many there are.
func (w *writer) openMap(max int) (header int) {
	header = len(w.out)
	w.out = msgpack.AppendMapHeader(w.out, max)
	return header
}

func (w *writer) closeMap(header, members int) { msgpack.SetLen(w.out[header:], members) }

// openList begins a list, as openMap does.
func (w *writer) openList(max int) (header int) {
	header = len(w.out)
	w.out = msgpack.AppendArrayHeader(w.out, max)
	return header
}

func (w *writer) closeList(header, elements int) { msgpack.SetLen(w.out[header:], elements) }

// clean returns the text cut to maxText bytes, and valid: U+FFFD in the place
// of what is not UTF-8. Encoders of JSON differ about such bytes, and
// Elasticsearch refuses them.
func clean(text []byte) []byte {
	if len(text) > maxText {
		text = cut(text, maxText)
	}
	if isASCII(text) || utf8.Valid(text) {
		return text
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

// isASCII reports whether all bytes are below 0x80.
func isASCII(text []byte) bool {
	const high = 0x8080808080808080
	if len(text) < 8 {
		var all byte
		for _, c := range text {
			all |= c
		}
		return all < utf8.RuneSelf
	}
	rest := text
	for ; len(rest) >= 8; rest = rest[8:] {
		if binary.LittleEndian.Uint64(rest)&high != 0 {
			return false
		}
	}
	return binary.LittleEndian.Uint64(text[len(text)-8:])&high == 0
}

// string writes a text as it is.
func (w *writer) string(text []byte) { w.out = msgpack.AppendString(w.out, text) }

// value writes a value in one of the forms, or nothing if it has none in it,
// and reports which.
func (w *writer) value(v *value, as form) bool {
	if v.kind == aText && (as == asItIs || as == asSingle) {
		w.string(clean(v.text))
		return true
	}
	switch as {
	case asMillis:
		return w.millis(v)
	case asTruth:
		x := *v
		if x.kind == aText {
			x = truth(msgpack.TextOf(x.text))
		}
		if x.kind != aTruth {
			return false
		}
		w.out = msgpack.AppendBool(w.out, x.number != 0)
		return true
	case asSingle:
		if v.kind == aList {
			w.string(clean(v.list[0]))
			return true
		}
	}
	switch v.kind {
	case aText:
		w.string(clean(v.text))
	case aList:
		w.out = msgpack.AppendArrayHeader(w.out, len(v.list))
		for _, t := range v.list {
			w.string(clean(t))
		}
	case anInteger:
		w.out = msgpack.AppendInt(w.out, v.number)
	case aFloat:
		w.out = msgpack.AppendFloat(w.out, math.Float64frombits(uint64(v.number)))
	case aTruth:
		w.out = msgpack.AppendBool(w.out, v.number != 0)
	case aTime:
		w.out = msgpack.AppendStringHeader(w.out, len(timeFormat))
		w.out = appendTime(w.out, v.number)
	case aPlace:
		return w.place(v, as)
	case encoded:
		w.out = append(w.out, v.text...)
	}
	return true
}

// timeFormat is a time as ECS documents have it, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

// appendTime appends milliseconds since 1970 in the form of timeFormat, for the
// years 0 to 9999.
func appendTime(dst []byte, millis int64) []byte {
	t := time.UnixMilli(millis).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = appendTwo(appendTwo(dst, year/100), year%100)
	dst = appendTwo(append(dst, '-'), int(month))
	dst = appendTwo(append(dst, '-'), day)
	dst = appendTwo(append(dst, 'T'), hour)
	dst = appendTwo(append(dst, ':'), minute)
	dst = appendTwo(append(dst, ':'), second)
	ms := t.Nanosecond() / 1e6
	dst = appendTwo(append(dst, '.', '0'+byte(ms/100)), ms%100)
	return append(dst, 'Z')
}

func appendTwo(dst []byte, n int) []byte { return append(dst, '0'+byte(n/10), '0'+byte(n%10)) }

func (w *writer) millis(v *value) bool {
	switch v.kind {
	case aTime:
		w.out = msgpack.AppendInt(w.out, v.number)
		return true
	case aText:
		if t := event.ParseTime(msgpack.TextOf(v.text)); !t.IsZero() {
			w.out = msgpack.AppendInt(w.out, t.UnixMilli())
			return true
		}
	}
	return false
}

// maxDepth bounds how deep maps and lists of an event are written; what lies
// deeper is null. Elasticsearch's flattened fields take 20 levels.
const maxDepth = 20

// maxPath bounds how many bytes the keys around a value of an event have
// together; what lies behind longer ones is null. An index keeps the keys and the
// value in one term, and refuses a document with one above 32,766 bytes: maxText
// bytes that are not UTF-8 are three times as long when they are cleaned.
const maxPath = 32_766 - 3*maxText - 128

// object writes a value of an event. Members that are empty are left out, and
// of those with the same key all but the first.
func (w *writer) object(v msgpack.Value, depth int) {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		w.cut = w.cut || len(v.Bytes()) > maxText
		w.string(clean(v.Bytes()))
	case msgpack.Bool:
		w.out = msgpack.AppendBool(w.out, v.Bool())
	case msgpack.Int:
		w.out = msgpack.AppendInt(w.out, v.Int())
	case msgpack.Uint:
		w.out = msgpack.AppendUint(w.out, v.Uint())
	case msgpack.Float:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			w.out = msgpack.AppendFloat(w.out, f)
			return
		}
		w.out = msgpack.AppendNil(w.out)
	case msgpack.Array:
		if depth == 0 {
			w.tooDeep(v)
			return
		}
		w.list(v, depth)
	case msgpack.Map:
		if depth == 0 {
			w.tooDeep(v)
			return
		}
		w.members(v, depth)
	default:
		w.out = msgpack.AppendNil(w.out)
	}
}

// tooDeep writes null in the place of a map or list.
func (w *writer) tooDeep(v msgpack.Value) {
	w.cut = w.cut || !event.IsEmpty(v)
	w.out = msgpack.AppendNil(w.out)
}

func (w *writer) list(v msgpack.Value, depth int) {
	header, n := w.openList(v.Len()), 0
	for elements := v.Elements(); ; {
		element, ok := elements.Next()
		if !ok {
			w.closeList(header, n)
			return
		}
		if !event.IsEmpty(element) {
			w.object(element, depth-1)
			n++
		}
	}
}

func (w *writer) members(v msgpack.Value, depth int) {
	header, mark := w.openMap(v.Len()), len(w.keys)
	var wide map[string]struct{} // the keys of a map that has many
	if v.Len() > manyKeys {
		wide = make(map[string]struct{}, v.Len())
	}
	n := 0
	for members := v.Members(); ; {
		k, value, ok := members.Next()
		if !ok {
			break
		}
		if event.IsEmpty(value) {
			continue
		}
		key := cleanKey(k)
		w.cut = w.cut || k.IsText() && len(k.Bytes()) > maxText
		if wide != nil {
			if _, again := wide[string(key)]; again {
				continue
			}
			wide[string(key)] = struct{}{}
		} else {
			if slices.ContainsFunc(w.keys[mark:], func(other []byte) bool { return bytes.Equal(key, other) }) {
				continue
			}
			w.keys = append(w.keys, key)
		}
		w.string(key)
		w.path += len(key) + 1
		if w.path <= maxPath {
			w.object(value, depth-1)
		} else {
			w.out, w.cut = msgpack.AppendNil(w.out), true
		}
		w.path -= len(key) + 1
		n++
	}
	clear(w.keys[mark:])
	w.keys = w.keys[:mark]
	w.closeMap(header, n)
}

// manyKeys is how many keys of a map are compared one by one.
const manyKeys = 48

// cleanKey returns a key as a text that every reader takes. Elasticsearch's
// flattened fields refuse a NUL in a key.
func cleanKey(k msgpack.Value) []byte {
	if !k.IsText() {
		return clean(jsontext.AppendJSON(nil, k))
	}
	key := clean(k.Bytes())
	if bytes.IndexByte(key, 0) >= 0 {
		key = bytes.ReplaceAll(key, []byte{0}, []byte("\uFFFD"))
	}
	return key
}
