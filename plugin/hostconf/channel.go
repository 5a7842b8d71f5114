package hostconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// route is an output's way for its alerts.
type route struct {
	section *section
	channel string
	forward *settings.Forward
}

// channels checks that the alerts of every detect output go somewhere, and one
// way only.
func (c *config) channels() {
	inputs := map[string]*section{}
	var taken []string
	for _, s := range c.of("input", "detect_alerts") {
		name := s.text("channel", "default")
		if known(s, "channel") && inputs[name] == nil {
			inputs[name] = s
			taken = append(taken, name)
		}
	}
	var routes []route
	for _, s := range c.of("output", "detect") {
		config, err := settings.ReadDetector(getter(s))
		if err != nil || !known(s, "channel") || !known(s, "forward_to") {
			continue
		}
		r := route{s, config.Channel, config.Forward}
		c.way(r, routes, inputs, taken)
		routes = append(routes, r)
	}
	if len(routes) < len(c.of("output", "detect")) {
		return // one that could not be read may fill the channel
	}
	for _, name := range taken {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.channel == name }) {
			severity := Warning
			if len(c.of("output", "")) == 0 {
				severity = Note
			}
			c.add(inputs[name].place("channel"), severity, "channel %q: there is no [OUTPUT] detect with this channel, so no alert will ever come%s", name, filled(routes))
		}
	}
}

// known says that the value of a key does not depend on a variable that is not
// set here.
func known(s *section, key string) bool {
	p := s.get(key)
	return p == nil || p.unknown == ""
}

// way checks one output against the inputs and the outputs before it.
func (c *config) way(r route, before []route, inputs map[string]*section, taken []string) {
	in := inputs[r.channel]
	switch {
	case r.forward == nil && in == nil:
		where := "there is no [INPUT] detect_alerts"
		if len(taken) > 0 {
			where = "the inputs take " + strings.Join(taken, ", ")
		}
		severity := Error
		if len(c.of("input", "")) == 0 { // a part, which others include
			severity = Note
		}
		c.add(r.section.place("channel"), severity, "channel: %q has no [INPUT] detect_alerts, and forward_to is not set: its alerts would go nowhere; %s", r.channel, where)
	case r.forward != nil && in != nil:
		c.fail(r.section.place("forward_to"), "forward_to: channel %q has an [INPUT] detect_alerts in %s, which takes its alerts: give this output another channel", r.channel, line(r.section, in))
	}
	for _, other := range before {
		if other.channel != r.channel || in != nil {
			continue
		}
		if same := (other.forward == nil) == (r.forward == nil) && (r.forward == nil || *other.forward == *r.forward); !same {
			c.fail(r.section.place("forward_to"), "forward_to: the output of %s has the same channel %q and must have the same forward_to, alert_tag and keys of forward: set them here too, or give this output another channel",
				line(r.section, other.section), r.channel)
			return
		}
	}
}

// line names the place of a section, as seen from another one.
func line(from, to *section) string {
	if from.at.File == to.at.File {
		return fmt.Sprintf("line %d", to.at.Line)
	}
	return fmt.Sprintf("%s:%d", to.at.File, to.at.Line)
}

// filled lists the channels that outputs fill.
func filled(routes []route) string {
	var names []string
	for _, r := range routes {
		if !slices.Contains(names, r.channel) {
			names = append(names, r.channel)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the outputs fill " + strings.Join(names, ", ")
}
