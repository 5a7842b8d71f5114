package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The type and the language that are evaluated here, and those of Elastic's
// other rules, which are refused by name.
var (
	ruleTypes = []string{"query", "eql", "esql", "machine_learning", "new_terms", "saved_query", "threat_match", "threshold"}
	languages = []string{"kuery", "eql", "esql", "lucene"}
)

// runnable finds out whether a rule is for us to run: r.query says so. A rule
// for another engine gives an [UnsupportedError], one that does not say what it
// is an error like any other.
func (r *reader) runnable(table *value) *UnsupportedError {
	v, ok := r.need("", table, "type", `"query"`)
	if !ok {
		return nil
	}
	word, ok := r.kindOfRule("type", v, ruleTypes)
	if !ok {
		return nil
	}
	if word != "query" {
		return r.unsupported(table, "type", v.at,
			fmt.Sprintf("type %q is not evaluated here; only type %q in language %q is", word, "query", "kuery"))
	}
	v, ok = r.need("", table, "language", `"kuery"`)
	if !ok {
		return nil
	}
	word, ok = r.kindOfRule("language", v, languages)
	if !ok {
		return nil
	}
	if word != "kuery" {
		return r.unsupported(table, "language", v.at,
			fmt.Sprintf("language %q is not evaluated here; only %q is", word, "kuery"))
	}
	if m := table.get("filters"); m != nil && activeFilters(m.value) > 0 {
		return r.unsupported(table, "filters", m.at,
			"filters beside the query are not evaluated here; say it in the query")
	}
	r.query = true
	return nil
}

// kindOfRule reads the type or the language of a rule. The first of the known
// ones is the one that is evaluated here.
func (r *reader) kindOfRule(key string, v *value, known []string) (string, bool) {
	ours := known[0]
	if !r.want(key, v, kindString, strconv.Quote(ours)) {
		return "", false
	}
	if slices.Contains(known, v.text) {
		return v.text, true
	}
	near := suggest(strings.ToLower(v.text), known)
	if strings.EqualFold(v.text, "kql") { // what everybody calls it
		near = suggest(ours, known)
	}
	r.fail(v.at, key, "%q is unknown; the %s that is evaluated here is %q%s", v.text, key, ours, near)
	return "", false
}

func (r *reader) unsupported(table *value, key string, at int, reason string) *UnsupportedError {
	e := &UnsupportedError{Key: key}
	e.Path, e.Reason = r.doc.path, reason
	e.Line, e.Column = r.doc.position(at)
	e.ID, e.Name = textOf(table, "rule_id"), textOf(table, "name")
	return e
}

// textOf is a string of a table, empty when there is none.
func textOf(table *value, key string) string {
	if m := table.get(key); m != nil && m.value.kind == kindString {
		return m.value.text
	}
	return ""
}

// activeFilters counts the filters that are not switched off.
func activeFilters(v *value) int {
	if v.kind != kindArray {
		return 1
	}
	active := len(v.items)
	for _, f := range v.items {
		if f.kind != kindTable {
			continue
		}
		if meta := f.get("meta"); meta != nil && meta.value.kind == kindTable {
			if off := meta.value.get("disabled"); off != nil && off.value.text == "true" {
				active--
			}
		}
	}
	return active
}
