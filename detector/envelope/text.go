package envelope

import (
	"bytes"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// text looks for events in what may be JSON text: one value, or several behind
// each other. A broken one is counted if it was to be an event, and the others
// are read all the same.
func (r *Reader) text(depth int, text []byte, o origin) {
	text = trimText(text)
	if !r.mayHold(text) {
		return
	}
	l := r.level(depth + 1)
	if l == nil {
		return
	}
	o.part = false
	for len(text) > 0 && r.effort > 0 {
		begin := text
		if beginsJSON(text) {
			n, ok := r.decode(l, text)
			if ok {
				text = trimBetween(text[n:])
				r.decoded(depth, l.text, o)
				continue
			}
			text = text[r.salvage(depth, text, o):]
		}
		broken := text
		text = nextLine(text)
		if r.wasEvent(broken[:len(broken)-len(text)]) || len(text) == 0 && r.wasEvent(begin) {
			r.unreadable()
		}
	}
	if len(text) > 0 { // what is left when the effort is spent
		r.unreadable()
	}
}

// maxDecoding bounds how much text is decoded for a record, its decompressed
// data counted in: this many times its length. Text in text is shorter at each
// level, so that only text that is broken in many places comes near.
const maxDecoding = 16

// decode makes msgpack of the value that text begins with and returns the
// offset behind it, or false if it is broken.
func (r *Reader) decode(l *level, text []byte) (end int, ok bool) {
	l.text = slices.Grow(l.text[:0], min(len(text)+len(text)/8, maxKept))
	var cut int
	var err error
	l.text, end, cut, err = jsontext.AppendCut(l.text[:0], text, false)
	r.effort -= end + 1
	if err == nil && cut >= 0 {
		r.unreadable()
	}
	return end, err == nil
}

// decoded looks into what a text was decoded to. A list, and a string with JSON
// in it once more, is one level deeper: texts in it must not be decoded into the
// buffer that it lies in.
func (r *Reader) decoded(depth int, packed []byte, o origin) {
	if v, _, err := msgpack.ReadHeader(packed, 0); err == nil && v.Kind() != msgpack.Map {
		depth++
	}
	_, _ = r.value(depth, packed, 0, o) // it is whole: jsontext has made it
}

// salvage reads, of a text that is broken somewhere, the elements of the list
// that it breaks off in, as far as they are whole: {"Records": [event, event, …
// or [event, event, …. It returns the offset behind the last of them, 0 if
// there are none.
func (r *Reader) salvage(depth int, text []byte, o origin) (end int) {
	if text[0] == '[' {
		return r.salvageList(depth, text, 1, o)
	}
	l := &r.levels[depth+1]
	for i := 1; ; {
		n, ok := r.decode(l, text[i:])
		if !ok {
			return 0
		}
		key, _, err := msgpack.Read(l.text, 0)
		if err != nil || !key.IsText() {
			return 0
		}
		m := event.Lookup(key.Bytes())
		if i = skipSpace(text, i+n); i == len(text) || text[i] != ':' {
			return 0
		}
		i = skipSpace(text, i+1)
		list := slices.IndexFunc(wrappers, func(w wrapper) bool { return w.list && w.member == m })
		if i < len(text) && text[i] == '[' && list >= 0 {
			s := wrappers[list].shape
			o.path, o.via, o.part = o.path.add(s), s, true
			return r.salvageList(depth, text, i+1, o)
		}
		if n, ok = r.decode(l, text[i:]); !ok {
			return 0
		}
		if i = skipSpace(text, i+n); i == len(text) || text[i] != ',' {
			return 0
		}
		i++
	}
}

// salvageList reads the elements of a list from text[i] on until one is broken.
func (r *Reader) salvageList(depth int, text []byte, i int, o origin) (end int) {
	l := &r.levels[depth+1]
	for {
		n, ok := r.decode(l, text[i:])
		if !ok {
			return end
		}
		i += n
		end = i
		if v, _, err := msgpack.ReadHeader(l.text, 0); err == nil && v.Kind() == msgpack.Map {
			_, _ = r.value(depth, l.text, 0, o)
		}
		if i = skipSpace(text, i); i == len(text) || text[i] != ',' {
			return end
		}
		i++
	}
}

// trimText returns text without the white space, and the byte order mark, that
// it begins with.
func trimText(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return text[skipSpace(text, 0):]
}

// trimBetween returns text without what may stand between two values.
func trimBetween(text []byte) []byte {
	i := skipSpace(text, 0)
	if i < len(text) && text[i] == ',' {
		i = skipSpace(text, i+1)
	}
	return text[i:]
}

// skipSpace returns the offset of the first byte from i on that is no white
// space of JSON, or len(text).
func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// nextLine returns the text from the next line on that begins with a brace, or
// nothing.
func nextLine(text []byte) []byte {
	if i := bytes.Index(text, []byte("\n{")); i >= 0 {
		return text[i+1:]
	}
	return nil
}

// beginsJSON reports whether text could begin with an object, a list of objects,
// or a string in which there is JSON once more. Lines that begin with
// "[2024-02-01 …" are none.
func beginsJSON(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	next := byte(0)
	if i := skipSpace(text, 1); i < len(text) {
		next = text[i]
	}
	switch text[0] {
	case '{':
		return next == '"'
	case '[':
		return next == '{' || next == '"'
	case '"':
		return next == '{' || next == '[' || next == '\\'
	}
	return false
}

// mayHold reports whether there can be an event in text. It rules out other JSON
// without decoding it: the sources' hints are searched for as they are only where
// no \u in the text could spell them otherwise. No other escape stands for a
// letter, also not in a text within the text.
func (r *Reader) mayHold(text []byte) bool {
	if !beginsJSON(text) {
		return false
	}
	for i := range r.hints {
		if r.hints[i].In(text) {
			return true
		}
	}
	return escape.In(text) || packedMember.In(text) &&
		(contains(text, "records") || contains(text, "kinesis") || contains(text, "awslogs"))
}

var (
	escape       = literal.NewFinder(`\u`)
	packedMember = literal.NewFinder(`"data`)
)

// wasEvent tells text that was to be an event from other text that begins with
// a brace. It only decides what is counted.
func (r *Reader) wasEvent(text []byte) bool {
	return slices.ContainsFunc(r.names, func(name string) bool { return contains(text, name) })
}

func contains(text []byte, s string) bool { return bytes.Contains(text, []byte(s)) }
