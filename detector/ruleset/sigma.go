package ruleset

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// nameParts compiles the search identifiers of a Sigma rule each by itself, unless the rule
// says already whether they hold where it matches.
func (s *Set) nameParts(r *Rule) error {
	d, err := sigma.Read(r.Query.Text)
	if err != nil {
		return err // cannot happen: it was parsed
	}
	for _, id := range d.Identifiers() {
		if !id.Used {
			continue
		}
		if holds, known := d.Implies(id.Node); known {
			if holds {
				r.Parts = append(r.Parts, match.Named{Name: id.Name})
			}
			continue
		}
		program, err := match.Compile(query.Query{Text: r.Query.Text, Language: sigma.Language, Root: id.Node}, s.mappingOf(sigma.Language))
		if err != nil {
			return queryError(r.Source.Path, fmt.Sprintf("query of rule %q", r.Name), &r.Query, err)
		}
		r.Parts = append(r.Parts, match.Named{Name: id.Name, Program: program})
	}
	for _, name := range r.Sigma.Fields {
		r.Asked = append(r.Asked, s.mappingOf(sigma.Language).Field(name))
	}
	return nil
}

// applyFilters adds the conditions of filters to the queries of the rules that they name.
func (s *Set) applyFilters(loaded *rule.Set) error {
	var errs []error
	for _, f := range loaded.Filters {
		of := f.Source
		alone := rule.Query{Language: f.Query.Language, Text: "detection: {any: {any: '*'}, condition: any}\n---\n" + f.Query.Text}
		if _, err := s.Compile(alone); err != nil {
			errs = append(errs, queryError(of.Path, "filter "+f.Name, &alone, err))
			continue
		}
		named := make([]bool, len(f.Rules))
		applied := false
		for _, r := range loaded.Rules {
			if r.Sigma == nil {
				continue
			}
			i := slices.IndexFunc(f.Rules, r.IsCalled)
			if f.Rules != nil && i < 0 {
				continue
			}
			if i >= 0 {
				named[i] = true
			}
			if r.Memory != nil {
				if i >= 0 {
					s.warn(nil, "%s:%d: filter %q names %q, which is a correlation: it does not apply; name the rules that it refers to", of.Path, of.Line, f.Name, r.Name)
				}
				continue
			}
			if !f.LogSource.Contains(r.Sigma.LogSource) {
				if i >= 0 {
					s.warn(nil, "%s:%d: filter %q names rule %q, whose log source is not within its own: it does not apply", of.Path, of.Line, f.Name, r.Name)
				}
				continue
			}
			r.Query.Text += "\n---\n" + f.Query.Text
			r.Query.Summary += "\nand filter " + f.Name
			applied = true
		}
		for i, name := range f.Rules {
			if !named[i] {
				s.warn(nil, "%s:%d: filter %q: no rule %q is loaded", of.Path, of.Line, f.Name, name)
			}
		}
		if f.Rules == nil && !applied {
			s.warn(nil, "%s:%d: filter %q applies to no rule that is loaded", of.Path, of.Line, f.Name)
		}
	}
	return errors.Join(errs...)
}
