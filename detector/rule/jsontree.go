package rule

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// parseJSON reads the JSON value between two offsets into a tree that knows
// where everything is. Members that are null are left out.
func (d *document) parseJSON(from, to int) (*value, *Error) {
	text := d.text[from:to]
	if !utf8.Valid(text) {
		n := 0
		for n < len(text) {
			r, size := utf8.DecodeRune(text[n:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			n += size
		}
		return nil, d.errorAt(from+n, "", "not JSON: invalid UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, d.errorAt(from+jsonErrorAt(err), "", "not JSON: "+err.Error())
	}
	w := jsonWalker{doc: d, at: from}
	v := w.value()
	return v, w.err
}

// jsonErrorAt is the offset of the character that a JSON error is about.
func jsonErrorAt(err error) int {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		return int(syntax.Offset) - 1
	}
	return 0
}

func (d *document) errorAt(at int, key, message string) *Error {
	e := &Error{Path: d.path, Key: key, Message: message}
	e.Line, e.Column = d.position(at)
	return e
}

// jsonWalker goes once over JSON that is known to be well formed.
type jsonWalker struct {
	doc *document
	at  int
	err *Error
}

// next skips white space and the punctuation between values.
func (w *jsonWalker) next() byte {
	for strings.IndexByte(" \t\r\n,:", w.doc.text[w.at]) >= 0 {
		w.at++
	}
	return w.doc.text[w.at]
}

// value reads a value; nil stands for null.
func (w *jsonWalker) value() *value {
	v := &value{}
	c := w.next()
	v.at = w.at
	switch c {
	case '{':
		v.kind = kindTable
		w.table(v)
	case '[':
		v.kind = kindArray
		w.at++
		for w.next() != ']' {
			if item := w.value(); item != nil {
				v.items = append(v.items, item)
			}
		}
		w.at++
	case '"':
		v.kind = kindString
		v.raw, v.text = w.text()
	case 't', 'f':
		v.kind = kindBool
		v.text = w.scalar()
	case 'n':
		w.at += len("null")
		return nil
	default:
		v.kind = kindInteger
		v.text = w.scalar()
		if strings.ContainsAny(v.text, ".eE") {
			v.kind = kindFloat
		}
	}
	return v
}

func (w *jsonWalker) table(v *value) {
	w.at++
	for w.next() != '}' {
		place := w.at
		_, key := w.text()
		held := w.value()
		if v.get(key) != nil {
			if w.err == nil {
				w.err = w.doc.errorAt(place, key, "the key is there twice")
			}
			continue
		}
		if held != nil {
			v.add(member{key: key, at: place, value: held})
		}
	}
	w.at++
}

// text reads a string, as written and decoded.
func (w *jsonWalker) text() (raw, text string) {
	start := w.at
	w.at++
	escaped := false
	for w.doc.text[w.at] != '"' {
		if w.doc.text[w.at] == '\\' {
			escaped = true
			w.at++
		}
		w.at++
	}
	w.at++
	raw = string(w.doc.text[start:w.at])
	if !escaped {
		return raw, raw[1 : len(raw)-1]
	}
	if err := json.Unmarshal([]byte(raw), &text); err != nil && w.err == nil {
		w.err = w.doc.errorAt(start, "", fmt.Sprintf("not a JSON string: %v", err))
	}
	return raw, text
}

func (w *jsonWalker) scalar() string {
	start := w.at
	for w.at < len(w.doc.text) && strings.IndexByte(" \t\r\n,:]}", w.doc.text[w.at]) < 0 {
		w.at++
	}
	return string(w.doc.text[start:w.at])
}
