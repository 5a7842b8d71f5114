package elastic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// The types and languages of Elastic's rules. Of the types only the first runs here.
var (
	ruleTypes     = []string{"query", "eql", "esql", "machine_learning", "new_terms", "saved_query", "threat_match", "threshold"}
	ruleLanguages = []string{"kuery", "eql", "esql", "lucene"}
)

// skip returns why a rule does not run here, nil if it does. A rule without a
// known type and language is an error.
func (r *reader) skip(table *document.Value) *rule.Skipped {
	allowed := document.Quoted(r.languages)
	kind := r.Required(table, "type", `"query"`)
	switch t := r.known(kind, `"query"`, ruleTypes); t {
	case "query":
	case "":
		return nil
	default:
		return r.skipped(table, kind, fmt.Sprintf("type %q is not evaluated here; only type %q in language %s is", t, "query", allowed))
	}
	language := r.Required(table, "language", allowed)
	r.language = r.known(language, allowed, append(slices.Clone(r.languages), ruleLanguages...))
	switch {
	case r.language == "":
		return nil
	case !slices.Contains(r.languages, r.language):
		return r.skipped(table, language, fmt.Sprintf("language %q is not evaluated here; only %s is", r.language, allowed))
	}
	if filters := table.Get("filters"); filters != nil && hasEnabled(filters) {
		return r.skipped(table, filters, "filters beside the query are not evaluated here; say it in the query")
	}
	return nil
}

// known returns the type or the language of a rule, empty after an error. The
// allowed ones are those that run here.
func (r *reader) known(v *document.Value, allowed string, words []string) string {
	if !r.Expect(v, document.String, allowed) {
		return ""
	}
	if slices.Contains(words, v.Text) {
		return v.Text
	}
	word := strings.ToLower(v.Text)
	if word == "kql" { // as people call it
		word = words[0]
	}
	r.Fail(v, "%q is unknown; the %s that is evaluated here is %s%s", v.Text, v.Key, allowed, spelling.Suggest(word, words))
	return ""
}

func (r *reader) skipped(table, v *document.Value, reason string) *rule.Skipped {
	s := &rule.Skipped{Path: r.path, Key: v.Key, Name: table.TextOf("name"), ID: table.TextOf("rule_id"), Reason: reason}
	s.Line, s.Column = r.Position(v)
	return s
}

// hasEnabled reports whether one of the filters is not disabled.
func hasEnabled(filters *document.Value) bool {
	return filters.Kind != document.List || slices.ContainsFunc(filters.Items, func(f *document.Value) bool {
		return f.Get("meta").TextOf("disabled") != "true"
	})
}
