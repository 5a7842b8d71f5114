package hostconf

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

// daemonPaths are keys with paths that Fluent Bit, or a plugin of ours, opens after it
// has become a daemon, by kind of section and plugin.
var daemonPaths = []struct {
	kind, plugin string
	keys         []string
}{
	{"service", "", []string{"log_file", "storage.path"}},
	{"input", "tail", []string{"path", "db"}},
	{"input", "cloudtrail", []string{"path", "state_path", "dead_letters"}},
	{"output", "file", []string{"path"}},
	{"output", "detect", []string{"rules", "exceptions", "state_path", "forward_tls_ca_file"}},
}

// reloadPaths are keys of files that it reads before that, and again on a hot reload.
var reloadPaths = []string{"parsers_file", "plugins_file", "streams_file"}

// daemon checks what Daemon On changes: Fluent Bit goes to the root directory, and
// closes stdout and stderr.
func (c *config) daemon() {
	on := c.service("daemon")
	if on == nil || on.unknown != "" || !isOn(on.text) {
		return
	}
	if c.service("log_file") == nil {
		c.warn(on.at, "%s On: a daemon has no stderr, and Log_File is not set: the log is lost, with the reason if a plugin refuses to start", on.key)
	}
	for _, out := range c.of("output", "stdout") {
		c.warn(out.at, "stdout: with Daemon On (line %d) Fluent Bit has no stdout: its records are lost", on.at.Line)
	}
	for _, d := range daemonPaths {
		for _, s := range c.of(d.kind, d.plugin) {
			for _, key := range d.keys {
				if p := s.get(key); p != nil && isRelative(p) {
					c.warn(p.valueAt, "%s: with Daemon On (line %d) a relative path starts from the root directory: use an absolute path", p.key, on.at.Line)
				}
			}
		}
	}
	if reload := c.service("hot_reload"); reload == nil || !isOn(reload.text) {
		return
	}
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			if p := &s.properties[i]; slices.Contains(reloadPaths, p.name) && isRelative(p) {
				c.warn(p.valueAt, "%s: with Daemon On (line %d) Fluent Bit 5.1.1 does not find a relative path on a hot reload, which it then ignores without a message: use an absolute path", p.key, on.at.Line)
			}
		}
	}
}

// isRelative reports whether a value is, or contains, a relative path.
func isRelative(p *property) bool {
	if p.unknown != "" || p.isList {
		return false
	}
	for path := range strings.SplitSeq(p.text, ",") {
		if path = strings.TrimSpace(path); path != "" && path != files.Builtin && !filepath.IsAbs(path) {
			return true
		}
	}
	return false
}
