// Package ruleset loads rules, compiles their queries and adds their exceptions:
// all that an engine needs to know about rules.
package ruleset

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/elastic"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// Set holds rules that are ready for use. Nothing in it changes afterwards, so
// several engines may share it.
type Set struct {
	Rules   []*Rule        // in the order of their files
	Skipped []rule.Skipped // rules that a directory or a glob matched and that do not run here
	// Warnings has a line for each thing that may surprise the author of a rule
	// or of an exception.
	Warnings []string
}

// Rule is a rule with its compiled query and its exceptions.
type Rule struct {
	*rule.Rule
	Program    *match.Program
	Exceptions []*Exception
}

// Load loads and compiles the rules that spec, the value of the key rules, names.
// The error joins everything that is wrong with any of the files.
func Load(spec string) (*Set, error) {
	var errs []error
	loaded, err := files.Load(spec, conf.Rules(), elastic.Formats()...)
	if err != nil {
		errs = append(errs, err) // the rules that could be read are checked all the same
	}
	s := &Set{Skipped: loaded.Skipped}
	for _, r := range loaded.Rules {
		if err := s.add(r); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// add compiles a rule and adds it with the exceptions that its file names.
func (s *Set) add(r *rule.Rule) error {
	program, err := Compile(r.Query.Language, r.Query.Text)
	if err != nil {
		return queryError(r.Source.Path, fmt.Sprintf("query of rule %q", r.Name), &r.Query, err)
	}
	if names := program.Underivable(); len(names) > 0 {
		s.warn("%s:%d: rule %q reads %s, which only records that are mapped to ECS already can have",
			r.Source.Path, r.Source.Line, r.Name, strings.Join(names, ", "))
	}
	compiled := &Rule{Rule: r, Program: program}
	s.Rules = append(s.Rules, compiled)
	err = s.addOwnExceptions(compiled)
	for _, n := range r.Notices {
		s.warn("%s:%d:%d: %s: %s", r.Source.Path, n.Line, n.Column, n.Key, n.Text)
	}
	return err
}

func (s *Set) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// languages are the languages of rules.
var languages = query.Languages{kql.Language}

// Compile compiles a query about the ECS view of an event.
func Compile(language, text string) (*match.Program, error) {
	q, err := languages.Query(language, text)
	if err != nil {
		return nil, err
	}
	return match.Compile(q, match.ECS{})
}

// queryError adds the file, the position in the file and what the query belongs
// to.
func queryError(path, what string, text *rule.Query, err error) error {
	var q *query.Error
	if !errors.As(err, &q) {
		return fmt.Errorf("%s: %s: %w", path, what, err)
	}
	line, column := text.Position(q.Position())
	return fmt.Errorf("%s:%d:%d: %s: %w", path, line, column, what, err)
}
