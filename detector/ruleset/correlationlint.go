package ruleset

import (
	"cmp"
	"math"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// maxMatches is how many matches of a group are kept at most, see package stateful.
const maxMatches = 1 << 20

// warnOfCorrelation adds the warnings about a correlation that is linked.
func (s *Set) warnOfCorrelation(c *Rule) {
	of := c.Memory.Correlation
	warn := func(at rule.Place, format string, args ...any) {
		s.warn(c, "%s:%d:%d: rule %q: "+format, append([]any{c.Source.Path, at.Line, at.Column, c.Name}, args...)...)
	}
	for i, input := range c.Inputs {
		at := of.Rules[i].Place
		if input.byTitle {
			warn(at, "refers to a rule by its title, which Sigma does not provide for; its id is %s", cmp.Or(input.Rule.Sigma.SharedID, input.Rule.ID))
		}
		if input.Rule.Silent && input.Rule.Source.Path != c.Source.Path {
			warn(at, "%s has a rule that makes no alerts by itself any more, as this correlation refers to it; generate: true lets it", startOf(input.Rule))
		}
	}
	s.warnOfNames(c, warn)
	s.warnOfBounds(c, warn)
	for _, n := range c.Notices {
		s.warn(c, "%s:%d:%d: %s: %s", c.Source.Path, n.Line, n.Column, n.Key, n.Text)
	}
}

// warnOfNames warns of names of which matches have no values, and of aliases without use.
func (s *Set) warnOfNames(c *Rule, warn func(rule.Place, string, ...any)) {
	of := c.Memory.Correlation
	var raw *event.Raw
	if i := s.rawSource(); i >= 0 {
		raw = s.Schema.Sources()[i].Raw
	}
	check := func(names []string, at rule.Place, pick func(Input) []InputField, effect string) {
		warned := map[string]bool{}
		for i, name := range names {
			for _, input := range c.Inputs {
				f := pick(input)[i]
				switch {
				case warned[name], f.Place > 0:
					continue
				case f.Field == nil:
					warn(at, "the alias %q stands for no field of the rule %q: %s", name, input.Rule.Name, effect)
				case raw != nil && !raw.IsKnown(f.Field.Name):
					warn(at, "%s is not a member of the records that is known: %s%s", f.Field.Name, effect, meant(raw, f.Field.Name))
				case input.Rule.IsCorrelation():
					warn(at, "the correlation %q does not group by %s: its last event says which value counts", input.Rule.Name, f.Field.Name)
				default:
					continue
				}
				warned[name] = true
			}
		}
	}
	check(c.Memory.Fields, c.Memory.FieldsAt, func(i Input) []InputField { return i.Group }, "all its events are in one group")
	check(of.Values, of.ValuesAt, func(i Input) []InputField { return i.Values }, "its events have no value to count")
	for _, a := range of.Aliases {
		if !slices.Contains(c.Memory.Fields, a.Name) && !slices.Contains(of.Values, a.Name) {
			warn(a.Place, "the alias %q is used neither in group-by nor as a field", a.Name)
		}
	}
}

// warnOfBounds warns of conditions that never hold, and of those that every event fulfils.
func (s *Set) warnOfBounds(c *Rule, warn func(rule.Place, string, ...any)) {
	of := c.Memory.Correlation
	at := of.Rules[0].Place
	if of.Type.IsNumeric() || len(of.Bounds) == 0 {
		return
	}
	most := math.Inf(1)
	if of.Type.IsTemporal() {
		most = float64(len(of.Rules))
	}
	// Between two numbers of the condition all integers are alike.
	holds := false
	for _, b := range of.Bounds {
		for _, n := range []float64{1, math.Floor(b.Number) - 1, math.Floor(b.Number), math.Ceil(b.Number), math.Floor(b.Number) + 1, math.Floor(b.Number) + 2} {
			holds = holds || n >= 1 && n <= most && of.Hold(n)
		}
	}
	for _, b := range of.Bounds {
		if b.Number > maxMatches/4 {
			warn(at, "the condition asks for %v: a correlation keeps %d matches of a group at most", b.Number, maxMatches)
		}
	}
	switch {
	case !holds:
		warn(at, "the condition of the correlation never holds")
	case of.Hold(1):
		warn(at, "the condition of the correlation holds with a single event: each one makes an alert")
	}
}

// warnOfSameNames warns of Sigma rules whose name another one has: correlations in other files
// cannot refer to either by it.
func (s *Set) warnOfSameNames() {
	first := map[string]*Rule{}
	for _, r := range s.Rules {
		if r.Sigma == nil || r.Sigma.Name == "" || r.Sigma.SharedID != "" {
			continue
		}
		if other := first[r.Sigma.Name]; other != nil {
			s.warn(r, "%s:%d: rule %q: its name %q is that of the rule in %s too; names are unique in Sigma", r.Source.Path, r.Source.Line, r.Name, r.Sigma.Name, startOf(other))
			continue
		}
		first[r.Sigma.Name] = r
	}
}
