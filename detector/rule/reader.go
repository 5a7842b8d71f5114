package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// reader takes typed values out of a document and collects what is wrong with
// them. Its methods say false after an error.
type reader struct {
	doc      *document
	exported bool // Kibana wrote the rule
	query    bool // the rule is of type query in language kuery
	errors   Errors
}

// maxErrors is how many errors of one rule are kept. A file with more is no rule
// file, and not worth the time.
const maxErrors = 2 * shownErrors

// full reports whether there are errors enough.
func (r *reader) full() bool { return len(r.errors) >= maxErrors }

// fail notes an error at an offset of the file.
func (r *reader) fail(at int, key, format string, args ...any) {
	if r.full() {
		return
	}
	r.errors = append(r.errors, r.doc.errorAt(at, key, fmt.Sprintf(format, args...)))
}

// want reports whether a value is of a kind; allowed tells what may stand there.
func (r *reader) want(key string, v *value, k kind, allowed string) bool {
	if v.kind == k {
		return true
	}
	r.fail(v.at, key, "is %s, must be %s", v.kind, allowed)
	return false
}

// text reads a string.
func (r *reader) text(key string, v *value) (string, bool) {
	return v.text, r.want(key, v, kindString, "a string")
}

// filled reads a string that must hold something.
func (r *reader) filled(key string, v *value) (string, bool) {
	s, ok := r.text(key, v)
	if ok && strings.TrimSpace(s) == "" {
		r.fail(v.at, key, "is empty, must hold some text")
		return "", false
	}
	return s, ok
}

// line reads a string that must hold something and fits on a line of a log.
func (r *reader) line(key string, v *value) (string, bool) {
	s, ok := r.filled(key, v)
	if ok {
		if i := strings.IndexFunc(s, isControl); i >= 0 {
			r.fail(v.inside(i), key, "has a control character in it; must be a single line of text")
			return "", false
		}
	}
	return s, ok
}

// word reads a string that must be one of the known ones.
func (r *reader) word(key string, v *value, known []string) (string, bool) {
	if !r.want(key, v, kindString, oneOf(known)) {
		return "", false
	}
	if !slices.Contains(known, v.text) {
		r.fail(v.at, key, "%q is not %s%s", v.text, oneOf(known), suggest(strings.ToLower(v.text), known))
		return "", false
	}
	return v.text, true
}

// oneOf lists words as "a", "b" or "c".
func oneOf(words []string) string {
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

// integer reads a whole number within bounds. A high of 0 means no upper one.
func (r *reader) integer(key string, v *value, low, high int) (int, bool) {
	allowed := fmt.Sprintf("an integer from %d", low)
	if high > 0 {
		allowed += fmt.Sprintf(" to %d", high)
	}
	if !r.want(key, v, kindInteger, allowed) {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 0, 32)
	if err != nil || int(n) < low || high > 0 && int(n) > high {
		r.fail(v.at, key, "is %s, must be %s", v.text, allowed)
		return 0, false
	}
	return int(n), true
}

// boolean reads true or false.
func (r *reader) boolean(key string, v *value) (is, ok bool) {
	return v.text == "true", r.want(key, v, kindBool, "true or false")
}

// texts reads a list of strings that hold something. Kibana's empty ones are
// passed over.
func (r *reader) texts(key string, v *value) ([]string, bool) {
	if !r.want(key, v, kindArray, "a list of strings") {
		return nil, false
	}
	out := make([]string, 0, len(v.items))
	whole := true
	for i, item := range v.items {
		if r.exported && item.kind == kindString && item.text == "" {
			continue
		}
		s, ok := r.filled(fmt.Sprintf("%s[%d]", key, i), item)
		whole = whole && ok
		out = append(out, s)
	}
	return out, whole
}

// fields reads a list of names of fields, at least one and none twice.
func (r *reader) fields(key string, v *value) ([]string, bool) {
	out, ok := r.texts(key, v)
	if !ok {
		return nil, false
	}
	if len(out) == 0 {
		r.fail(v.at, key, "is an empty list; must name a field, such as \"user.name\"")
		return nil, false
	}
	seen := make(map[string]bool, len(out))
	for i, name := range out {
		where := fmt.Sprintf("%s[%d]", key, i)
		if fault := fieldFault(name); fault != "" {
			r.fail(v.items[i].at, where, "%s", fault)
			ok = false
		} else if seen[name] {
			r.fail(v.items[i].at, where, "%q is in the list twice", name)
			ok = false
		}
		seen[name] = true
	}
	return out, ok
}

// tables reads a list of tables.
func (r *reader) tables(key string, v *value) []*value {
	if !r.want(key, v, kindArray, "a list of tables") {
		return nil
	}
	var out []*value
	for i, item := range v.items {
		if r.want(fmt.Sprintf("%s[%d]", key, i), item, kindTable, "a table") {
			out = append(out, item)
		}
	}
	return out
}

// only refuses the keys of a table that are not among the known ones.
func (r *reader) only(prefix string, table *value, known ...string) {
	for _, m := range table.members {
		if slices.Contains(known, m.key) || r.full() {
			continue
		}
		if near := suggest(m.key, known); near != "" {
			r.fail(m.at, prefix+m.key, "unknown key%s", near)
		} else {
			r.fail(m.at, prefix+m.key, "unknown key; the keys here are %s", strings.Join(known, ", "))
		}
	}
}

// need finds a key that a table must have; allowed tells what may stand there.
func (r *reader) need(prefix string, table *value, key, allowed string) (*value, bool) {
	if m := table.get(key); m != nil {
		return m.value, true
	}
	r.fail(table.at, prefix+key, "is missing, must be %s", allowed)
	return nil, false
}

// isControl reports whether a character may not stand on a line of a log.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}
