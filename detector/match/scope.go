package match

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// scope is what a program is limited to: the events of some indices.
type scope struct {
	patterns  indexPatterns
	text      string // of the patterns, for people
	sources   []bool // by source: whether its events in their own form may be in them
	documents bool   // whether documents in ECS form may be in them
	own       bool   // they have names that are somebody's own: nothing is known of them
}

// documentNames are the forms of the names of indices that documents in ECS form may be in:
// data streams by their types, and those of Beats.
var documentNames = []string{
	"logs-*-*", "metrics-*-*", "traces-*-*", "synthetics-*-*",
	"auditbeat-*", "filebeat-*", "heartbeat-*", "metricbeat-*", "packetbeat-*", "winlogbeat-*",
}

// Limit limits the program to the events that are in some indices, by patterns of their
// names. Without patterns it does nothing.
func (p *Program) Limit(s *event.Schema, patterns []string) {
	if len(patterns) == 0 {
		return
	}
	x := &scope{patterns: parseIndices(patterns), text: strings.Join(patterns, ", "), sources: make([]bool, len(s.Sources()))}
	for i, source := range s.Sources() {
		for _, names := range source.IndexPatterns() {
			x.sources[i] = x.sources[i] || x.patterns.meet(names)
		}
	}
	for _, names := range documentNames {
		x.documents = x.documents || x.patterns.meet(names)
	}
	x.own = !x.documents && !slices.Contains(x.sources, true) && slices.ContainsFunc(x.patterns, indexPattern.isOwn)
	p.scope = x
}

// HasOwnIndex reports whether nothing is known of the indices that the program is limited
// to, so that it is not limited.
func (p *Program) HasOwnIndex() bool { return p.scope != nil && p.scope.own }

// Limits returns the patterns that the program is limited by, or "".
func (p *Program) Limits() string {
	if p.scope == nil {
		return ""
	}
	return p.scope.text
}

// Covers reports whether events of the i-th source of the schema may be in the indices that
// the program is limited to. Of documents in ECS form it reports whether any may.
func (p *Program) Covers(s *event.Schema, i int) bool {
	switch {
	case p.scope == nil || p.scope.own:
		return true
	case s.Sources()[i].Open:
		return p.scope.documents
	}
	return p.scope.sources[i]
}

// CoversEvent reports whether the event may be in the indices that the program is limited
// to. A document that does not say what data set it is of may be in any.
func (p *Program) CoversEvent(e *event.Event) bool {
	if p.scope == nil || p.scope.own {
		return true
	}
	source, ok := e.Origin()
	switch {
	case !ok:
		return true
	case !e.IsOpen():
		return p.scope.sources[source]
	case !p.scope.documents:
		return false
	}
	found, known := e.AnyIndex(func(names []byte) bool { return p.scope.patterns.meet(string(names)) })
	return found || !known
}

// mayCoverDataSet reports whether a document of a data set, of whatever type and namespace,
// may be in the indices that the program is limited to.
func (p *Program) mayCoverDataSet(dataset string) bool {
	x := p.scope
	return x == nil || x.own || x.documents && (x.patterns.meet("*-"+dataset+"-*") || x.patterns.meetsBeat())
}

// meetsBeat reports whether a pattern may be one of indices that are not data streams.
func (all indexPatterns) meetsBeat() bool {
	for _, x := range all {
		if !x.exclude && !strings.HasPrefix(x.glob, "logs-") && !strings.HasPrefix(x.glob, "metrics-") {
			return true
		}
	}
	return false
}

// dataSets returns the names of data sets that the program is limited to, as far as they
// are spelled out.
func (p *Program) dataSets() (names []string) {
	if p.scope == nil {
		return nil
	}
	for _, x := range p.scope.patterns {
		if parts := strings.Split(x.glob, "-"); !x.exclude && len(parts) > 2 && !strings.Contains(parts[1], "*") {
			names = append(names, parts[1])
		}
	}
	return names
}

// excludes reports whether the program matches no event of the i-th source because it needs
// other texts in a field that has the same values in all of them.
func (p *Program) excludes(i int, fields ...*event.Field) bool {
	for _, f := range fields {
		constant := f.Prospect(i).Constant
		if constant == nil {
			continue
		}
		texts, ok := p.requiredValues(f)
		if !ok {
			continue
		}
		met := false
		for _, text := range texts {
			for _, v := range constant {
				met = met || string(v.Bytes()) == text
			}
		}
		if !met {
			return true
		}
	}
	return false
}

// required returns the texts of which the program needs one in one of the fields.
func (p *Program) required(fields []*event.Field) (texts []string) {
	for _, f := range fields {
		if needed, ok := p.requiredValues(f); ok {
			texts = append(texts, needed...)
		}
	}
	return texts
}
