package hostconf

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/calendar"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// ruleFiles loads the rules and exceptions of the outputs, if they are on this
// machine, and checks the rules that inputs select.
func (c *config) ruleFiles() {
	slugs := map[string][]string{} // by channel
	complete := map[string]bool{}  // whether all slugs are known
	for _, s := range c.of("output", "detect") {
		channel := s.text("channel", "default")
		rules := c.loadRules(s)
		c.exceptions(s, rules)
		c.calendar(s)
		c.ruleWarnings(s, rules)
		for _, in := range c.of("input", "cloudtrail") {
			if p := in.get("queue_url"); p != nil {
				c.sharers(p.valueAt, in.title()+": queue_url", rules)
			}
		}
		if _, seen := complete[channel]; !seen {
			complete[channel] = true
		}
		if rules == nil {
			complete[channel] = false
			continue
		}
		for _, r := range rules.Rules {
			slugs[channel] = append(slugs[channel], r.Slug())
		}
	}
	for _, s := range c.of("input", "detect_alerts") {
		channel := s.text("channel", "default")
		p := s.get("rules")
		if p == nil || p.unknown != "" || !complete[channel] {
			continue
		}
		for slug := range strings.SplitSeq(p.text, ",") {
			c.slug(p, channel, strings.TrimSpace(slug), slugs[channel])
		}
	}
}

func (c *config) slug(p *property, channel, slug string, all []string) {
	for _, s := range all {
		if s == slug {
			return
		}
	}
	c.warn(p.valueAt, "rules: no output of channel %q has a rule %q%s", channel, slug, spelling.Suggest(slug, all))
}

// loadRules returns the rules of an output, or nil if not all of them are on this
// machine or valid.
func (c *config) loadRules(s *section) *ruleset.Set {
	if p := s.get("rules"); p != nil {
		if p.unknown != "" || p.isList {
			return nil
		}
		for part := range strings.SplitSeq(p.text, ",") {
			if part = strings.TrimSpace(part); part != files.Builtin && !exists(part) {
				c.notHere(p, part, Error, "its rules are not checked")
				return nil
			}
		}
	}
	rules, err := c.loader(s).Load(s.text("rules", files.Builtin))
	if err != nil {
		c.failAll(s.position("rules"), err)
		return nil
	}
	return rules
}

// loader returns the loader for the rules of an output, with the fields that its keys add.
// Databases that are not on this machine are assumed to have everything.
func (c *config) loader(s *section) ruleset.Loader {
	if l, ok := c.loaders[s]; ok {
		return l
	}
	d, _ := settings.ReadDetector(getter(s)) // what is wrong with it is reported elsewhere
	l, err := c.openLoader(s, &d)
	if err != nil {
		key := "geo_databases"
		var of *settings.KeyError
		if errors.As(err, &of) {
			key = of.Key
		}
		c.failAll(s.position(key), err)
		l = ruleset.DefaultLoader()
	}
	if c.loaders == nil {
		c.loaders = map[*section]ruleset.Loader{}
	}
	c.loaders[s] = l
	return l
}

func (c *config) openLoader(s *section, d *settings.Detector) (ruleset.Loader, error) {
	p := s.get("geo_databases")
	if p == nil {
		return host.NewLoader(d)
	}
	here := p.unknown == "" && !p.isList
	for _, path := range d.GeoDatabases {
		if here && !exists(path) {
			c.notHere(p, path, Error, "it is not checked")
			here = false
		}
	}
	if !here {
		return host.LoaderWith(geo.Assumed(), d)
	}
	return host.NewLoader(d)
}

// exceptions checks the file of exceptions against the rules, if they are known.
func (c *config) exceptions(s *section, rules *ruleset.Set) {
	p := s.get("exceptions")
	switch {
	case p == nil, p.unknown != "":
	case !exists(p.text):
		c.notHere(p, p.text, Error, "it is not checked")
	case rules != nil:
		if err := rules.LoadExceptions(p.text); err != nil {
			c.failAll(p.at, err)
		}
	}
}

// calendar checks the calendar.
func (c *config) calendar(s *section) {
	p := s.get("calendar")
	switch {
	case p == nil, p.unknown != "":
	case !exists(p.text):
		c.notHere(p, p.text, Error, "it is not checked")
	default:
		if _, err := calendar.Load(p.text); err != nil {
			c.failAll(p.valueAt, err)
		}
	}
}

// ruleWarnings reports what is said at the start about the rules and the exceptions.
func (c *config) ruleWarnings(s *section, rules *ruleset.Set) {
	if rules == nil {
		return
	}
	for _, line := range slices.Concat(rules.Warnings, rules.Expired(time.Now())) {
		if at, text, ok := cutPosition(line); ok {
			c.add(at, Warning, "%s", text)
		} else {
			c.warn(s.position("rules"), "%s", line)
		}
	}
}

// suppressBy reports fields of the key suppress_by that events do not have.
func (c *config) suppressBy(s *section, at Position, fields []string) {
	for _, line := range c.loader(s).UnknownFields(fields, nil) {
		c.warn(at, "suppress_by: %s", line)
	}
}

// notHere reports a file that is not on this machine. With one that is required the
// start is refused here, but a ConfigMap is for another machine.
func (c *config) notHere(p *property, path string, severity Severity, consequence string) {
	hint := ""
	if !filepath.IsAbs(path) && c.origins == nil {
		hint = "; a relative path depends on the working directory, so use an absolute path"
	}
	if c.origins != nil {
		severity = min(severity, Warning)
	}
	c.add(p.valueAt, severity, "%s: %s does not exist on this machine, so %s%s", p.key, path, consequence, hint)
}

func exists(path string) bool {
	if strings.ContainsAny(path, "*?[") {
		found, _ := filepath.Glob(path)
		return len(found) > 0
	}
	_, err := os.Stat(path)
	return err == nil
}

// failAll reports errors of other files, which have positions of their own.
func (c *config) failAll(at Position, err error) {
	for _, e := range settings.Errors(err) {
		c.fail(at, "%s", e)
	}
}

// unreadable returns why a file cannot be read, with the path of an included file.
func unreadable(path string, from Position, err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if from.File == "" {
		return "cannot be read: " + err.Error()
	}
	return path + " cannot be read: " + err.Error()
}
