package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// NDJSON parses the document as lines of JSON objects and yields each object, or
// the error of its line. Blank lines, and members that are null, are left out. A
// line of more than maxLine bytes is an error.
func (d *Document) NDJSON(maxLine int) iter.Seq2[*Value, *rule.Error] {
	return func(yield func(*Value, *rule.Error) bool) {
		from := 0
		for line := range bytes.Lines(d.text) {
			text := bytes.TrimSuffix(line, []byte("\n"))
			if len(bytes.TrimSpace(text)) > 0 && !yield(d.object(text, from, maxLine)) {
				return
			}
			from += len(line)
		}
	}
}

// JSON parses the document as one JSON object. Members that are null are left out.
func (d *Document) JSON() (*Value, *rule.Error) {
	v, err := d.object(d.text, 0, len(d.text))
	if err != nil && v == nil && err.Message == notObject {
		err.Message = "must be a JSON object"
	}
	return v, err
}

const notObject = "every line must be a JSON object"

// object parses a text, which is at an offset of the document, as a JSON object.
func (d *Document) object(text []byte, from, maxSize int) (*Value, *rule.Error) {
	if len(text) > maxSize {
		return nil, d.errorf(from, "", "the line is longer than the maximum of %d bytes", maxSize)
	}
	if !utf8.Valid(text) {
		return nil, d.errorf(from+bytes.IndexRune(text, utf8.RuneError), "", "not JSON: invalid UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, d.errorf(from+jsonErrorOffset(err), "", "not JSON: %v", err)
	}
	r := jsonReader{document: d, from: from, text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	v := r.value()
	if v == nil || v.Kind != Table {
		return nil, d.errorf(from, "", notObject)
	}
	return v, r.err
}

// jsonErrorOffset returns the offset of the character that a JSON error is about.
func jsonErrorOffset(err error) int {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		return int(syntax.Offset) - 1
	}
	return 0
}

// jsonReader converts JSON that is known to be well formed.
type jsonReader struct {
	document *Document
	from     int // offset of the text in the document
	text     []byte
	decoder  *json.Decoder
	err      *rule.Error // the first one
}

// next returns the offset in the text of the next token.
func (r *jsonReader) next() int {
	at := int(r.decoder.InputOffset())
	for strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

// value reads a value, nil for null.
func (r *jsonReader) value() *Value {
	start := r.next()
	v := &Value{at: r.from + start}
	token, _ := r.decoder.Token()
	switch token := token.(type) {
	case nil:
		return nil
	case json.Delim:
		if token == '[' {
			v.Kind = List
		}
		for r.decoder.More() {
			r.item(v)
		}
		_, _ = r.decoder.Token()
	case string:
		v.Kind, v.Text, v.raw = String, token, string(r.text[start:r.decoder.InputOffset()])
	case json.Number:
		v.Kind, v.Text = Integer, token.String()
		if strings.ContainsAny(v.Text, ".eE") {
			v.Kind = Float
		}
	case bool:
		v.Kind, v.Text = Bool, string(r.text[start:r.decoder.InputOffset()])
	}
	return v
}

// item reads an item of a table or list.
func (r *jsonReader) item(v *Value) {
	key, at := "", 0
	if v.Kind == Table {
		at = r.from + r.next()
		token, _ := r.decoder.Token()
		key, _ = token.(string)
	}
	item := r.value()
	if v.Kind == Table && v.Get(key) != nil {
		if r.err == nil {
			r.err = r.document.errorf(at, key, "the key appears twice")
		}
		return
	}
	if item != nil {
		item.Key, item.key = key, at
		v.add(item)
	}
}
