package detector

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// exception is an exception with its compiled query.
type exception struct {
	*rule.Exception
	program *match.Program
}

// Except adds the exceptions of a file to the rules that they name. It is for
// use before the rules are. The error joins all that is wrong with the file.
func (r *Rules) Except(path string) error {
	list, err := rule.LoadExceptions(path)
	if err != nil {
		return err
	}
	return r.except(list, r.rules)
}

// exceptOwn adds the exceptions that a rule file names, from beside it.
func (r *Rules) exceptOwn(one *rule.Rule) error {
	path := one.Extension.Exceptions
	if path == "" {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(one.Source.Path), path)
	}
	list, err := rule.LoadExceptions(path)
	if err != nil {
		return fmt.Errorf("exceptions of rule %q: %w", one.Name, err)
	}
	return r.except(list, []*rule.Rule{one})
}

// except compiles exceptions and ties them to those of the rules that they name.
func (r *Rules) except(list []*rule.Exception, rules []*rule.Rule) error {
	var all []error
	for _, x := range list {
		p, err := match.Compile(x.Query)
		if err != nil {
			all = append(all, queryError(x.Source.Path, "exception", x.QueryPosition, err))
			continue
		}
		used := false
		for _, one := range rules {
			if x.Rule == "*" || x.Rule == one.ID || x.Rule == one.Slug() {
				r.exceptions[one.ID] = append(r.exceptions[one.ID], exception{x, p})
				used = true
			}
		}
		at := fmt.Sprintf("%s:%d: exception", x.Source.Path, x.Source.Line)
		if !used {
			r.warnings = append(r.warnings, fmt.Sprintf("%s: no rule %q is loaded: it does nothing", at, x.Rule))
		}
		if spoofable(p) {
			r.warnings = append(r.warnings, at+": every field of its query holds what the caller chooses: whoever knows it can hide behind it")
		}
	}
	return errors.Join(all...)
}

// spoofable reports whether all that a query looks at is chosen by the caller.
func spoofable(p *match.Program) bool {
	fields := p.Fields()
	for _, f := range fields {
		if !event.CallerControlled(f.Name) {
			return false
		}
	}
	return len(fields) > 0
}

// Expired returns a line for each exception that does not apply any more.
func (r *Rules) Expired(now time.Time) []string {
	var lines []string
	seen := map[*rule.Exception]bool{}
	for _, one := range r.rules {
		for _, x := range r.exceptions[one.ID] {
			if !seen[x.Exception] && !now.Before(x.Expires) {
				seen[x.Exception] = true
				lines = append(lines, x.expired())
			}
		}
	}
	return lines
}

// excepted reports whether the event is a known one of the rule. An exception that
// has expired is told of when it would have been one.
func (a *activeRule) excepted(e *event.Event, now time.Time, warn func(string)) bool {
	for i, x := range a.exceptions {
		expired := !now.Before(x.Expires)
		if expired && a.told[i] || !x.program.Match(e) {
			continue
		}
		if !expired {
			return true
		}
		a.told[i] = true
		warn(x.expired() + "; an event that it covered alerts")
	}
	return false
}

func (x *exception) expired() string {
	return fmt.Sprintf("%s:%d: exception of %s (%s) has expired on %s and does not apply",
		x.Source.Path, x.Source.Line, x.Owner, x.Reason, x.Expires.UTC().Format(time.RFC3339))
}
