package hostconf

import "strings"

// outputSettings finds what may lose alerts, or end Fluent Bit.
func (c *config) outputSettings(s *section) {
	if s.get("match") == nil && s.get("match_regex") == nil {
		c.fail(s.at, "detect: Match is missing: no record ever comes here")
	}
	if p := s.get("workers"); p != nil && p.unknown == "" && p.text != "0" {
		const crash = "workers: Fluent Bit 5.1.1 crashes on a hot reload when a Go output has workers: leave it out"
		if on := c.service("hot_reload"); on != nil && isOn(on.text) {
			c.fail(p.at, "%s, or turn Hot_Reload off (line %d)", crash, on.at.Line)
		} else {
			c.warn(p.at, "%s, or never reload", crash)
		}
	}
	if p := s.get("retry_limit"); p == nil || p.unknown == "" && !isNoLimit(p.text) {
		c.warn(s.place("retry_limit"), "retry_limit is not no_limits: when alerts cannot be taken for a while, Fluent Bit gives up records that were not evaluated")
	}
	if s.get("state_path") == nil {
		c.warn(s.at, "state_path is not set: undelivered alerts, and what was alerted before, are forgotten when Fluent Bit ends")
	}
}

func isNoLimit(v string) bool {
	switch strings.ToLower(v) {
	case "no_limits", "false", "off":
		return true
	}
	return false
}

// inputSettings finds what may lose alerts.
func (c *config) inputSettings(s *section) {
	if p := s.get("mem_buf_limit"); p != nil {
		c.warn(p.at, "mem_buf_limit: an input that is paused because of it drops the alerts that it was just given: leave it out")
	}
	if p := s.get("storage.type"); p == nil || p.unknown == "" && !strings.EqualFold(p.text, "filesystem") {
		c.warn(s.place("storage.type"), "storage.type is not filesystem: alerts that no output has delivered yet are lost when Fluent Bit is killed")
	}
	if s.get("tag") == nil {
		c.warn(s.at, "Tag is not set: the alerts get a tag that depends on the order of the inputs, detect_alerts.N")
	}
	if p := s.get("routable"); p != nil && p.unknown == "" && !isOn(p.text) {
		c.fail(p.at, "routable is off: no output gets the alerts")
	}
}

// serviceSettings checks what Fluent Bit's own section has to do with us.
func (c *config) serviceSettings() {
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			c.nearService(&s.properties[i])
		}
	}
	if c.service("storage.path") != nil {
		return
	}
	for _, s := range c.of("input", "") {
		if strings.EqualFold(s.text("storage.type", ""), "filesystem") && len(c.of("service", "")) > 0 {
			c.fail(s.place("storage.type"), "storage.type filesystem: [SERVICE] has no storage.path, and Fluent Bit refuses that")
		}
	}
}
