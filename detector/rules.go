package detector

import (
	"errors"
	"fmt"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/program"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Rules are rules with their compiled queries. They never change.
type Rules struct {
	rules    []*rule.Rule
	programs *program.Set
	skipped  []rule.Skipped
}

// LoadRules reads and compiles the rules that the key rules names. The error
// joins all that is wrong with all the files.
func LoadRules(spec string) (*Rules, error) {
	set, err := rule.Load(spec, conf.Rules())
	if err != nil {
		return nil, err
	}
	r := &Rules{rules: set.Rules, skipped: set.Skipped}
	programs := make([]*program.Program, 0, len(set.Rules))
	var all []error
	for _, one := range set.Rules {
		p, err := program.Compile(one.Query)
		if err != nil {
			all = append(all, queryError(one, err))
			continue
		}
		programs = append(programs, p)
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	r.programs = program.NewSet(programs)
	return r, nil
}

// Rules returns the rules in the order in which they are evaluated.
func (r *Rules) Rules() []*rule.Rule { return r.rules }

// Skipped returns what a directory or a glob brought that is not for us.
func (r *Rules) Skipped() []rule.Skipped { return r.skipped }

// queryError adds to an error of a query the file and the place in it.
func queryError(r *rule.Rule, err error) error {
	var q *kql.Error
	if !errors.As(err, &q) {
		return fmt.Errorf("%s: query: %w", r.Source.Path, err)
	}
	line, column := r.QueryPosition(q.Position())
	return fmt.Errorf("%s:%d:%d: query of rule %q: %w", r.Source.Path, line, column, r.Name, err)
}
