package hostconf

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/intake/files"
	trail "github.com/fluent-detect/fluent-detect/plugin/intake/layout"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// ours are our plugins, and the kind of section that each belongs in.
var ours = map[string]string{"detect": "output", "detect_alerts": "input", "cloudtrail": "input"}

// names reports sections with a plugin of ours that is misspelt or in the wrong kind of section.
func (c *config) names() {
	for _, s := range c.sections {
		if s.kind != "input" && s.kind != "filter" && s.kind != "output" {
			continue
		}
		p := s.get("name")
		if p == nil {
			c.misspelt, c.refused = true, true
			c.fail(s.at, "[%s]: Name is missing, which Fluent Bit rejects", strings.ToUpper(s.kind))
			continue
		}
		name := s.plugin()
		switch kind, ok := ours[name]; {
		case p.unknown != "", ok && kind == s.kind:
		case ok:
			c.misspelt, c.refused = true, true
			c.fail(p.valueAt, "%s belongs in [%s], and this is [%s]", name, strings.ToUpper(kind), strings.ToUpper(s.kind))
		default:
			c.misspeltName(p.valueAt, name)
		}
	}
}

// misspeltName reports a name that is similar to one of ours.
func (c *config) misspeltName(at Position, name string) {
	if hint := spelling.Suggest(name, slices.Sorted(maps.Keys(ours))); hint != "" {
		c.misspelt, c.refused = true, true
		c.fail(at, "unknown plugin %q%s", name, hint)
	}
}

// ownSections checks keys and values of our plugins.
func (c *config) ownSections() {
	for _, s := range c.of("output", "detect") {
		c.ownProperties(s)
		d, err := settings.ReadDetector(getter(s))
		c.badValues(s, err)
		c.suppressBy(s, s.position("suppress_by"), d.SuppressBy)
		c.outputSettings(s)
	}
	for _, s := range c.of("input", "detect_alerts") {
		c.ownProperties(s)
		_, err := settings.ReadInput(getter(s))
		c.badValues(s, err)
		c.inputSettings(s)
	}
	for _, s := range c.of("input", "cloudtrail") {
		c.ownProperties(s)
		config, err := settings.ReadCloudTrail(getter(s))
		c.badValues(s, err)
		if err == nil && config.Path != "" && known(s, "path") {
			if _, err := files.ParsePatterns(config.Path); err != nil {
				c.fail(s.position("path"), "path: %v", err)
			}
		}
		if err == nil && known(s, "prefix") {
			if _, err := trail.ParsePrefix(config.Prefix); err != nil {
				c.fail(s.position("prefix"), "prefix: %v", err)
			}
		}
		c.trailSettings(s, config.Appended)
	}
}

// getter returns the values of a section as Fluent Bit does. A value with a variable
// that is unknown here counts as not set.
func getter(s *section) settings.Getter {
	return func(key string) string { return s.text(key, "") }
}

// ownProperties reports keys that Fluent Bit ignores.
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
		case isUseless(p.name):
			c.warn(p.at, "%s: it has no effect in %s", p.key, plugin)
		case !slices.Contains(known, p.name):
			c.fail(p.at, "%s: unknown key %q%s", plugin, p.key, unknownKey(p.name, plugin, known))
		case first != p:
			c.fail(p.at, "%s: duplicate key, the value in line %d is used", p.key, first.at.Line)
		case p.isList && isOwn:
			c.fail(p.valueAt, "%s: plugins get only the first element of a list: write a text with commas", p.key)
		case strings.Contains(p.value, " #"):
			c.fail(p.valueAt, "%s: a comment after a value becomes part of the value: put it on a separate line", p.key)
		}
	}
}

// unknownKey returns a hint for an unknown key.
func unknownKey(name, plugin string, known []string) string {
	if hint := spelling.Suggest(name, known); hint != "" {
		return hint
	}
	for _, other := range slices.Sorted(maps.Keys(ours)) {
		kind := "[" + strings.ToUpper(ours[other]) + "]"
		for _, k := range ownKeys(other) {
			if other != plugin && k.Name == name {
				return "; it belongs in " + kind + " " + other
			}
		}
	}
	return "; Fluent Bit ignores it"
}

