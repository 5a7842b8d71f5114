package hostconf

import "strings"

// routes checks which records are evaluated, and where the alerts are sent.
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

// isWhole reports whether there are inputs of records. Otherwise the file is a part
// that others include.
func (c *config) isWhole() bool { return len(c.of("input", "")) > len(c.of("input", "detect_alerts")) }

// hasOwnTags reports whether records may get tags that no input has.
func (c *config) hasOwnTags() bool {
	return len(c.of("filter", "rewrite_tag"))+len(c.of("stream", "")) > 0 || c.service("streams_file") != nil
}

// source checks that a detect output gets the records of an input.
func (c *config) source(out *section, tags map[*section]tag) {
	best := no
	var names []string
	for _, in := range c.of("input", "") {
		if in.plugin() == "detect_alerts" {
			if takes(out, tags[in]) == yes {
				c.note(out.position("match"), "Match also selects the alerts of line %d: this is harmless, the plugin ignores its own alerts", in.at.Line)
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
	p := out.get("match")
	if p == nil {
		p = out.get("match_regex")
	}
	if best == no && p != nil && !c.hasOwnTags() {
		c.fail(p.valueAt, "%s %s: no input has such a tag, so no records are evaluated; the inputs have %s", p.key, p.value, strings.Join(names, ", "))
	}
}

// alertsOf checks that an output gets the alerts of an input, and that no filter drops
// them.
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
				c.documents(in, out, !copied.open)
			}
		}
		best = max(best, a)
	}
	if in.routed {
		best = max(best, maybe)
	}
	if best == no && !c.hasOwnTags() {
		text := "the tag of the alerts is %s, and no output matches it: the alerts have no destination"
		if whole {
			c.fail(in.position("tag"), text, t.text)
		} else {
			c.note(in.position("tag"), text+", unless this is a part of a configuration", t.text)
		}
	}
	for _, filter := range c.of("filter", "") {
		if why := dropping[filter.plugin()]; why != "" && takes(filter, t) == yes && !keeps(filter) {
			c.warn(filter.position("match"), "Match also selects the alerts (tag %s): %s", t.text, why)
		}
	}
}

// copies returns the tags of the copies of alerts that rewrite_tag filters make, by a
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

// keeps reports whether a rewrite_tag filter keeps the original of a record.
func keeps(filter *section) bool {
	rule := strings.Fields(filter.text("rule", ""))
	return filter.plugin() == "rewrite_tag" && len(rule) == 4 && isOn(rule[3])
}

// dropping are filters that may drop or damage alerts.
var dropping = map[string]string{
	"grep":        "grep drops those that do not match, and alerts have other keys than events",
	"throttle":    "throttle drops those above its rate",
	"sampling":    "sampling drops most of them",
	"rewrite_tag": "rewrite_tag gives those that match another tag",
	"parser":      "the parser may replace their content",
	"nest":        "nest moves keys that outputs and tools need",
}
