// Package ruleset loads rules, compiles their queries and adds their exceptions:
// all that an engine needs to know about rules.
package ruleset

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/eql"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/query/sigma"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/elastic"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	sigmarule "github.com/fluent-detect/fluent-detect/detector/rule/sigma"
	"github.com/fluent-detect/fluent-detect/detector/source"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

// Loader loads rules about the events of a schema, written in some languages.
type Loader struct {
	Schema    *event.Schema
	Languages query.Languages
	// Databases are what the schema looks addresses up in; nil: nothing.
	Databases *geo.Databases

	raw *match.Raw // the mapping of rules that name members of records, while they are loaded
}

// DefaultLoader returns the loader for all sources and languages that are built
// in.
func DefaultLoader() Loader {
	return Loader{Schema: source.Schema(), Languages: query.Languages{kql.Language, eql.Language, esql.Language, sigma.Language}}
}

// NewLoader is DefaultLoader for events whose addresses are looked up in databases, nil for
// none, and to whose records shippers add fields.
func NewLoader(databases *geo.Databases, added event.AddedFields) (l Loader, err error) {
	l = DefaultLoader()
	l.Databases = databases
	l.Schema, err = source.NewSchema(databases, added)
	return l, err
}

// Set holds rules that are ready for use. Nothing in it changes afterwards, so
// several engines may share it.
type Set struct {
	Loader
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
	// Stream is, of a rule in ES|QL, what it makes of the events that match; else nil.
	Stream   *table.Stream
	Warnings []string    // those of the set that are about the rule itself
	Steps    match.Steps // of a sequence
	// Of a Sigma rule: its search identifiers, and the fields that it wants to be looked at.
	Parts []match.Named
	Asked []*event.Field
	// Inputs are the rules whose matches a correlation is about, in its order. Silent means
	// that the rule makes no alerts by itself, only for correlations.
	Inputs []Input
	Silent bool
}

// Load loads rules with the default loader.
func Load(spec string) (*Set, error) { return DefaultLoader().Load(spec) }

// Load loads and compiles the rules that spec, the value of the key rules, names.
// The error joins everything that is wrong with any of the files.
func (l Loader) Load(spec string) (*Set, error) {
	var errs []error
	loaded, err := files.Load(spec, conf.Rules(), l.formats()...)
	if err != nil {
		errs = append(errs, err) // the rules that could be read are checked all the same
	}
	if i := l.rawSource(); i >= 0 {
		l.raw = match.NewRaw(l.Schema, i)
	}
	s := &Set{Loader: l, Skipped: loaded.Skipped}
	if err := s.applyFilters(loaded); err != nil {
		errs = append(errs, err)
	}
	for _, r := range loaded.Rules {
		if err := s.add(r); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		if err := s.link(); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 && len(s.Rules) == 0 {
		first := s.Skipped[len(loaded.Skipped)]
		errs = append(errs, fmt.Errorf("rules: %q holds no rule that runs: %d skipped, one of them is %s", spec, len(s.Skipped), first))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortStableFunc(s.Skipped, func(a, b rule.Skipped) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return s, nil
}

// add compiles a rule and adds it with the exceptions that its file names. A rule that
// a directory or a glob brought is skipped if its query has what is not evaluated here.
func (s *Set) add(r *rule.Rule) error {
	if r.Memory != nil && r.Memory.Kind == rule.Correlated {
		raw, _ := s.mappingOf(sigma.Language).(*match.Raw)
		c := &Rule{Rule: r, Program: match.Never(raw)}
		s.Rules = append(s.Rules, c)
		return s.addOwnExceptions(c)
	}
	q, program, err := s.compile(r.Query)
	if err != nil {
		return s.refuse(r, err)
	}
	program.Limit(s.Schema, indicesOf(r, q))
	compiled := &Rule{Rule: r, Program: program}
	if r.Query.Language == esql.Language.Name {
		if err := s.addStream(compiled); err != nil {
			return s.refuse(r, err)
		}
	}
	if err := s.addSequence(compiled, q); err != nil {
		return queryError(r.Source.Path, fmt.Sprintf("query of rule %q", r.Name), &r.Query, err)
	}
	if r.Sigma != nil {
		if err := s.nameParts(compiled); err != nil {
			return err
		}
	}
	s.Rules = append(s.Rules, compiled)
	s.warnOfRule(compiled)
	for _, advice := range q.Advice() {
		line, column := r.Query.Position(advice.Position())
		s.warn(compiled, "%s:%d:%d: query of rule %q: %s", r.Source.Path, line, column, r.Name, advice.Message)
	}
	return s.addOwnExceptions(compiled)
}

// refuse returns the error for a rule with a query that is wrong, or nil if the rule is
// skipped.
func (s *Set) refuse(r *rule.Rule, err error) error {
	if skipped := notEvaluated(r, err); skipped != nil && !r.Source.Named {
		s.Skipped = append(s.Skipped, *skipped)
		return nil
	}
	var own *rule.Error
	if errors.As(err, &own) {
		return own
	}
	return queryError(r.Source.Path, fmt.Sprintf("query of rule %q", r.Name), &r.Query, err)
}

// Mapping returns the mapping that queries are compiled against.
func (l Loader) Mapping() match.Mapping { return match.ECS{Schema: l.Schema} }

// Compile compiles a query about the ECS view of an event.
func (l Loader) Compile(q rule.Query) (*match.Program, error) {
	_, program, err := l.compile(q)
	return program, err
}

func (l Loader) compile(text rule.Query) (q query.Query, p *match.Program, err error) {
	if q, err = l.Languages.Query(text.Language, text.Text, text.CategoryField); err != nil {
		return q, nil, err
	}
	if sequence, ok := q.Root.(*query.Sequence); ok {
		if err := checkSequence(q, sequence); err != nil {
			return q, nil, err
		}
	}
	p, err = match.Compile(q, l.mappingOf(q.Language))
	return q, p, err
}

// mappingOf returns the mapping that queries in a language are compiled against.
func (l Loader) mappingOf(language query.Language) match.Mapping {
	i := l.rawSource()
	switch {
	case !language.NamesMembers || i < 0:
		return l.Mapping()
	case l.raw == nil:
		return match.NewRaw(l.Schema, i)
	}
	return l.raw
}

// rawSource returns the place of the source whose members queries may name, or -1.
func (l Loader) rawSource() int {
	return slices.IndexFunc(l.Schema.Sources(), func(s *event.Source) bool { return s.Raw != nil })
}

// formats returns the formats of rule files whose languages the loader has.
func (l Loader) formats() []files.Format {
	var names []string
	members := false
	for _, language := range l.Languages {
		if language.NamesMembers {
			members = true
		} else {
			names = append(names, language.Name)
		}
	}
	formats := elastic.Formats(names...)
	if i := l.rawSource(); members && i >= 0 {
		raw := l.Schema.Sources()[i].Raw
		formats = append(formats, sigmarule.Formats([]rule.LogSource{{Product: raw.Product, Service: raw.Service}})...)
	}
	return formats
}

// notEvaluated returns why a rule does not run here if the error for its query says
// that the query is not evaluated here, else nil.
func notEvaluated(r *rule.Rule, err error) *rule.Skipped {
	var q *query.Error
	if !errors.As(err, &q) || !q.Unsupported {
		return nil
	}
	skipped := &rule.Skipped{Path: r.Source.Path, Key: "query", Name: r.Name, ID: r.ID, Reason: "query: " + q.Message, Type: r.Type}
	skipped.Line, skipped.Column = r.Query.Position(q.Position())
	return skipped
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
