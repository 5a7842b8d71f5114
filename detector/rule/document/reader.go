package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// Reader converts the values of a document and collects what is wrong with them.
// Its methods return the zero value for a nil value and after an error.
type Reader struct {
	Document  *Document
	SkipEmpty bool // Strings leaves out empty strings
	Errors    rule.Errors
}

// maxErrors is how many errors of one document are kept. A file with more is not
// a rule file.
const maxErrors = 200

// Full reports whether no more errors are collected.
func (r *Reader) Full() bool { return len(r.Errors) >= maxErrors }

// Fail adds an error about a value.
func (r *Reader) Fail(v *Value, format string, args ...any) {
	r.fail(v.at, v, "", format, args...)
}

// FailKey adds an error about the key of a value.
func (r *Reader) FailKey(v *Value, format string, args ...any) {
	r.fail(v.key, v, "", format, args...)
}

// FailInside adds an error about the byte at an offset of a string.
func (r *Reader) FailInside(v *Value, offset int, format string, args ...any) {
	r.fail(v.inside(offset), v, "", format, args...)
}

// fail adds an error at an offset, about a key of v or, if that is empty, about v.
func (r *Reader) fail(at int, v *Value, key, format string, args ...any) {
	if !r.Full() {
		r.Errors = append(r.Errors, r.Document.errorf(at, v.path(key), format, args...))
	}
}

// Position returns the line and column of a value.
func (r *Reader) Position(v *Value) (line, column int) { return r.Document.Position(v) }

// Notice returns a notice about the key of a value.
func (r *Reader) Notice(v *Value, text string) rule.Notice {
	line, column := r.Document.position(v.key)
	return rule.Notice{Key: v.path(""), Line: line, Column: column, Text: text}
}

// Known adds an error for each key of a table that is not among the known ones.
func (r *Reader) Known(table *Value, known ...string) {
	for _, v := range table.Items {
		switch hint := spelling.Suggest(v.Key, known); {
		case slices.Contains(known, v.Key), r.Full():
		case hint != "":
			r.FailKey(v, "unknown key%s", hint)
		default:
			r.FailKey(v, "unknown key; the keys here are %s", strings.Join(known, ", "))
		}
	}
}

// Required returns the value of a key that a table must have. The text says what
// is allowed.
func (r *Reader) Required(table *Value, key, allowed string) *Value {
	v := table.Get(key)
	if v == nil {
		r.fail(table.at, table, key, "is missing, must be %s", allowed)
	}
	return v
}

// Expect reports whether a value is of a kind, and adds an error if not. The text
// says what is allowed.
func (r *Reader) Expect(v *Value, k Kind, allowed string) bool {
	if v != nil && v.Kind != k {
		r.Fail(v, "is %s, must be %s", v.Kind, allowed)
	}
	return v != nil && v.Kind == k
}

// String returns a string.
func (r *Reader) String(v *Value) string {
	if !r.Expect(v, String, "a string") {
		return ""
	}
	return v.Text
}

// Text returns a string that is not blank.
func (r *Reader) Text(v *Value) string {
	if !r.Expect(v, String, "a string") {
		return ""
	}
	if strings.TrimSpace(v.Text) == "" {
		r.Fail(v, "is empty, must hold some text")
		return ""
	}
	return v.Text
}

// Line returns a string that is not blank and fits on a line of a log.
func (r *Reader) Line(v *Value) string {
	s := r.Text(v)
	if i := strings.IndexFunc(s, IsControl); i >= 0 {
		r.FailInside(v, i, "has a control character in it; must be a single line of text")
		return ""
	}
	return s
}

// IsControl reports whether a character must not be on a line of a log.
func IsControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// OneOf returns a string that is one of the words.
func (r *Reader) OneOf(v *Value, words []string) string {
	if !r.Expect(v, String, Quoted(words)) {
		return ""
	}
	if !slices.Contains(words, v.Text) {
		r.Fail(v, "%q is not %s%s", v.Text, Quoted(words), spelling.Suggest(strings.ToLower(v.Text), words))
		return ""
	}
	return v.Text
}

// Quoted returns a list of words as "a", "b" or "c".
func Quoted(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(w))
	}
	return b.String()
}

// Int returns an integer from low to high, or without a maximum if high is 0.
func (r *Reader) Int(v *Value, low, high int) int {
	allowed := fmt.Sprintf("an integer from %d", low)
	if high > 0 {
		allowed += fmt.Sprintf(" to %d", high)
	}
	if !r.Expect(v, Integer, allowed) {
		return 0
	}
	n, err := strconv.ParseInt(v.Text, 0, 32)
	if err != nil || int(n) < low || high > 0 && int(n) > high {
		r.Fail(v, "is %s, must be %s", v.Text, allowed)
		return 0
	}
	return int(n)
}

// Bool returns true or false.
func (r *Reader) Bool(v *Value) bool { return r.Expect(v, Bool, "true or false") && v.Text == "true" }

// Interval returns an interval.
func (r *Reader) Interval(v *Value) time.Duration {
	if !r.Expect(v, String, "a string") {
		return 0
	}
	d, err := rule.ParseInterval(v.Text)
	if err != nil {
		r.Fail(v, "%v", err)
	}
	return d
}

// Strings returns a list of strings that are not blank.
func (r *Reader) Strings(v *Value) []string {
	if !r.Expect(v, List, "a list of strings") {
		return nil
	}
	list := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		if !r.SkipEmpty || item.Kind != String || item.Text != "" {
			list = append(list, r.Text(item))
		}
	}
	return list
}

// Fields returns a list of at least one field name, without duplicates.
func (r *Reader) Fields(v *Value) []string {
	list := r.Strings(v)
	if list == nil {
		return nil
	}
	if len(list) == 0 {
		r.Fail(v, "is an empty list; must name a field, such as %q", "user.name")
	}
	seen := make(map[string]bool, len(list))
	for _, item := range v.Items {
		if strings.TrimSpace(item.Text) == "" { // Strings reported it
			continue
		}
		if err := rule.CheckField(item.Text); err != nil {
			r.Fail(item, "%v", err)
		} else if seen[item.Text] {
			r.Fail(item, "%q is in the list twice", item.Text)
		}
		seen[item.Text] = true
	}
	return list
}

// Tables returns a list of tables.
func (r *Reader) Tables(v *Value) []*Value {
	if !r.Expect(v, List, "a list of tables") {
		return nil
	}
	var tables []*Value
	for _, item := range v.Items {
		if r.Expect(item, Table, "a table") {
			tables = append(tables, item)
		}
	}
	return tables
}

// Query returns a query that is not blank, with the positions of its characters.
func (r *Reader) Query(v *Value, language string) rule.Query {
	q := rule.Query{Text: r.Text(v), Language: language}
	if q.Text != "" {
		q.Anchors = r.Document.anchors(v)
	}
	return q
}
