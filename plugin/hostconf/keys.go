package hostconf

import (
	"errors"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// names finds sections whose plugin is ours, but misspelt or in the wrong place.
func (c *config) names() {
	ours := map[string]string{"detect": "output", "detect_alerts": "input"}
	for _, s := range c.sections {
		if s.kind != "input" && s.kind != "filter" && s.kind != "output" {
			continue
		}
		p := s.get("name")
		if p == nil {
			c.doubtful, c.refused = true, true
			c.fail(s.at, "[%s]: Name is missing: Fluent Bit refuses that", strings.ToUpper(s.kind))
			continue
		}
		name := s.plugin()
		switch kind, ok := ours[name]; {
		case p.unknown != "", ok && kind == s.kind:
		case ok:
			c.doubtful, c.refused = true, true
			c.fail(p.valueAt, "%s belongs into [%s], and this is [%s]", name, strings.ToUpper(kind), strings.ToUpper(s.kind))
		default:
			c.nearOurs(p.valueAt, name)
		}
	}
}

// nearOurs finds a name that is close to one of ours.
func (c *config) nearOurs(at Position, name string) {
	if hint := spelling.Suggest(name, []string{"detect", "detect_alerts"}); hint != "" {
		c.doubtful, c.refused = true, true
		c.fail(at, "unknown plugin %q%s", name, hint)
	}
}

// ownSections checks keys and values of detect and detect_alerts.
func (c *config) ownSections() {
	for _, s := range c.of("output", "detect") {
		c.ownProperties(s)
		_, err := settings.ReadDetector(getter(s))
		c.badValues(s, err)
		c.outputSettings(s)
	}
	for _, s := range c.of("input", "detect_alerts") {
		c.ownProperties(s)
		_, err := settings.ReadInput(getter(s))
		c.badValues(s, err)
		c.inputSettings(s)
	}
}

// getter gives the values of a section as Fluent Bit does. What depends on a
// variable that is not known here is as if it were not set.
func getter(s *section) settings.Getter {
	return func(key string) string { return s.text(key, "") }
}

// ownProperties finds keys that Fluent Bit passes over.
func (c *config) ownProperties(s *section) {
	plugin := s.plugin()
	var own, known []string
	for _, k := range ownKeys(plugin) {
		own = append(own, k.Name)
	}
	known = append(append(known, own...), hostKeys[plugin]...)
	for i := range s.properties {
		p := &s.properties[i]
		isOwn := slices.Contains(own, p.name)
		switch first := s.get(p.name); {
		case isIdle(p.name):
			c.warn(p.at, "%s: it does nothing in %s", p.key, plugin)
		case !slices.Contains(known, p.name):
			c.fail(p.at, "%s: unknown key %q%s", plugin, p.key, unknownKey(p.name, plugin, known))
		case first != p:
			c.fail(p.at, "%s: it stands in line %d already, and that one is in force", p.key, first.at.Line)
		case p.isList && isOwn:
			c.fail(p.valueAt, "%s: of a list Fluent Bit hands over the first element only: write one text with commas", p.key)
		case strings.Contains(p.value, " #"):
			c.fail(p.valueAt, "%s: a comment behind a value belongs to the value: put it on a line of its own", p.key)
		}
	}
}

// unknownKey says what may have been meant.
func unknownKey(name, plugin string, known []string) string {
	if hint := spelling.Suggest(name, known); hint != "" {
		return hint
	}
	for other, kind := range map[string]string{"detect": "[OUTPUT]", "detect_alerts": "[INPUT]"} {
		for _, k := range ownKeys(other) {
			if other != plugin && k.Name == name {
				return "; it belongs into " + kind + " " + other
			}
		}
	}
	return "; Fluent Bit passes over it"
}

// badValues finds what the plugin would refuse at its start, in its words.
func (c *config) badValues(s *section, err error) {
	open := slices.ContainsFunc(s.properties, func(p property) bool { return p.unknown != "" })
	for _, e := range flatten(err) {
		var bad *settings.KeyError
		if !errors.As(e, &bad) {
			c.fail(s.at, "%s", e)
			continue
		}
		if open && bad.Allowed == "" {
			continue // it may be about a key whose value is not known here
		}
		at := s.at
		if p := s.get(bad.Key); p != nil {
			if p.isList || strings.Contains(p.value, " #") {
				continue // found already
			}
			at = p.valueAt
		}
		c.fail(at, "%s", e)
	}
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	}
	return []error{err}
}
