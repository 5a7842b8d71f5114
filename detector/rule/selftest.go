package rule

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// What a [Test] may expect.
const (
	ExpectAlert = "alert"
	ExpectNone  = "none"
)

var expectations = []string{ExpectAlert, ExpectNone}

// Test is one of a rule's own tests: an event, and whether the rule is to make
// an alert of it.
type Test struct {
	Name   string // unique in the rule
	Event  []byte // one JSON value, in any shape that a record may have
	Expect string // ExpectAlert or ExpectNone
	Line   int    // of the test in the rule's file
}

// WantAlert reports whether the rule is to make an alert of the event.
func (t *Test) WantAlert() bool { return t.Expect == ExpectAlert }

// tests reads the entries of [[fluent_detect.test]].
func (r *reader) tests(key string, v *value) []Test {
	var out []Test
	lines := make(map[string]int) // name → line
	for i, table := range r.tables(key, v) {
		prefix := fmt.Sprintf("%s[%d].", key, i)
		r.only(prefix, table, "name", "event", "expect")
		var t Test
		t.Line, _ = r.doc.position(table.at)
		if name, ok := r.need(prefix, table, "name", "a string"); ok {
			t.Name, _ = r.line(prefix+"name", name)
			if twin := lines[t.Name]; twin > 0 && t.Name != "" {
				r.fail(name.at, prefix+"name", "%q is the name of the test in line %d already", t.Name, twin)
			}
			lines[t.Name] = t.Line
		}
		if event, ok := r.need(prefix, table, "event", "JSON text or a table"); ok {
			t.Event = r.event(prefix+"event", event)
		}
		if expect, ok := r.need(prefix, table, "expect", oneOf(expectations)); ok {
			t.Expect, _ = r.word(prefix+"expect", expect, expectations)
		}
		out = append(out, t)
	}
	return out
}

// event reads an event: JSON text, or a table.
func (r *reader) event(key string, v *value) []byte {
	switch v.kind {
	case kindTable:
		return r.json(key, nil, v)
	case kindString:
		var raw json.RawMessage
		if err := json.Unmarshal([]byte(v.text), &raw); err != nil {
			r.fail(v.inside(jsonErrorAt(err)), key, "not JSON: %v", err)
		}
		return raw
	}
	r.fail(v.at, key, "is %s, must be JSON text or a table", v.kind)
	return nil
}

// json appends a value as JSON. Dates and times become texts.
func (r *reader) json(key string, dst []byte, v *value) []byte {
	switch v.kind {
	case kindTable:
		dst = append(dst, '{')
		for i, m := range v.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(quoted(dst, m.key), ':')
			dst = r.json(key+"."+m.key, dst, m.value)
		}
		return append(dst, '}')
	case kindArray:
		dst = append(dst, '[')
		for i, item := range v.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.json(key+"["+strconv.Itoa(i)+"]", dst, item)
		}
		return append(dst, ']')
	case kindBool:
		return append(dst, v.text...)
	case kindInteger, kindFloat:
		return r.number(key, dst, v)
	}
	return quoted(dst, v.text)
}

func (r *reader) number(key string, dst []byte, v *value) []byte {
	if json.Valid([]byte(v.text)) {
		return append(dst, v.text...)
	}
	if v.kind == kindInteger { // TOML's +1, 1_000 and 0x1f
		if n, err := strconv.ParseInt(v.text, 0, 64); err == nil {
			return strconv.AppendInt(dst, n, 10)
		}
	}
	f, _ := strconv.ParseFloat(strings.ReplaceAll(v.text, "_", ""), 64)
	text, err := json.Marshal(f)
	if err != nil { // infinite, or not a number
		r.fail(v.at, key, "JSON has no number %s", v.text)
	}
	return append(dst, text...)
}

func quoted(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string never fails
	return append(dst, text...)
}
