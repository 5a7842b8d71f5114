package hostconf

import (
	"path/filepath"
	"strings"
)

// destination checks an output that takes alerts.
func (c *config) destination(in, out *section, tags map[*section]tag) {
	switch out.plugin() {
	case "es", "opensearch":
		c.documentID(out)
		if out.get("id_key") != nil {
			c.warn(out.place("match"), "%s: heartbeats come under the tag %s too, have no alert_id, and Fluent Bit writes a record without an id over the document before: copy alerts with rewrite_tag, by $alert_id, and Match the copies", out.title(), tags[in].text)
		}
	case "file":
		c.fileLoop(out, tags)
	}
	c.portLoop(out, tags)
	for _, other := range c.of("input", "") {
		if other.plugin() != "detect_alerts" && takes(out, tags[other]) == yes {
			c.note(out.place("match"), "Match takes both the alerts (tag %s) and the records of line %d: they arrive in one place; alerts have event.kind alert and an alert_id",
				tags[in].text, other.at.Line)
			return
		}
	}
}

// documentID wants alerts that come again to become the same document.
func (c *config) documentID(out *section) {
	if out.plugin() != "es" && out.plugin() != "opensearch" {
		return
	}
	p := out.get("id_key")
	if w := strings.ToLower(out.text("write_operation", "create")); p != nil && w == "create" {
		c.warn(out.place("write_operation"), "%s: Write_Operation is create: an alert that is delivered again is a conflict, and Fluent Bit tries again without end: set it to index", out.title())
	}
	switch {
	case p == nil && isOn(out.text("generate_id", "off")):
		c.warn(out.place("generate_id"), "%s: Generate_ID makes another id for the same alert in another order of keys: set Id_Key alert_id instead", out.title())
	case p == nil:
		c.warn(out.at, "%s: Id_Key alert_id is not set: an alert that is delivered again becomes a second document", out.title())
	case p.unknown == "" && strings.HasPrefix(p.text, "$"):
		c.fail(p.valueAt, "Id_Key %s: the key stands here without $; with it Fluent Bit sends no id, and says nothing", p.value)
	case p.unknown == "" && p.text != "alert_id":
		c.warn(p.valueAt, "Id_Key %s: an alert's own id is alert_id", p.value)
	}
}

// fileLoop finds a file that is written here and read here.
func (c *config) fileLoop(out *section, tags map[*section]tag) {
	dir := out.text("path", "")
	if dir == "" {
		return
	}
	written := filepath.Join(dir, out.text("file", "alert"))
	for _, in := range c.of("input", "tail") {
		for pattern := range strings.SplitSeq(in.text("path", ""), ",") {
			if ok, _ := filepath.Match(strings.TrimSpace(pattern), written); ok && takes(out, tags[in]) != no {
				c.fail(out.place("path"), "%s is read by the tail input of line %d, and its records come here again: they go round for ever", written, in.at.Line)
			}
		}
	}
}

// ports are where inputs listen, and where outputs go, without a Port.
var ports = map[string]string{"forward": "24224", "http": "9880", "tcp": "5170"}

// portLoop finds an output that sends to an input here which it takes from.
func (c *config) portLoop(out *section, tags map[*section]tag) {
	standard, ok := ports[out.plugin()]
	if !ok {
		return
	}
	if out.plugin() == "http" {
		standard = "80"
	}
	switch out.text("host", "127.0.0.1") {
	case "127.0.0.1", "localhost", "::1":
	default:
		return
	}
	for _, in := range c.of("input", out.plugin()) {
		if in.get("unix_path") != nil || !known(in, "port") || !known(out, "port") || in.text("port", ports[in.plugin()]) != out.text("port", standard) {
			continue
		}
		if takes(out, tags[in]) != no {
			c.fail(out.place("port"), "%s sends to the input of line %d, whose records it may take again: they go round for ever", out.title(), in.at.Line)
		}
	}
}
