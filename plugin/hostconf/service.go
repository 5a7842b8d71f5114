package hostconf

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// serviceKey reports a misspelt key of [SERVICE]. Other unknown keys are accepted:
// they may belong to another version.
func (c *config) serviceKey(p *property) {
	if slices.Contains(serviceKeys, p.name) {
		return
	}
	if hint := spelling.Suggest(p.name, serviceKeys); hint != "" {
		c.fail(p.at, "[SERVICE]: unknown key %q%s", p.key, hint)
	}
}

// serviceSettings checks the sections [SERVICE].
func (c *config) serviceSettings() {
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			c.serviceKey(&s.properties[i])
		}
	}
	if c.service("storage.path") != nil {
		return
	}
	for _, s := range c.of("input", "") {
		if strings.EqualFold(s.text("storage.type", ""), "filesystem") && len(c.of("service", "")) > 0 {
			c.fail(s.position("storage.type"), "storage.type filesystem: [SERVICE] has no storage.path, which Fluent Bit rejects")
		}
	}
}
