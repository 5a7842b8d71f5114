package sigma

import (
	"fmt"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// correlation is a rule about several events, which does not run here.
type correlation struct {
	skipped  rule.Skipped
	rules    []string // that it names, by ID, name or title
	generate bool     // these make alerts by themselves as well
}

// correlation reads as much of a correlation as tells which rules do not run without it.
func (r *reader) correlation() *correlation {
	v := r.root.Get(keyCorrelation)
	if !r.Expect(v, document.Table, "a map") {
		return nil
	}
	c := &correlation{skipped: rule.Skipped{Path: r.path, Key: keyCorrelation, Name: r.root.TextOf("title"), ID: r.root.TextOf("id"),
		Reason: "correlations of several events are not evaluated here", Type: ruleType}}
	c.skipped.Line, c.skipped.Column = r.Position(v)
	if rules := v.Get("rules"); rules != nil {
		c.rules = append(c.rules, rules.Text)
		for _, item := range rules.Items {
			c.rules = append(c.rules, item.Text)
		}
	}
	for _, table := range []*document.Value{r.root, v} {
		c.generate = c.generate || table.TextOf("generate") == "true"
	}
	return c
}

// skip adds the correlation to what is skipped, with the rules of the same file that make
// no alerts by themselves.
func (c *correlation) skip(set *rule.Set) {
	set.Skipped = append(set.Skipped, c.skipped)
	if c.generate {
		return
	}
	set.Rules = slices.DeleteFunc(set.Rules, func(r *rule.Rule) bool {
		if !slices.ContainsFunc(c.rules, func(name string) bool { return r.IsCalled(name) }) {
			return false
		}
		set.Skipped = append(set.Skipped, rule.Skipped{
			Path: r.Source.Path, Line: r.Source.Line, Column: 1, Name: r.Name, ID: r.ID, Type: ruleType,
			Reason: fmt.Sprintf("it makes no alerts by itself, only for the correlation %q, which is not evaluated here", c.skipped.Name),
		})
		return true
	})
}
