package hostconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// route is the destination of the alerts of an output.
type route struct {
	section *section
	channel string
	forward *settings.Forward
}

// channels checks that the alerts of each detect output have one destination.
func (c *config) channels() {
	inputs := map[string]*section{}
	var channels []string // of the inputs
	for _, s := range c.of("input", "detect_alerts") {
		name := s.text("channel", "default")
		if known(s, "channel") && inputs[name] == nil {
			inputs[name] = s
			channels = append(channels, name)
		}
	}
	var routes []route
	for _, s := range c.of("output", "detect") {
		config, err := settings.ReadDetector(getter(s))
		if err != nil || !known(s, "channel") || !known(s, "forward_to") {
			continue
		}
		r := route{s, config.Channel, config.Forward}
		c.checkRoute(r, routes, inputs, channels)
		routes = append(routes, r)
	}
	if len(routes) < len(c.of("output", "detect")) {
		return // one that could not be parsed may use the channel
	}
	for _, name := range channels {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.channel == name }) {
			severity := Warning
			if len(c.of("output", "")) == 0 {
				severity = Note
			}
			c.add(inputs[name].position("channel"), severity, "channel %q: there is no [OUTPUT] detect with this channel, so there will be no alerts%s", name, describeChannels(routes))
		}
	}
}

// known reports whether the value of a key is known: it does not contain a variable
// that is not set here.
func known(s *section, key string) bool {
	p := s.get(key)
	return p == nil || p.unknown == ""
}

// checkRoute checks an output against the inputs and the outputs before it.
func (c *config) checkRoute(r route, before []route, inputs map[string]*section, channels []string) {
	in := inputs[r.channel]
	switch {
	case r.forward == nil && in == nil:
		where := "there is no [INPUT] detect_alerts"
		if len(channels) > 0 {
			where = "the inputs take " + strings.Join(channels, ", ")
		}
		severity := Error
		if len(c.of("input", "")) == 0 { // a part that others include
			severity = Note
		}
		c.add(r.section.position("channel"), severity, "channel: %q has no [INPUT] detect_alerts, and forward_to is not set: its alerts would have no destination; %s", r.channel, where)
	case r.forward != nil && in != nil:
		c.fail(r.section.position("forward_to"), "forward_to: channel %q has an [INPUT] detect_alerts in %s, which gets its alerts: give this output another channel", r.channel, line(r.section, in))
	}
	for _, other := range before {
		if other.channel != r.channel || in != nil {
			continue
		}
		if same := (other.forward == nil) == (r.forward == nil) && (r.forward == nil || *other.forward == *r.forward); !same {
			c.fail(r.section.position("forward_to"), "forward_to: the output in %s has the same channel %q: forward_to, alert_tag and all forward_ keys must be the same here, or give this output another channel",
				line(r.section, other.section), r.channel)
			return
		}
	}
}

// line returns the position of a section relative to another one.
func line(from, to *section) string {
	if from.at.File == to.at.File {
		return fmt.Sprintf("line %d", to.at.Line)
	}
	return fmt.Sprintf("%s:%d", to.at.File, to.at.Line)
}

// describeChannels lists the channels of outputs.
func describeChannels(routes []route) string {
	var names []string
	for _, r := range routes {
		if !slices.Contains(names, r.channel) {
			names = append(names, r.channel)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the outputs have " + strings.Join(names, ", ")
}
