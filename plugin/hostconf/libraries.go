package hostconf

import (
	"path/filepath"
)

// libraries checks that both libraries of the plugin are loaded. They may also be
// given on the command line, so none at all is correct.
func (c *config) libraries() {
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			if p := &s.properties[i]; p.name == "plugins_file" {
				c.pluginsFile(p)
			}
		}
	}
	loaded := map[string]Position{}
	for _, s := range c.of("plugins", "") {
		for _, p := range s.properties {
			loaded[filepath.Base(p.text)] = p.at
		}
	}
	for _, pair := range [][2]string{{"out_detect.so", "in_detect.so"}, {"in_detect.so", "out_detect.so"}} {
		at, ok := loaded[pair[0]]
		if _, both := loaded[pair[1]]; ok && !both {
			c.fail(at, "%s is loaded and %s is not: Fluent Bit must load both", pair[0], pair[1])
		}
	}
}

// pluginsFile reads a file of libraries.
func (c *config) pluginsFile(p *property) {
	if path, ok := c.serviceFile(p); ok {
		c.readFile(path, p.valueAt)
		c.expand()
	}
}
