package rule

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// specKey is the configuration key that names the rule files.
const specKey = "rules"

// Set is what a list of rule files holds.
type Set struct {
	Rules   []*Rule   // sorted by path and line; no two with the same ID
	Skipped []Skipped // what was read and left out, likewise sorted
}

// Load reads the rules that the configuration key "rules" names: a comma-
// separated list of files, directories, globs, and the word "builtin" for the
// rules in the file system builtin.
//
// A directory is read with all below it, *.toml and *.ndjson, without names that
// begin with a dot; links are followed. In a glob, ** stands for any number of
// directories. A file that is named twice is read once. A rule with
// "enabled = false" is skipped.
//
// A rule for another engine is refused if its own TOML file was named, and
// skipped if a directory, a glob or an export brought it; an export of nothing
// else is refused as well.
//
// The error is an [Errors] with everything wrong with all of the files. The set
// is not for use then, but holds what could be read.
func Load(spec string, builtin fs.FS) (*Set, error) {
	sources, faults := expand(spec, builtin)
	l := loader{set: &Set{}, errors: faults}
	for i := range sources {
		l.file(&sources[i])
	}
	l.unique()
	l.set.sort()
	if len(l.errors) == 0 && len(l.set.Rules) == 0 {
		l.errors = append(l.errors, nothingRuns(spec, l.set.Skipped))
	}
	return l.set, l.errors.orNil()
}

type loader struct {
	set    *Set
	errors Errors
}

func (l *loader) file(s *source) {
	data, fault := s.read()
	if fault != nil {
		l.errors = append(l.errors, fault)
		return
	}
	if path.Ext(s.path) == ".ndjson" {
		l.export(s, data)
		return
	}
	r, err := ParseTOML(s.path, data)
	var other *UnsupportedError
	switch {
	case err == nil:
		l.add(r)
	case !errors.As(err, &other):
		l.fail(err)
	case s.named:
		l.errors = append(l.errors, other.refusal())
	default:
		l.set.Skipped = append(l.set.Skipped, other.Skipped)
	}
}

func (l *loader) export(s *source, data []byte) {
	rules, skipped, err := ParseNDJSON(s.path, data)
	if err != nil {
		l.fail(err)
		return
	}
	if len(rules) == 0 && s.named {
		for _, k := range skipped {
			message := fmt.Sprintf("rule %q: %s", k.Name, k.Reason)
			l.errors = append(l.errors, &Error{Path: k.Path, Line: k.Line, Column: 1, Message: message})
		}
		if len(skipped) == 0 {
			l.errors = append(l.errors, &Error{Path: s.path, Message: "no rule in the file"})
		}
		return
	}
	l.set.Skipped = append(l.set.Skipped, skipped...)
	for _, r := range rules {
		l.add(r)
	}
}

func (l *loader) add(r *Rule) {
	if !r.Enabled {
		l.set.Skipped = append(l.set.Skipped, Skipped{
			Path: r.Source.Path, Line: r.Source.Line, Name: r.Name, ID: r.ID,
			Reason: "switched off: enabled is false in the file",
		})
		return
	}
	l.set.Rules = append(l.set.Rules, r)
}

func (l *loader) fail(err error) {
	var all Errors
	if errors.As(err, &all) {
		l.errors = append(l.errors, all...)
	}
}

// unique refuses rules with an ID that another rule has.
func (l *loader) unique() {
	first := make(map[string]*Source, len(l.set.Rules))
	for _, r := range l.set.Rules {
		s := &r.Source
		if other := first[r.ID]; other != nil {
			l.errors = append(l.errors, &Error{
				Path: s.Path, Line: s.id.line, Column: s.id.column, Key: "rule_id",
				Message: fmt.Sprintf("%q is the ID of the rule in %s:%d:%d already; leave one of the two out",
					r.ID, other.Path, other.id.line, other.id.column),
			})
			continue
		}
		first[r.ID] = s
	}
}

func (s *Set) sort() {
	slices.SortStableFunc(s.Rules, func(a, b *Rule) int {
		return cmp.Or(cmp.Compare(a.Source.Path, b.Source.Path), cmp.Compare(a.Source.Line, b.Source.Line))
	})
	slices.SortStableFunc(s.Skipped, func(a, b Skipped) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
}

func nothingRuns(spec string, skipped []Skipped) *Error {
	e := &Error{Key: specKey, Message: fmt.Sprintf("%q holds no rule", spec)}
	if n := len(skipped); n > 0 {
		k := skipped[0]
		e.Message = fmt.Sprintf("%q holds no rule that runs: %d skipped, the first is %s:%d: %s", spec, n, k.Path, k.Line, k.Reason)
	}
	return e
}
