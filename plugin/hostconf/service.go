package hostconf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// nearService finds a misspelt key of [SERVICE]. Those that are near to none are
// let be: other versions have others.
func (c *config) nearService(p *property) {
	if slices.Contains(serviceKeys, p.name) {
		return
	}
	if hint := spelling.Suggest(p.name, serviceKeys); hint != "" {
		c.fail(p.at, "[SERVICE]: unknown key %q%s", p.key, hint)
	}
}

// libraries checks where the plugins' libraries are named. They may also come
// from the command line, so none at all is right.
func (c *config) libraries() {
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			if p := &s.properties[i]; p.name == "plugins_file" {
				c.pluginsFile(p)
			}
		}
	}
	named := map[string]Position{}
	for _, s := range c.of("plugins", "") {
		for _, p := range s.properties {
			named[filepath.Base(p.text)] = p.at
		}
	}
	for _, pair := range [][2]string{{"out_detect.so", "in_detect.so"}, {"in_detect.so", "out_detect.so"}} {
		at, ok := named[pair[0]]
		if _, both := named[pair[1]]; ok && !both {
			c.fail(at, "%s is named and %s is not: Fluent Bit must load both", pair[0], pair[1])
		}
	}
}

// pluginsFile reads a file of libraries. Its place, when it is relative, is
// beside the configuration.
func (c *config) pluginsFile(p *property) {
	if p.unknown != "" || len(c.files) == 0 {
		return
	}
	path := p.text
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(c.files[0]), path)
	}
	if _, err := os.Stat(path); err != nil {
		c.missing(p, path)
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

// missing finds a file that is not here. An absolute path may be one of another
// machine.
func (c *config) missing(p *property, path string) {
	if filepath.IsAbs(p.text) {
		c.note(p.valueAt, "%s: %s is not on this machine: not checked", p.key, path)
		return
	}
	c.fail(p.valueAt, "%s: there is no file %s", p.key, path)
}
