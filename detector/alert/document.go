package alert

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// document describes one alert: a value for each field that it has, by the
// field's name in ECS form. A layout says where a format puts the fields.
// Texts are not copied until the document is encoded.
type document struct {
	values []value
	filled []slot // which of them are set
	has    slotSet
	text   []byte // an arena for texts that are made for this alert
	layout *layout
	w      writer
	// truncated are the names of the fields of which the document does not carry all
	// that the event has.
	truncated []string
}

// value is what a field holds.
type value struct {
	kind   kind
	number int64 // an integer, the bits of a float or of a latitude, a truth, milliseconds since 1970
	more   int64 // of a place the bits of its longitude
	text   []byte
	list   [][]byte
}

type kind uint8

const (
	absent kind = iota
	aText
	aList // of texts
	anInteger
	aFloat
	aTruth
	aTime
	aPlace
	encoded // msgpack, in text
)

func newDocument(l *layout, fields *Fields) document {
	return document{values: make([]value, len(fields.slots)), layout: l}
}

func (d *document) reset() {
	for _, s := range d.filled {
		d.values[s] = value{}
	}
	d.filled, d.has, d.text, d.truncated = d.filled[:0], slotSet{}, d.text[:0], d.truncated[:0]
}

// truncate notes that something of a field is not carried.
func (d *document) truncate(name string) {
	if !slices.Contains(d.truncated, name) {
		d.truncated = append(d.truncated, name)
	}
}

// append encodes the document as a msgpack map.
func (d *document) append(dst []byte) []byte { return d.w.document(dst, d.layout, d.values, &d.has) }

func (d *document) put(s slot, v value) {
	if d.values[s].kind == absent {
		d.filled = append(d.filled, s)
		d.has.add(s)
	}
	d.values[s] = v
}

// set adds a text, unless it is empty. The bytes are not copied.
func (d *document) set(s slot, text []byte) {
	if len(text) == 0 {
		return
	}
	v := &d.values[s]
	if v.kind == absent {
		d.filled = append(d.filled, s)
		d.has.add(s)
	}
	v.kind, v.text = aText, text
}

func (d *document) setString(s slot, text string) { d.set(s, view(text)) }

// count returns how many texts a field has, nth returns one of them, and first
// the first one or nil.
func (d *document) count(s slot) int {
	switch v := &d.values[s]; v.kind {
	case aText:
		return 1
	case aList:
		return len(v.list)
	}
	return 0
}

func (d *document) nth(s slot, i int) []byte {
	v := &d.values[s]
	if v.kind == aList {
		return v.list[i]
	}
	return v.text
}

func (d *document) first(s slot) []byte {
	if d.count(s) == 0 {
		return nil
	}
	return d.nth(s, 0)
}

// asText returns a field, or the first text of a list, as text.
func (d *document) asText(s slot) []byte {
	begin := len(d.text)
	switch v := &d.values[s]; v.kind {
	case aTime:
		d.text = appendTime(d.text, v.number)
	case anInteger:
		d.text = strconv.AppendInt(d.text, v.number, 10)
	case aTruth:
		d.text = strconv.AppendBool(d.text, v.number != 0)
	default:
		return d.first(s)
	}
	return d.text[begin:]
}

// setHex adds bytes in hexadecimal digits.
func (d *document) setHex(s slot, b []byte) {
	begin := len(d.text)
	d.text = hex.AppendEncode(d.text, b)
	d.set(s, d.text[begin:])
}

// setTexts adds a list of texts, unless it is empty.
func (d *document) setTexts(s slot, list [][]byte) {
	if len(list) > 0 {
		d.put(s, value{kind: aList, list: list})
	}
}

// setOneOrMore adds one text as it is and several as a list.
func (d *document) setOneOrMore(s slot, list [][]byte) {
	if len(list) == 1 {
		d.set(s, list[0])
		return
	}
	d.setTexts(s, list)
}

// setStrings adds a list of texts, unless it is empty.
func (d *document) setStrings(s slot, list []string) {
	texts := make([][]byte, len(list))
	for i, s := range list {
		texts[i] = view(s)
	}
	d.setTexts(s, texts)
}

func (d *document) setInt(s slot, n int64) {
	d.put(s, value{kind: anInteger, number: n})
}

