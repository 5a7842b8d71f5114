package ruleset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Input is a rule whose matches a correlation is about, with what they have for it.
type Input struct {
	Rule          *Rule
	Group, Values []InputField // in the order of the rule's group-by, and of its values
	byTitle       bool
}

// InputField is where a match has the values of a name in a correlation. The zero value is
// nowhere.
type InputField struct {
	Field *event.Field // of the event
	// Place, if it is not 0, is the place of the name in the group-by of an input that is
	// a correlation, counted from 1: the values of its alerts take the place of the event's.
	Place int
}

// IsCorrelation reports whether the rule is about matches of other rules.
func (r *Rule) IsCorrelation() bool { return r.Memory != nil && r.Memory.Kind == rule.Correlated }

// correlations returns the correlations of the set.
func (s *Set) correlations() (list []*Rule) {
	for _, r := range s.Rules {
		if r.IsCorrelation() {
			list = append(list, r)
		}
	}
	return list
}

// link links correlations to the rules that they refer to, after all rules have been added.
// Those that refer to rules that do not run here are skipped.
func (s *Set) link() error {
	for {
		var errs []error
		var unfed []*unfedError
		for _, c := range s.correlations() {
			c.Inputs = nil
			for _, err := range s.resolve(c) {
				if u := (*unfedError)(nil); errors.As(err, &u) {
					unfed = append(unfed, u)
				} else {
					errs = append(errs, err)
				}
			}
		}
		for _, u := range unfed {
			if u.rule.Source.Named {
				errs = append(errs, rule.Errors{u.skipped().Refusal()})
			}
		}
		switch {
		case len(errs) > 0:
			return errors.Join(errs...)
		case len(unfed) == 0:
			return s.connect()
		}
		for _, u := range unfed {
			s.leaveOut(u)
		}
	}
}

// failAt returns an error about a place in the file of a correlation.
func failAt(c *Rule, at rule.Place, format string, args ...any) error {
	return &rule.Error{Path: c.Source.Path, Line: at.Line, Column: at.Column, Key: "correlation", Message: fmt.Sprintf("rule %q: ", c.Name) + fmt.Sprintf(format, args...)}
}

