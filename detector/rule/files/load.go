// Package files finds the files that contain rules and has each read by the
// loader for its format.
package files

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// specKey is the key of the configuration that names the files.
const specKey = "rules"

// Format is a format of rule files.
type Format struct {
	Extension string // of the names of the files, as in ".toml"
	MaxSize   int    // of a file
	// Parse reads a file. The path is for messages. The set has what could be
	// read despite the errors.
	Parse func(path string, data []byte) (rule.Set, rule.Errors)
	// SkipRepeated means that of rules with the same ID in one element of a list the
	// first is used and the others are skipped. Otherwise they are an error.
	SkipRepeated bool
}

// Load loads the rules in the files that a spec names, a comma-separated list of
// files, directories, globs, and "builtin" for all files in the file system
// builtin. Of files, the formats are the ones given.
//
// A directory stands for all rule files below it, except those with a name that
// begins with a dot; links are followed. In a glob, ** stands for any number of
// directories. A file that is named twice is read once. A rule that its file
// disables is skipped.
//
// Of rules with the same ID in several elements of the list, the one of the first
// element is used, and a built-in one only if there is no other; the others are
// skipped. Two rules with the same ID in one element are an error.
//
// A rule that does not run here is skipped, and is an error if its file was named
// explicitly and has no rule that runs.
//
// The error is a [rule.Errors] with everything that is wrong with any of the
// files. The set then has the rules that could be read.
func Load(spec string, builtin fs.FS, formats ...Format) (*rule.Set, error) {
	l := loader{formats: formats, builtin: builtin, found: make(map[string]int)}
	l.find(spec)
	for i := range l.files {
		l.load(&l.files[i])
	}
	l.selectRules()
	slices.SortStableFunc(l.set.Rules, func(a, b *rule.Rule) int {
		return cmp.Or(cmp.Compare(a.Source.Path, b.Source.Path), cmp.Compare(a.Source.Line, b.Source.Line))
	})
	slices.SortStableFunc(l.set.Skipped, func(a, b rule.Skipped) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	if len(l.errors) == 0 && len(l.set.Rules) == 0 {
		l.failEmpty(spec)
	}
	return &l.set, l.errors.Err()
}

// loader loads files.
type loader struct {
	formats []Format
	builtin fs.FS
	element int // of the spec, counted from 0
	files   []file
	found   map[string]int // real path → index in files
	rules   []candidate
	set     rule.Set
	errors  rule.Errors
}

// candidate is a rule that is used unless another one with its ID is.
type candidate struct {
	*rule.Rule
	rank         int
	skipRepeated bool
}

// idKey is the key that has the ID of the rule in its file.
func (c *candidate) idKey() string {
	if c.Sigma != nil {
		return "id"
	}
	return "rule_id"
}

// fail adds an error about the spec.
func (l *loader) fail(format string, args ...any) {
	l.errors = append(l.errors, &rule.Error{Key: specKey, Message: fmt.Sprintf(format, args...)})
}

// format returns the format of a file, nil if it is not a rule file.
func (l *loader) format(name string) *Format {
	ext := path.Ext(name)
	i := slices.IndexFunc(l.formats, func(f Format) bool { return f.Extension == ext })
	if i < 0 {
		return nil
	}
	return &l.formats[i]
}

func (l *loader) load(f *file) {
	format := l.format(f.name)
	data, err := f.read(format.MaxSize)
	if err != nil {
		l.errors = append(l.errors, err)
		return
	}
	set, errs := format.Parse(f.path, data)
	l.errors = append(l.errors, errs...)
	if f.explicit && len(set.Rules)+len(set.Filters)+len(errs) == 0 {
		for _, s := range set.Skipped {
			l.errors = append(l.errors, s.Refusal())
		}
		if len(set.Skipped) == 0 {
			l.errors = append(l.errors, &rule.Error{Path: f.path, Message: "no rule in the file"})
		}
		return
	}
	l.set.Skipped = append(l.set.Skipped, set.Skipped...)
	l.set.Filters = append(l.set.Filters, set.Filters...)
	for _, r := range set.Rules {
		r.Source.Named = f.explicit
		l.rules = append(l.rules, candidate{r, f.rank, format.SkipRepeated})
	}
}

// selectRules selects the rules that are used: of those with the same ID the one with
// the lowest rank, which can disable the others.
func (l *loader) selectRules() {
	slices.SortStableFunc(l.rules, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	first := make(map[string]candidate, len(l.rules))
	var repeated []candidate
	for _, r := range l.rules {
		other, found := first[r.ID]
		switch {
		case found && (other.rank < r.rank || r.skipRepeated):
			repeated = append(repeated, r)
			continue
		case found && other.Enabled && r.Enabled:
			l.errors = append(l.errors, &rule.Error{
				Path: r.Source.Path, Line: r.Source.IDLine, Column: r.Source.IDColumn, Key: "rule_id",
				Message: fmt.Sprintf("%q is the ID of the rule in %s already; leave one of the two out", r.ID, idPosition(&other.Source)),
			})
		case !found || r.Enabled:
			first[r.ID] = r
		}
		if r.Enabled {
			l.set.Rules = append(l.set.Rules, r.Rule)
		} else {
			l.skip(r.Rule, "disabled: enabled is false in the file")
		}
	}
	var skipped []*rule.Rule
	used := slices.Collect(maps.Values(first))
	for _, r := range repeated {
		if !l.keepRepeated(r.Rule, used) {
			other := first[r.ID]
			l.skip(r.Rule, "the rule with the same "+r.idKey()+" in "+idPosition(&other.Source)+" is used instead")
			skipped = append(skipped, r.Rule)
		}
	}
	l.silence(skipped)
}

func (l *loader) skip(r *rule.Rule, reason string) {
	l.set.Skipped = append(l.set.Skipped, rule.Skipped{Path: r.Source.Path, Line: r.Source.Line, Column: 1, Name: r.Name, ID: r.ID, Called: calledOf(r), Reason: reason, Type: r.Type})
}

// calledOf returns the name of a Sigma rule.
func calledOf(r *rule.Rule) string {
	if r.Sigma == nil {
		return ""
	}
	return r.Sigma.Name
}

func idPosition(s *rule.Source) string { return fmt.Sprintf("%s:%d:%d", s.Path, s.IDLine, s.IDColumn) }

// failEmpty adds the error that no rule is left.
func (l *loader) failEmpty(spec string) {
	n := len(l.set.Skipped)
	if n == 0 {
		l.fail("%q holds no rule", spec)
		return
	}
	s := l.set.Skipped[0]
	l.fail("%q holds no rule that runs: %d skipped, the first is %s:%d: %s", spec, n, s.Path, s.Line, s.Reason)
}
