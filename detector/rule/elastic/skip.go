package elastic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// The types and languages of Elastic's rules.
var (
	ruleTypes     = []string{"query", "eql", "esql", "machine_learning", "new_terms", "saved_query", "threat_match", "threshold"}
	ruleLanguages = []string{"kuery", "eql", "esql", "lucene"}
)

// ruleType is a type of rules that runs here, with the languages that it may have.
type ruleType struct {
	name      string
	languages []string
}

// evaluated returns the types that run here, of the languages that do: a language that
// is also a type is that of the type, and the others are those of type "query".
func evaluated(languages []string) []ruleType {
	var types []ruleType
	var common []string
	for _, l := range languages {
		if slices.Contains(ruleTypes, l) {
			types = append(types, ruleType{l, []string{l}})
		} else {
			common = append(common, l)
		}
	}
	first := []ruleType{{"query", common}}
	for _, kind := range rule.MemoryTypes {
		first = append(first, ruleType{kind, common})
	}
	return append(first, types...)
}

// describe says which rules run here, for the end of a sentence.
func describe(types []ruleType) string {
	var parts []string
	for i := 0; i < len(types); {
		languages := types[i].languages
		var names []string
		for ; i < len(types) && slices.Equal(types[i].languages, languages); i++ {
			names = append(names, types[i].name)
		}
		parts = append(parts, fmt.Sprintf("type %s in language %s", document.Quoted(names), document.Quoted(languages)))
	}
	if len(parts) == 1 {
		return parts[0] + " is"
	}
	return strings.Join(parts, " and ") + " are"
}

// skip returns why a rule does not run here, nil if it does. A rule without a
// known type and language is an error.
func (r *reader) skip(table *document.Value) *rule.Skipped {
	types := evaluated(r.languages)
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.name
	}
	allowed := document.Quoted(names)
	kind := r.Required(table, "type", allowed)
	name := r.known(kind, allowed, ruleTypes)
	if name == "" {
		return nil
	}
	i := slices.Index(names, name)
	if i < 0 {
		return r.skipped(table, kind, fmt.Sprintf("type %q is not evaluated here; only %s", name, describe(types)))
	}
	r.ruleType = name
	languages := types[i].languages
	allowed = document.Quoted(languages)
	language := r.Required(table, "language", allowed)
	r.language = r.known(language, allowed, append(slices.Clone(languages), ruleLanguages...))
	switch {
	case r.language == "":
		return nil
	case slices.Contains(languages, r.language):
	case slices.ContainsFunc(types, func(t ruleType) bool { return slices.Contains(t.languages, r.language) }):
		r.Fail(language, "is %q, and a rule of type %q is in language %s", r.language, name, allowed)
		return nil
	default:
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
	s := &rule.Skipped{Path: r.path, Key: v.Key, Name: table.TextOf("name"), ID: table.TextOf("rule_id"), Reason: reason, Type: table.TextOf("type")}
	s.Line, s.Column = r.Position(v)
	return s
}

// hasEnabled reports whether one of the filters is not disabled.
func hasEnabled(filters *document.Value) bool {
	return filters.Kind != document.List || slices.ContainsFunc(filters.Items, func(f *document.Value) bool {
		return f.Get("meta").TextOf("disabled") != "true"
	})
}
