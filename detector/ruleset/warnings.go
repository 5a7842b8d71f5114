package ruleset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// What follows finds what may surprise the author of a rule or of an exception. The
// start of a detector, check and explain say it in the same words.

// warn adds a warning to those of the set and, if r is not nil, to those of the rule.
func (s *Set) warn(r *Rule, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	s.Warnings = append(s.Warnings, line)
	if r != nil {
		r.Warnings = append(r.Warnings, line)
	}
}

// warnOfRule adds the warnings about a rule.
func (s *Set) warnOfRule(r *Rule) {
	if r.Sigma != nil {
		s.warnOfSigma(r)
	} else {
		for _, line := range s.Outlook(fmt.Sprintf("rule %q", r.Name), "matches", r.Program) {
			s.warn(r, "%s:%d: %s", r.Source.Path, r.Source.Line, line)
		}
	}
	if r.Stream != nil && r.Memory != nil {
		s.warnOfColumns(r)
	} else {
		s.warnOfFields(r)
	}
	for _, n := range r.Notices {
		s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, n.Line, n.Column, n.Key, n.Text)
	}
}

// warnOfFields warns of fields that a rule names besides its query and that events do not
// have.
func (s *Set) warnOfFields(r *Rule) {
	x := &r.Extension
	for _, line := range s.UnknownFields(x.SuppressBy, r.Program) {
		s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, x.SuppressAt.Line, x.SuppressAt.Column, x.SuppressAt.Key, line)
	}
	for _, line := range s.UnknownFields(x.DedupBy, r.Program) {
		s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, x.DedupAt.Line, x.DedupAt.Column, x.DedupAt.Key, line)
	}
	if m := r.Memory; m != nil {
		for _, line := range s.withoutMemory(r.Program, m.Needed(), "are not remembered") {
			s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, m.FieldsAt.Line, m.FieldsAt.Column, m.FieldsAt.Key, line)
		}
		if m.DistinctOf != "" {
			for _, line := range s.withoutMemory(r.Program, []string{m.DistinctOf}, "have no value to count") {
				s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, m.DistinctAt.Line, m.DistinctAt.Column, m.DistinctAt.Key, line)
			}
		}
	}
}

// Outlook returns a line for each way in which a query treats the events of the source
// that it is about other than documents in ECS form. What and does are the beginning of
// the sentence: `rule "R"`, "matches".
func (l Loader) Outlook(what, does string, p *match.Program) (lines []string) {
	if line := l.limited(what, does, p); line != "" {
		if lines = append(lines, line); !p.HasOwnIndex() {
			return lines
		}
	}
	i := l.about(p)
	source := l.Schema.Sources()[i]
	o, form := p.Outlook(i), ownForm(source)
	if o.Never {
		return append(lines, fmt.Sprintf("%s never %s an event in %s, only documents in ECS form%s: %s", what, does, form, unlessAdded(o.Fewer), l.reasons(source, o.Fewer)))
	}
	if len(o.Fewer) > 0 {
		lines = append(lines, fmt.Sprintf("%s %s fewer events in %s than documents in ECS form%s: %s", what, does, form, unlessAdded(o.Fewer), l.reasons(source, o.Fewer)))
	}
	if len(o.More) > 0 {
		lines = append(lines, fmt.Sprintf("%s %s more events in %s than in Elastic, since what it excludes by these fields is not excluded: %s",
			what, does, form, l.reasons(source, o.More)))
	}
	return lines
}

// about returns the source that a query is about, by its place in the schema: the first
// one of whose events in their own form it can match some, or else the first one. No query
// is about all sources.
func (l Loader) about(p *match.Program) int {
	i := slices.IndexFunc(l.Schema.Sources(), func(s *event.Source) bool {
		i := slices.Index(l.Schema.Sources(), s)
		return !s.Open && (p == nil || p.Covers(l.Schema, i) && !p.Outlook(i).Never)
	})
	return max(i, 0)
}

// unlessAdded says which other events may have what is lacking.
func unlessAdded(lacks []match.Lack) string {
	if slices.ContainsFunc(lacks, func(lack match.Lack) bool { return lack.Lacking }) {
		return " and records to which a shipper adds it"
	}
	return ""
}

// NeedsEnrichment reports whether a query matches fewer events of the source that it is
// about than documents in ECS form because it reads fields that are looked up elsewhere,
// such as where an address is.
func (l Loader) NeedsEnrichment(p *match.Program) bool {
	i := l.about(p)
	source := l.Schema.Sources()[i]
	if source.Open || l.onlyDocuments(p) {
		return false
	}
	for _, lack := range p.Outlook(i).Fewer {
		if lack.Never == "" && lack.Constant == nil && because(source, lack.Field) != "" {
			return true
		}
	}
	return false
}

// ownForm is what events of a source have before they are mapped to ECS.
func ownForm(source *event.Source) string { return source.Name + "'s own form" }

