package hostconf

import (
	"path/filepath"
	"strings"
)

// destination checks an output that gets alerts.
func (c *config) destination(in, out *section, tags map[*section]tag) {
	switch out.plugin() {
	case "es", "opensearch":
		c.documentID(out)
		if out.get("id_key") != nil {
			c.warn(out.position("match"), "%s: heartbeats have the tag %s too and no alert_id, and Fluent Bit overwrites the previous document with a record without an id: copy alerts with rewrite_tag, by $alert_id, and Match the copies", out.title(), tags[in].text)
		}
	case "file":
		c.fileLoop(out, tags)
	}
	c.portLoop(out, tags)
	for _, other := range c.of("input", "") {
		if other.plugin() != "detect_alerts" && takes(out, tags[other]) == yes {
			c.note(out.position("match"), "Match selects both the alerts (tag %s) and the records of line %d; alerts have event.kind alert and an alert_id",
				tags[in].text, other.at.Line)
			return
		}
	}
}

// documentID checks that an alert that is delivered again becomes the same document.
func (c *config) documentID(out *section) {
	if out.plugin() != "es" && out.plugin() != "opensearch" {
		return
	}
	p := out.get("id_key")
	if w := strings.ToLower(out.text("write_operation", "create")); p != nil && w == "create" {
		c.warn(out.position("write_operation"), "%s: Write_Operation is create: an alert that is delivered again is a conflict, and Fluent Bit retries forever: set it to index", out.title())
	}
	switch {
	case p == nil && isOn(out.text("generate_id", "off")):
		c.warn(out.position("generate_id"), "%s: Generate_ID depends on the order of keys: set Id_Key alert_id instead", out.title())
	case p == nil:
		c.warn(out.at, "%s: Id_Key alert_id is not set: an alert that is delivered again becomes a second document", out.title())
	case p.unknown == "" && strings.HasPrefix(p.text, "$"):
		c.fail(p.valueAt, "Id_Key %s: the key must not have a $, with which Fluent Bit silently sends no id", p.value)
	case p.unknown == "" && p.text != "alert_id":
		c.warn(p.valueAt, "Id_Key %s: the id of an alert is alert_id", p.value)
	}
}

// fileLoop reports a file that is both written and read.
func (c *config) fileLoop(out *section, tags map[*section]tag) {
	dir := out.text("path", "")
	if dir == "" {
		return
	}
	written := filepath.Join(dir, out.text("file", "alert"))
	for _, in := range c.of("input", "tail") {
		for pattern := range strings.SplitSeq(in.text("path", ""), ",") {
			if ok, _ := filepath.Match(strings.TrimSpace(pattern), written); ok && takes(out, tags[in]) != no {
				c.fail(out.position("path"), "%s is read by the tail input of line %d, whose records may be written to it: an endless loop", written, in.at.Line)
			}
		}
	}
}

// ports are the default ports of inputs and outputs.
var ports = map[string]string{"forward": "24224", "http": "9880", "tcp": "5170"}

// portLoop reports an output that sends to an input whose records it gets.
func (c *config) portLoop(out *section, tags map[*section]tag) {
	defaultPort, ok := ports[out.plugin()]
	if !ok {
		return
	}
	if out.plugin() == "http" {
		defaultPort = "80"
	}
	switch out.text("host", "127.0.0.1") {
	case "127.0.0.1", "localhost", "::1":
	default:
		return
	}
	for _, in := range c.of("input", out.plugin()) {
		if in.get("unix_path") != nil || !known(in, "port") || !known(out, "port") || in.text("port", ports[in.plugin()]) != out.text("port", defaultPort) {
			continue
		}
		if takes(out, tags[in]) != no {
			c.fail(out.position("port"), "%s sends to the input of line %d, whose records it may get: an endless loop", out.title(), in.at.Line)
		}
	}
}
