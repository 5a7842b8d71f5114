package hostconf

import "strings"

// routes checks what goes to the rules, and where the alerts go.
func (c *config) routes() {
	tags := c.tags()
	whole := c.isWhole()
	for _, s := range c.of("output", "detect") {
		if whole {
			c.source(s, tags)
		}
	}
	for _, in := range c.of("input", "detect_alerts") {
		c.alertsOf(in, tags, whole)
	}
}

// isWhole reports whether there are records beside alerts: otherwise the file is a
// part that others include.
func (c *config) isWhole() bool { return len(c.of("input", "")) > len(c.of("input", "detect_alerts")) }

// hasOwnTags reports whether records get tags that no input has.
func (c *config) hasOwnTags() bool {
	return len(c.of("filter", "rewrite_tag"))+len(c.of("stream", "")) > 0 || c.service("streams_file") != nil
}

// source wants a detect output to get the records of an input.
func (c *config) source(out *section, tags map[*section]tag) {
	best := no
	var names []string
	for _, in := range c.of("input", "") {
		if in.plugin() == "detect_alerts" {
			if takes(out, tags[in]) == yes {
				c.note(out.place("match"), "Match takes the alerts of line %d too: that is harmless, the plugin passes over its own alerts", in.at.Line)
			}
			continue
		}
		best = max(best, takes(out, tags[in]))
		if in.routed {
			best = max(best, maybe)
		}
		if t := tags[in]; !t.open {
			names = append(names, t.text)
		}
	}
	if p := out.get("match"); best == no && p != nil && !c.hasOwnTags() {
		c.fail(p.valueAt, "Match %s: no input has such a tag, so no record is ever evaluated; the inputs have %s", p.value, strings.Join(names, ", "))
	}
}

// alertsOf wants an output to take the alerts, and nothing before to drop them.
func (c *config) alertsOf(in *section, tags map[*section]tag, whole bool) {
	t := tags[in]
	best := no
	copies := c.copies(t)
	for _, out := range c.of("output", "") {
		if out.plugin() == "detect" {
			continue
		}
		a := takes(out, t)
		if a == yes {
			c.destination(in, out, tags)
		}
		for _, copied := range copies {
			if b := takes(out, copied); b != no {
				a = yes
				c.documentID(out)
			}
		}
		best = max(best, a)
	}
	if in.routed {
		best = max(best, maybe)
	}
	if best == no && !c.hasOwnTags() {
		text := "the alerts' tag is %s, and no output takes it: the alerts go nowhere"
		if whole {
			c.fail(in.place("tag"), text, t.text)
		} else {
			c.note(in.place("tag"), text+", unless this is a part of a configuration", t.text)
		}
	}
	for _, filter := range c.of("filter", "") {
		if why := dropping[filter.plugin()]; why != "" && takes(filter, t) == yes && !keeps(filter) {
			c.warn(filter.place("match"), "Match takes the alerts (tag %s) too: %s", t.text, why)
		}
	}
}

// copies returns the tags under which rewrite_tag filters give alerts on, by a
// rule for the key alert_id.
func (c *config) copies(t tag) []tag {
	var all []tag
	for _, filter := range c.of("filter", "rewrite_tag") {
		if rule := strings.Fields(filter.text("rule", "")); len(rule) == 4 && rule[0] == "$alert_id" && takes(filter, t) == yes {
			text, _, open := strings.Cut(rule[2], "$")
			all = append(all, tag{text, open})
		}
	}
	return all
}

// keeps says that a filter lets go on what it gives another tag.
func keeps(filter *section) bool {
	rule := strings.Fields(filter.text("rule", ""))
	return filter.plugin() == "rewrite_tag" && len(rule) == 4 && isOn(rule[3])
}

// dropping are filters after which an alert may be gone.
var dropping = map[string]string{
	"grep":        "grep drops those that do not fit, and alerts have other keys than events",
	"throttle":    "throttle drops what comes above its rate",
	"sampling":    "sampling drops most of them",
	"rewrite_tag": "rewrite_tag gives those that fit another tag",
	"parser":      "the parser may replace what they hold",
	"nest":        "nest moves keys, by which outputs and tools find an alert",
}
