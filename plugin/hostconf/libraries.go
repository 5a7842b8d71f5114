package hostconf

import (
	"path/filepath"
)

// libraries checks that all libraries of the plugins are loaded. They may also be given
// on the command line, so none at all is correct.
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
	at, ok := loaded["out_detect.so"]
	for _, in := range []string{"in_detect.so", "in_cloudtrail.so"} {
		inAt, both := loaded[in]
		switch {
		case both && !ok:
			c.fail(inAt, "%s is loaded and out_detect.so is not: Fluent Bit must load both", in)
		case ok && !both && in == "in_detect.so":
			c.fail(at, "out_detect.so is loaded and %s is not: Fluent Bit must load both", in)
		case ok && !both && len(c.of("input", "cloudtrail")) > 0:
			c.fail(at, "out_detect.so is loaded and %s is not, which the input cloudtrail needs", in)
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
