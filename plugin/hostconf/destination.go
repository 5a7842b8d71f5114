package hostconf

import (
	"os"
	"path/filepath"
	"strings"
)

// destination checks an output that gets alerts.
func (c *config) destination(in, out *section, tags map[*section]tag) {
	switch out.plugin() {
	case "es", "opensearch":
		c.documents(in, out, true)
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

// documents checks an output that writes alerts into an index; several: a request of it
// can have several alerts.
func (c *config) documents(in, out *section, several bool) {
	if out.plugin() != "es" && out.plugin() != "opensearch" {
		return
	}
	c.documentID(out)
	if out.plugin() == "es" && several {
		c.warn(out.position("name"), "[OUTPUT] es: Fluent Bit takes a request for delivered if one alert in it was accepted, and loses those that were refused: use the output opensearch, which sends them again, for Elasticsearch too")
	}
	for _, detect := range c.of("output", "detect") {
		if detect.text("channel", "default") == in.text("channel", "default") && detect.text("alert_format", "") == "ocsf" {
			c.warn(out.at, "%s: alerts have the alert_format ocsf (%s), which has no alert_id and fits no index template of conf: set it to ecs or kibana", out.title(), line(out, detect))
			return
		}
	}
	if !c.mentions("index-template.json") {
		c.note(out.at, "%s: without an index template the first alert decides the type of each parameter, and alerts with another type are refused: load index-template.json of conf/elasticsearch or conf/opensearch, for which conf/README.md has the commands, and name it in a comment here", out.title())
	}
}

// mentions reports whether a text is in one of the files, also in a comment.
func (c *config) mentions(text string) bool {
	for _, file := range c.files {
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), text) {
			return true
		}
	}
	return false
}

// documentID checks that an alert that is delivered again becomes the same document.
func (c *config) documentID(out *section) {
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
