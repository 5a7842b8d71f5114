package hostconf

import (
	"os"
	"path/filepath"
	"strings"
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

// pluginsFile reads a file of libraries. A relative path starts from the directory
// of the configuration.
func (c *config) pluginsFile(p *property) {
	if p.unknown != "" || len(c.files) == 0 {
		return
	}
	path := p.text
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(c.files[0]), path)
	}
	if _, err := os.Stat(path); err != nil {
		if filepath.IsAbs(p.text) {
			c.notChecked(p, path)
		} else {
			c.fail(p.valueAt, "%s: file %s does not exist", p.key, path)
		}
		return
	}
	if strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml") {
		if root := c.readYAML(path, p.valueAt); root != nil {
			yamlFile{c, path}.read(root)
		}
	} else {
		(&classic{config: c, root: filepath.Dir(c.files[0])}).read(path, p.valueAt)
	}
	c.expand()
}