// reasons says why conditions have the same result for all events of a source.
func (l Loader) reasons(source *event.Source, lacks []match.Lack) string {
	var reasons []string
	for _, lack := range lacks {
		var reason string
		switch {
		case lack.Never != "":
			reason = fmt.Sprintf("%s is never %s", lack.Field, lack.Never) + because(source, lack.Field)
		case lack.Constant != nil:
			var values []string
			for _, v := range lack.Constant {
				values = append(values, string(v.Bytes()))
			}
			reason = fmt.Sprintf("%s is always %s", lack.Field, strings.Join(values, " and "))
		default:
			reason = l.absence(source, lack.Field)
		}
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// absence says that the events of a source do not have a field, and why.
func (l Loader) absence(source *event.Source, field string) string {
	line := field + " does not exist"
	if why := because(source, field); why != "" {
		return line + why
	}
	if meant := l.meant(source, field); meant != "" {
		return line + fmt.Sprintf("; did you mean %q?", meant)
	}
	if l.Mapping().Field(field).Type != event.TypeDynamic { // a field of ECS
		return line
	}
	return line + spelling.Suggest(field, l.Schema.Names())
}

// meant returns the field that is meant by the name of a member of the event, by a
// name that is spelled as members are, or by a leaf of an object that is a text.
func (l Loader) meant(source *event.Source, field string) string {
	for i := range source.Fields {
		d := &source.Fields[i]
		if d.From == field && d.Derive == nil || d.Name != field && folded(d.Name) == folded(field) {
			return d.Name
		}
		if d.Type == event.TypeFlattened {
			if leaf, ok := strings.CutPrefix(field, strings.Replace(d.Name, ".flattened", "", 1)+"."); ok {
				return d.Name + "." + leaf
			}
		}
	}
	return ""
}

// folded returns a name in lower case without underscores.
func folded(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// because says why the events of a source do not have a field, if that is known.
func because(source *event.Source, field string) string {
	if source.Elsewhere == nil {
		return ""
	}
	if why := source.Elsewhere(field); why != "" {
		return " (" + why + ")"
	}
	return ""
}

// UnknownFields returns a line for each of the fields by which events are told apart that
// the events of the source do not have that the query is about. If it is nil the fields are
// for all rules, and some source has to have them.
func (l Loader) UnknownFields(names []string, p *match.Program) (lines []string) {
	about := l.about(p)
	for _, name := range names {
		f := l.Schema.Field(name)
		known := f.Prospect(about).Exists || l.onlyDocuments(p)
		for i, source := range l.Schema.Sources() {
			known = known || p == nil && !source.Open && f.Prospect(i).Exists
		}
		if source := l.Schema.Sources()[about]; !known {
			lines = append(lines, fmt.Sprintf("has no effect for events in %s: %s", ownForm(source), l.absence(source, name)))
		}
	}
	return lines
}

// withoutMemory returns a line for each of the fields that a rule with a memory asks for
// and that the events of some source that its query is about do not have. What is the end of the sentence about
// these events.
func (l Loader) withoutMemory(p *match.Program, names []string, what string) (lines []string) {
	for i, source := range l.Schema.Sources() {
		for _, name := range names {
			if !source.Open && p.Covers(l.Schema, i) && !l.Schema.Field(name).Prospect(i).Exists {
				lines = append(lines, fmt.Sprintf("events in %s %s: %s", ownForm(source), what, l.absence(source, name)))
			}
		}
	}
	return lines
}

// CheckFields adds a warning for each of the fields that a key names and that events
// do not have.
func (s *Set) CheckFields(key string, names []string) {
	for _, line := range s.UnknownFields(names, nil) {
		s.warn(nil, "%s: %s", key, line)
	}
}

// warnOfException adds the warnings about an exception of those rules.
func (s *Set) warnOfException(x *Exception, rules []*Rule) {
	at := fmt.Sprintf("%s:%d", x.Source.Path, x.Source.Line)
	if len(rules) == 0 {
		s.warn(nil, "%s: exception: no rule %q is loaded: it does nothing", at, x.Rule)
	}
	for _, line := range s.Outlook("exception", "covers", x.Program) {
		s.warn(nil, "%s: %s", at, line)
	}
	if line := s.hidingPlace(x, rules); line != "" {
		s.warn(nil, "%s: exception: %s", at, line)
	}
}

// hidingPlace says how somebody can choose to be covered by an exception, or returns
// "" if nobody can.
func (s *Set) hidingPlace(x *Exception, rules []*Rule) string {
	if len(rules) == 0 {
		rules = []*Rule{nil}
	}
	for _, r := range rules {
		required := false
		passes := func(c *match.Condition, wanted bool) bool {
			if s.isChosen(c, wanted) {
				return true
			}
			fixed := r != nil && r.Program.Requires(c, wanted)
			required = required || fixed
			return fixed
		}
		for i, source := range s.Schema.Sources() {
			if source.Open {
				continue
			}
			required = false
			way, ok := x.Program.Way(i, passes)
			switch {
			case !ok:
			case len(way) == 0:
				return "it covers every event"
			case required:
				return fmt.Sprintf("whoever knows it can hide behind it, since the caller chooses, or rule %q requires, all that it asks for: %s", r.Name, oneWay(way))
			default:
				return "whoever knows it can hide behind it, since the caller chooses all that it asks for: " + oneWay(way)
			}
		}
	}
	return ""
}

// isChosen reports whether who causes an event can choose the result of a condition.
// That something which has many values is not one of them is true of nearly everybody.
func (s *Set) isChosen(c *match.Condition, wanted bool) bool {
	fields := c.Fields()
	if slices.ContainsFunc(fields, func(f *event.Field) bool { return s.Schema.CallerControlled(f.Name) }) {
		return true
	}
	if !wanted {
		return !c.FewValues()
	}
	for _, pattern := range c.Patterns() {
		for _, f := range fields {
			if s.Schema.CallerCanMatch(f.Name, pattern) {
				return true
			}
		}
	}
	return false
}

// oneWay returns the conditions of a way in which a query matches, in their order.
func oneWay(way []match.Requirement) string {
	slices.SortFunc(way, func(a, b match.Requirement) int { return a.Condition.Span().Start - b.Condition.Span().Start })
	var texts []string
	for _, r := range way {
		text := r.Condition.String()
		if !r.Wanted {
			text = "not " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " and ")
}
