package document

import (
	"encoding/json"
	"strconv"
	"strings"
)

// JSON returns a JSON value: a string's text, or a table converted to JSON.
func (r *Reader) JSON(v *Value) []byte {
	switch {
	case v == nil:
	case v.Kind == Table:
		return r.appendJSON(nil, v)
	case v.Kind == String:
		var raw json.RawMessage
		if err := json.Unmarshal([]byte(v.Text), &raw); err != nil {
			r.FailInside(v, jsonErrorOffset(err), "not JSON: %v", err)
		}
		return raw
	default:
		r.Fail(v, "is %s, must be JSON text or a table", v.Kind)
	}
	return nil
}

// appendJSON appends a value as JSON. Dates and times become strings.
func (r *Reader) appendJSON(dst []byte, v *Value) []byte {
	switch v.Kind {
	case Table, List:
		brackets := "{}"
		if v.Kind == List {
			brackets = "[]"
		}
		dst = append(dst, brackets[0])
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			if v.Kind == Table {
				dst = append(appendQuoted(dst, item.Key), ':')
			}
			dst = r.appendJSON(dst, item)
		}
		return append(dst, brackets[1])
	case Bool:
		return append(dst, strings.ToLower(v.Text)...) // YAML's True
	case Null:
		return append(dst, "null"...)
	case Integer, Float:
		return r.appendNumber(dst, v)
	}
	return appendQuoted(dst, v.Text)
}

func (r *Reader) appendNumber(dst []byte, v *Value) []byte {
	if json.Valid([]byte(v.Text)) {
		return append(dst, v.Text...)
	}
	if v.Kind == Integer { // TOML's +1, 1_000 and 0x1f
		if n, err := strconv.ParseInt(v.Text, 0, 64); err == nil {
			return strconv.AppendInt(dst, n, 10)
		}
	}
	f, _ := strconv.ParseFloat(strings.ReplaceAll(v.Text, "_", ""), 64)
	text, err := json.Marshal(f)
	if err != nil { // infinite, or not a number
		r.Fail(v, "JSON has no number %s", v.Text)
	}
	return append(dst, text...)
}

func appendQuoted(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string never fails
	return append(dst, text...)
}
