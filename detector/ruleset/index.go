package ruleset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// indicesOf returns the patterns of the indices that a rule is about: those of its query, if
// it has any, or else those that its file has.
func indicesOf(r *rule.Rule, q query.Query) []string {
	if table, ok := q.Root.(*query.Table); ok && len(table.Indices) > 0 {
		return table.Indices
	}
	return r.Index
}

// onlyDocuments reports whether the indices that a query is limited to have events of no
// source in its own form.
func (l Loader) onlyDocuments(p *match.Program) bool {
	if p == nil {
		return false
	}
	for i, source := range l.Schema.Sources() {
		if !source.Open && p.Covers(l.Schema, i) {
			return false
		}
	}
	return true
}

// limited says that no source has the events of the indices that a query is limited to, or
// only documents in ECS form are, or returns "".
func (l Loader) limited(what, does string, p *match.Program) string {
	own := p.HasOwnIndex()
	if !l.onlyDocuments(p) && !own {
		return ""
	}
	documents := slices.IndexFunc(l.Schema.Sources(), func(s *event.Source) bool { return s.Open })
	if !own && documents >= 0 && p.Covers(l.Schema, documents) {
		return fmt.Sprintf("%s never %s an event of a source in its own form, only documents in ECS form of its index: %s", what, does, p.Limits())
	}
	var known []string
	for _, source := range l.Schema.Sources() {
		if !source.Open {
			known = append(known, fmt.Sprintf("%s has %s", source.Name, strings.Join(source.IndexPatterns(), " and ")))
		}
	}
	if own {
		return fmt.Sprintf("%s %s events of all sources: no source here has events of its index: %s; %s", what, does, p.Limits(), strings.Join(known, ", "))
	}
	return fmt.Sprintf("%s never %s: no source here has events of its index: %s; %s, and documents in ECS form have that of their data_stream.dataset or event.dataset",
		what, does, p.Limits(), strings.Join(known, ", "))
}

// indexOf returns the patterns of the indices that an event may be in, as JSON texts.
func indexOf(e *event.Event) (names []string) {
	if i, ok := e.Origin(); ok && !e.IsOpen() {
		for _, name := range e.Schema().Sources()[i].IndexPatterns() {
			names = append(names, strconv.Quote(name))
		}
	} else if ok {
		e.AnyIndex(func(name []byte) bool {
			names = append(names, strconv.Quote(string(name)))
			return false
		})
	}
	return names
}