func (d *document) setBool(s slot, truth bool) {
	d.put(s, value{kind: aTruth, number: number(truth)})
}

// setTime adds a time, to the millisecond, unless it is zero, or so far away
// that consumers cannot read it.
func (d *document) setTime(s slot, t time.Time) {
	if event.InRange(t) {
		d.put(s, value{kind: aTime, number: t.UnixMilli()})
	}
}

// maxList is how many bytes of texts a field with several values carries.
const maxList = 32766

// setField adds a field of the event with the values that it has there: one as
// it is, several as a list. Values that Elasticsearch does not take in a field
// of that type are left out: one of them, and it would refuse the alert. What is cut or
// left out is noted.
func (d *document) setField(f *copiedField, values []msgpack.Value) {
	if len(values) == 0 {
		return
	}
	if len(values) == 1 && f.isText && values[0].IsText() {
		text := values[0].Bytes()
		if len(text) > f.max {
			text = cut(text, f.max)
			d.truncate(f.Name)
		}
		d.set(f.slot, text)
		return
	}
	if f.Type == event.TypeGeoPoint {
		d.setLocation(f, values)
		return
	}
	whole := true
	var first value
	var list [][]byte
	size := 0
	for _, v := range values {
		x := d.fieldValue(f.Type, v)
		if len(x.text) > f.max {
			x.text, whole = cut(x.text, f.max), false
		}
		switch {
		case x.kind == absent:
			whole = false
		case first.kind == absent:
			first = x
		case x.kind == aText && first.kind == aText:
			if list == nil {
				list = append(list, first.text)
				size = len(first.text)
			}
			if size += len(x.text); size <= maxList {
				list = append(list, x.text)
			} else {
				whole = false
			}
		default:
			whole = whole && x.kind == first.kind && x.number == first.number
		}
	}
	if !whole {
		d.truncate(f.Name)
	}
	switch {
	case len(list) > 1:
		d.put(f.slot, value{kind: aList, list: list})
	case first.kind != absent:
		d.put(f.slot, first)
	}
}

// fieldValue returns v as a value of a field of that type, or an absent value.
func (d *document) fieldValue(t event.Type, v msgpack.Value) value {
	switch t {
	case event.TypeBoolean:
		return truth(v)
	case event.TypeDate:
		if at := event.ParseTime(v); !at.IsZero() {
			return value{kind: aTime, number: at.UnixMilli()}
		}
		return value{}
	case event.TypeLong:
		return integer(v)
	case event.TypeIP:
		if _, ok := event.ParseIP(v.Bytes()); !ok {
			return value{}
		}
	}
	if b := d.textOf(v); len(b) > 0 {
		return value{kind: aText, text: b}
	}
	return value{}
}

// truth returns a truth, or the text of one, as a truth.
func truth(v msgpack.Value) value {
	switch {
	case v.Kind() == msgpack.Bool:
		return value{kind: aTruth, number: number(v.Bool())}
	case string(v.Bytes()) == "true":
		return value{kind: aTruth, number: 1}
	case string(v.Bytes()) == "false":
		return value{kind: aTruth}
	}
	return value{}
}

// textOf returns a scalar as text, and nil for anything else.
func (d *document) textOf(v msgpack.Value) []byte {
	if v.IsText() {
		return v.Bytes()
	}
	begin := len(d.text)
	d.text = event.AppendScalar(d.text, v)
	return d.text[begin:]
}

// setObject adds a map of the event, unless there is nothing in it, or too much.
func (d *document) setObject(f *objectField, v msgpack.Value) {
	if v.Kind() != msgpack.Map || event.IsEmpty(v) {
		return
	}
	if len(v.Encoded()) > maxObject {
		d.truncate(f.Name)
		return
	}
	begin := len(d.text)
	d.w.begin(d.text)
	d.w.cut, d.w.path = false, 0 // a panic may have left something
	d.w.object(v, maxDepth)
	d.text = d.w.end()
	d.put(f.slot, value{kind: encoded, text: d.text[begin:]})
	if d.w.cut {
		d.truncate(f.Name)
	}
}

func number(truth bool) int64 {
	if truth {
		return 1
	}
	return 0
}

// view returns the bytes of s. They are only read.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
