package ruleset

import (
	"fmt"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

// addStream compiles what a rule in ES|QL makes of the events that match its conditions. A
// rule with STATS gets a memory of the groups of events.
func (s *Set) addStream(r *Rule) error {
	q, err := esql.Parse(r.Query.Text)
	if err != nil {
		return err // cannot happen: it was compiled before
	}
	if r.Stream, err = table.NewStream(q, s.Mapping()); err != nil {
		return err
	}
	if r.Stream.Class == table.PerEvent {
		if at := r.Extension.Window; at != nil {
			s.warn(r, "%s:%d: rule %q: fluent_detect.window has no effect: without STATS each event is judged by itself", r.Source.Path, r.Source.Line, r.Name)
		}
		return nil
	}
	window := r.LookBack
	switch {
	case r.Extension.Window != nil:
		window = *r.Extension.Window
	case r.Stream.Class == table.Bucket:
		window = r.Stream.Span()
	case window == 0:
		_, err := rule.ParseFrom(r.From)
		return &rule.Error{Path: r.Source.Path, Line: r.FromAt.Line, Column: r.FromAt.Column, Key: "from", Message: err.Error()}
	}
	r.Memory = &rule.Memory{
		Kind: rule.Aggregated, Fields: r.Stream.Keys, Parts: []string{r.Stream.Class.String(), q.Prefix()},
		Window: window, Events: r.Stream.Events,
	}
	return nil
}

// warnOfColumns warns of fields for suppression that the rows of a rule with STATS do not
// have.
func (s *Set) warnOfColumns(r *Rule) {
	x := &r.Extension
	names := r.Stream.Names()
	for _, name := range x.SuppressBy {
		if !slices.Contains(names, name) {
			s.warn(r, "%s:%d:%d: %s: the query has no column %s behind its last command, so that it is null in each alert", r.Source.Path, x.SuppressAt.Line, x.SuppressAt.Column, x.SuppressAt.Key, name)
		}
	}
	for _, line := range s.UnknownFields(x.DedupBy, r.Program) {
		s.warn(r, "%s:%d:%d: %s: %s", r.Source.Path, x.DedupAt.Line, x.DedupAt.Column, x.DedupAt.Key, line)
	}
	if d := r.Stream.Quiet; r.Stream.Class == table.Recent && d > r.Memory.Window {
		s.warn(r, "%s:%d: rule %q: %s", r.Source.Path, r.Source.Line, r.Name,
			fmt.Sprintf("what is taken off NOW(), %s, is longer than the window of %s: what is older is not remembered", d, r.Memory.Window.Round(time.Second)))
	}
}
