package detector

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Rules are rules with their compiled queries and their exceptions. An Engine
// only reads them.
type Rules struct {
	rules      []*rule.Rule
	compiled   []*match.Program // of each rule
	programs   *match.Set
	exceptions map[string][]exception // by rule id
	skipped    []rule.Skipped
	warnings   []string
}

// LoadRules reads and compiles the rules that the key rules names. The error
// joins all that is wrong with all the files.
func LoadRules(spec string) (*Rules, error) {
	var all []error
	set, err := rule.Load(spec, conf.Rules())
	if err != nil {
		all = append(all, err) // what could be read is looked at all the same
	}
	r := &Rules{rules: set.Rules, skipped: set.Skipped, exceptions: map[string][]exception{}}
	programs := make([]*match.Program, 0, len(set.Rules))
	for _, one := range set.Rules {
		p, err := match.Compile(one.Query)
		if err != nil {
			all = append(all, queryError(one.Source.Path, fmt.Sprintf("query of rule %q", one.Name), one.QueryPosition, err))
			continue
		}
		if names := p.Underivable(); len(names) > 0 {
			r.warnings = append(r.warnings, fmt.Sprintf("%s:%d: rule %q reads %s, which only records that are mapped to ECS already can have",
				one.Source.Path, one.Source.Line, one.Name, strings.Join(names, ", ")))
		}
		if err := r.exceptOwn(one); err != nil {
			all = append(all, err)
		}
		for _, n := range one.Notices {
			r.warnings = append(r.warnings, fmt.Sprintf("%s:%d:%d: %s: %s", one.Source.Path, n.Line, n.Column, n.Key, n.Text))
		}
		programs = append(programs, p)
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	r.compiled, r.programs = programs, match.NewSet(programs)
	return r, nil
}

// AboutRules says of an error of LoadRules that the key rules is to blame, unless
// it says so itself.
func AboutRules(err error) error {
	if strings.HasPrefix(err.Error(), "rules: ") {
		return err
	}
	return fmt.Errorf("rules: %w", err)
}

// Rules returns the rules in the order in which they are evaluated.
func (r *Rules) Rules() []*rule.Rule { return r.rules }

// Skipped returns what a directory or a glob brought that is not for us.
func (r *Rules) Skipped() []rule.Skipped { return r.skipped }

// Warnings returns what stops nothing, a line each: keys of rule files without
// effect here, exceptions that do nothing or can be abused.
func (r *Rules) Warnings() []string { return r.warnings }

// queryError adds to an error of a query the file, the place in it and what
// the query is of.
func queryError(path, what string, place func(line, column int) (int, int), err error) error {
	var q *kql.Error
	if !errors.As(err, &q) {
		return fmt.Errorf("%s: %s: %w", path, what, err)
	}
	line, column := place(q.Position())
	return fmt.Errorf("%s:%d:%d: %s: %w", path, line, column, what, err)
}