// resolve finds the rules of a correlation.
func (s *Set) resolve(c *Rule) (errs []error) {
	for _, ref := range c.Memory.Correlation.Rules {
		input, err := s.find(c, ref)
		if err == nil && slices.ContainsFunc(c.Inputs, func(other Input) bool { return other.Rule == input.Rule }) {
			err = failAt(c, ref.Place, "%q is a rule that is in the list already", ref.Name)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.Inputs = append(c.Inputs, input)
	}
	return errs
}

// find returns the rule that a reference means: by its ID or name, or else by its title, and
// of several the one in the same file.
func (s *Set) find(c *Rule, ref rule.Reference) (none Input, err error) {
	byName := func(r *rule.Rule) bool {
		return strings.EqualFold(ref.Name, r.ID) || strings.EqualFold(ref.Name, r.Sigma.SharedID) || ref.Name == r.Sigma.Name
	}
	byTitle := func(r *rule.Rule) bool { return ref.Name == r.Name }
	for i, is := range []func(*rule.Rule) bool{byName, byTitle} {
		var here, elsewhere []*Rule
		for _, r := range s.Rules {
			switch {
			case r.Sigma == nil || !is(r.Rule):
			case r.Source.Path == c.Source.Path:
				here = append(here, r)
			case r.Sigma.SharedID == "":
				elsewhere = append(elsewhere, r)
			}
		}
		found := here
		if len(found) == 0 {
			found = elsewhere
		}
		switch {
		case len(found) > 1:
			return none, failAt(c, ref.Place, "%q is what two rules are called: %s and %s", ref.Name, startOf(found[0]), startOf(found[1]))
		case len(found) == 1:
			return Input{Rule: found[0], byTitle: i == 1}, nil
		}
	}
	for _, skipped := range s.Skipped {
		if ref.Name != "" && (strings.EqualFold(skipped.ID, ref.Name) || skipped.Called == ref.Name || skipped.Name == ref.Name) {
			return none, &unfedError{c, ref, skipped}
		}
	}
	return none, failAt(c, ref.Place, "there is no rule with the id, name or title %q", ref.Name)
}

func startOf(r *Rule) string { return fmt.Sprintf("%s:%d", r.Source.Path, r.Source.Line) }

// unfedError says that a correlation refers to a rule that does not run here.
type unfedError struct {
	rule *Rule
	ref  rule.Reference
	what rule.Skipped
}

func (u *unfedError) Error() string { return u.skipped().Refusal().Error() }

func (u *unfedError) skipped() rule.Skipped {
	return rule.Skipped{
		Path: u.rule.Source.Path, Line: u.ref.Line, Column: u.ref.Column, Key: u.what.Key, Name: u.rule.Name, ID: u.rule.ID, Called: u.rule.Sigma.Name, Type: u.rule.Type,
		Reason: fmt.Sprintf("it refers to the rule %q, which does not run here: %s", u.ref.Name, u.what.Reason),
	}
}

// leaveOut skips a correlation, and the rules of its file that make no alerts without it.
func (s *Set) leaveOut(u *unfedError) {
	s.Rules = slices.DeleteFunc(s.Rules, func(r *Rule) bool {
		switch {
		case r == u.rule:
			s.Skipped = append(s.Skipped, u.skipped())
			return true
		case u.rule.Memory.Correlation.Generate, r.Source.Path != u.rule.Source.Path,
			!slices.ContainsFunc(u.rule.Inputs, func(i Input) bool { return i.Rule == r }),
			slices.ContainsFunc(s.correlations(), func(c *Rule) bool {
				return c != u.rule && slices.ContainsFunc(c.Inputs, func(i Input) bool { return i.Rule == r })
			}):
			return false
		}
		s.Skipped = append(s.Skipped, rule.Skipped{
			Path: r.Source.Path, Line: r.Source.Line, Column: 1, Name: r.Name, ID: r.ID, Called: r.Sigma.Name, Type: r.Type,
			Reason: fmt.Sprintf("it makes no alerts by itself, only for the correlation %q, which does not run here", u.rule.Name),
		})
		return true
	})
}

// connect makes sure that there are no circles, and says which rules are silent and where
// the values of names are.
func (s *Set) connect() error {
	if err := s.circle(); err != nil {
		return err
	}
	var errs []error
	for _, c := range s.correlations() {
		errs = append(errs, s.place(c)...)
		for _, input := range c.Inputs {
			input.Rule.Silent = true
		}
	}
	for _, c := range s.correlations() {
		for _, input := range c.Inputs {
			if c.Memory.Correlation.Generate && input.Rule.Sigma.SharedID == "" {
				input.Rule.Silent = false
			}
		}
	}
	for _, c := range s.correlations() {
		s.warnOfCorrelation(c)
	}
	s.warnOfSameNames()
	return errors.Join(errs...)
}

// circle returns an error if a correlation refers to itself, through others perhaps.
func (s *Set) circle() error {
	done := map[*Rule]bool{}
	var visit func(r *Rule, path []*Rule) error
	visit = func(r *Rule, path []*Rule) error {
		if from := slices.Index(path, r); from >= 0 {
			var names []string
			for _, one := range append(path[from:], r) {
				names = append(names, fmt.Sprintf("%q", one.Name))
			}
			return failAt(r, r.Memory.Correlation.Rules[0].Place, "correlations refer to each other in a circle: %s", strings.Join(names, ", "))
		}
		if done[r] {
			return nil
		}
		for _, input := range r.Inputs {
			if err := visit(input.Rule, append(path[:len(path):len(path)], r)); err != nil {
				return err
			}
		}
		done[r] = true
		return nil
	}
	for _, c := range s.correlations() {
		if err := visit(c, nil); err != nil {
			return err
		}
	}
	return nil
}

// place finds where the matches of each input have the values of the names in a correlation.
func (s *Set) place(c *Rule) (errs []error) {
	of := c.Memory.Correlation
	stands := make([]map[string]string, len(c.Inputs)) // by input: what an alias stands for
	for _, a := range of.Aliases {
		for _, f := range a.Fields {
			i := slices.IndexFunc(of.Rules, func(ref rule.Reference) bool { return ref.Name == f.Rule.Name })
			if i < 0 {
				i = slices.IndexFunc(c.Inputs, func(input Input) bool { return input.Rule.IsCalled(f.Rule.Name) })
			}
			if i < 0 {
				errs = append(errs, failAt(c, f.Rule.Place, "alias %q: %q is not one of the rules of the correlation", a.Name, f.Rule.Name))
				continue
			}
			if stands[i] == nil {
				stands[i] = map[string]string{}
			}
			stands[i][a.Name] = f.Field
		}
	}
	isAlias := func(name string) bool {
		return slices.ContainsFunc(of.Aliases, func(a rule.Alias) bool { return a.Name == name })
	}
	mapping := s.mappingOf(sigma.Language)
	for i := range c.Inputs {
		input := &c.Inputs[i]
		find := func(names []string) (fields []InputField) {
			for _, name := range names {
				if field, ok := stands[i][name]; ok {
					name = field
				} else if isAlias(name) && !input.groups(name) {
					fields = append(fields, InputField{})
					continue
				}
				f := InputField{Field: mapping.Field(name)}
				if input.Rule.IsCorrelation() {
					f.Place = slices.Index(input.Rule.Memory.Fields, name) + 1
				}
				fields = append(fields, f)
			}
			return fields
		}
		input.Group, input.Values = find(c.Memory.Fields), find(of.Values)
	}
	return errs
}

// groups reports whether an input is a correlation that groups by that name.
func (i *Input) groups(name string) bool {
	return i.Rule.IsCorrelation() && slices.Contains(i.Rule.Memory.Fields, name)
}

// Alone returns the rule with those that it refers to, which then make no alerts by
// themselves, and without exceptions.
func (s *Set) Alone(r *Rule) *Set {
	alone := &Set{Loader: s.Loader}
	copies := map[*Rule]*Rule{}
	var add func(r *Rule) *Rule
	add = func(r *Rule) *Rule {
		if one := copies[r]; one != nil {
			return one
		}
		one := &Rule{Rule: r.Rule, Program: r.Program, Stream: r.Stream, Steps: r.Steps, Parts: r.Parts, Asked: r.Asked, Silent: true}
		copies[r] = one
		for _, input := range r.Inputs {
			input.Rule = add(input.Rule)
			one.Inputs = append(one.Inputs, input)
		}
		alone.Rules = append(alone.Rules, one)
		return one
	}
	add(r).Silent = false
	return alone
}
