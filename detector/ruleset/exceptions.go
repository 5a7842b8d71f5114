package ruleset

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/native"
)

// Exception is an exception with its compiled query.
type Exception struct {
	*rule.Exception
	Program *match.Program
}

// Expired reports whether the exception no longer applies.
func (x *Exception) Expired(now time.Time) bool { return !now.Before(x.Expires) }

// ExpiredWarning returns the line that says since when the exception no longer
// applies.
func (x *Exception) ExpiredWarning() string {
	return fmt.Sprintf("%s:%d: exception of %s (%s) has expired on %s and does not apply",
		x.Source.Path, x.Source.Line, x.Owner, x.Reason, x.Expires.UTC().Format(time.RFC3339))
}

// LoadExceptions adds the exceptions in a file to the rules that they name. It
// must not be called once an engine uses the set. The error joins everything
// that is wrong with the file.
func (s *Set) LoadExceptions(path string) error {
	return s.loadExceptions(path, s.Rules)
}

// addOwnExceptions adds the exceptions that the file of the rule names. A
// relative path starts from the directory of that file.
func (s *Set) addOwnExceptions(r *Rule) error {
	path := r.Extension.Exceptions
	if path == "" {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.Source.Path), path)
	}
	if err := s.loadExceptions(path, []*Rule{r}); err != nil {
		return fmt.Errorf("exceptions of rule %q: %w", r.Name, err)
	}
	return nil
}

// loadExceptions compiles the exceptions in a file and adds each to those of the
// rules that it names.
func (s *Set) loadExceptions(path string, rules []*Rule) error {
	list, err := native.LoadExceptions(path)
	if err != nil {
		return err
	}
	var errs []error
	for _, loaded := range list {
		program, err := s.Compile(loaded.Query)
		if err != nil {
			errs = append(errs, queryError(loaded.Source.Path, "exception", &loaded.Query, err))
			continue
		}
		x := &Exception{Exception: loaded, Program: program}
		var of []*Rule
		for _, r := range rules {
			if x.Rule == "*" || x.Rule == r.ID || x.Rule == r.Slug() {
				r.Exceptions = append(r.Exceptions, x)
				of = append(of, r)
			}
		}
		s.warnOfException(x, of)
	}
	return errors.Join(errs...)
}

// Expired returns a warning for each exception that no longer applies.
func (s *Set) Expired(now time.Time) []string {
	var lines []string
	seen := map[*Exception]bool{}
	for _, r := range s.Rules {
		for _, x := range r.Exceptions {
			if !seen[x] && x.Expired(now) {
				seen[x] = true
				lines = append(lines, x.ExpiredWarning())
			}
		}
	}
	return lines
}