// badValues reports the errors of the settings, which the plugin would log at its start.
func (c *config) badValues(s *section, err error) {
	unknown := slices.ContainsFunc(s.properties, func(p property) bool { return p.unknown != "" })
	for _, e := range settings.Errors(err) {
		var bad *settings.KeyError
		if !errors.As(e, &bad) {
			c.fail(s.at, "%s", e)
			continue
		}
		if unknown && bad.Allowed == "" {
			continue // because of another key, whose value may be unknown here
		}
		at := s.at
		if p := s.get(bad.Key); p != nil {
			if p.isList || strings.Contains(p.value, " #") {
				continue // reported already
			}
			at = p.valueAt
		}
		c.fail(at, "%s", e)
	}
}

// outputSettings reports settings that may lose alerts or crash Fluent Bit.
func (c *config) outputSettings(s *section) {
	if s.get("match") == nil && s.get("match_regex") == nil {
		c.fail(s.at, "detect: Match is missing: it gets no records")
	}
	if p := s.get("workers"); p != nil && p.unknown == "" && p.text != "0" {
		const crash = "workers: Fluent Bit 5.1.1 crashes on a hot reload if a Go output has workers: remove it"
		if on := c.service("hot_reload"); on != nil && isOn(on.text) {
			c.fail(p.at, "%s, or turn Hot_Reload off (line %d)", crash, on.at.Line)
		} else {
			c.warn(p.at, "%s, or never use hot reload", crash)
		}
	}
	if p := s.get("retry_limit"); p == nil || p.unknown == "" && !isNoLimit(p.text) {
		c.warn(s.position("retry_limit"), "retry_limit is not no_limits: while the outbox is full, Fluent Bit drops records that were not evaluated")
	}
	if s.get("state_path") == nil {
		c.warn(s.at, "state_path is not set: undelivered alerts and the memory of duplicates are lost when Fluent Bit ends")
	}
}

func isNoLimit(v string) bool {
	switch strings.ToLower(v) {
	case "no_limits", "false", "off":
		return true
	}
	return false
}

// inputSettings reports settings that may lose alerts.
func (c *config) inputSettings(s *section) {
	if p := s.get("mem_buf_limit"); p != nil {
		c.warn(p.at, "mem_buf_limit: when it pauses the input, alerts that are in flight are lost: remove it")
	}
	if p := s.get("storage.type"); p == nil || p.unknown == "" && !strings.EqualFold(p.text, "filesystem") {
		c.warn(s.position("storage.type"), "storage.type is not filesystem: alerts that no output has delivered yet are lost if Fluent Bit is killed")
	}
	if s.get("tag") == nil {
		c.warn(s.at, "Tag is not set: the tag of the alerts is detect_alerts.N and depends on the order of the inputs")
	}
	if p := s.get("routable"); p != nil && p.unknown == "" && !isOn(p.text) {
		c.fail(p.at, "routable is off: no output gets the alerts")
	}
}

// trailSettings reports settings that may lose records or read them again and again.
func (c *config) trailSettings(s *section, appended bool) {
	if s.get("tag") == nil {
		c.warn(s.at, "Tag is not set: the tag of the records is cloudtrail.N and depends on the order of the inputs")
	}
	if p := s.get("storage.type"); p == nil || p.unknown == "" && !strings.EqualFold(p.text, "filesystem") {
		c.warn(s.position("storage.type"), "cloudtrail: storage.type is not filesystem: a crash loses the records that other outputs have not sent yet")
	}
	if appended || !c.isWhole() || c.hasOwnTags() || s.routed {
		return
	}
	best := no
	for _, out := range c.of("output", "detect") {
		best = max(best, takes(out, c.tags()[s]))
	}
	if best == no {
		c.fail(s.at, "cloudtrail: no [OUTPUT] detect matches its tag, so nothing is ever confirmed, and all is read again: set acknowledge appended")
	}
}
