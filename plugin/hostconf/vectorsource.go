package hostconf

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// unacknowledged are sources that cannot send again what a sink did not deliver.
var unacknowledged = []string{"demo_logs", "docker_logs", "exec", "internal_logs", "socket", "stdin", "syslog", "file_descriptors"}

// sourceOfEvents checks a source whose events go to the sidecar.
func (v *vectorConfig) sourceOfEvents(c component) {
	switch c.plugin {
	case "file":
		v.lineLength(c)
		v.lastLine(c)
	case "aws_s3":
		v.objects(c)
	default:
		if slices.Contains(unacknowledged, c.plugin) {
			v.config.note(v.at(c, c.key), "%s: a source %s cannot send again: what Vector has when it is killed is lost", c.title(), c.plugin)
		}
	}
	if n, at := c.text("framing.newline_delimited.max_length"); n != "" {
		v.maxLength(c, "framing.newline_delimited.max_length", n, at)
	}
}

// objects checks a source of objects in S3.
func (v *vectorConfig) objects(c component) {
	if on, at := c.text("sqs.delete_failed_message"); on != "false" {
		v.warnAt(c, at, "sqs.delete_failed_message is not false: the message of an object that was not accepted is deleted")
	}
	if on, at := c.text("sqs.delete_message"); on == "false" {
		v.warnAt(c, at, "sqs.delete_message is false: every object is read again and again")
	}
	if method, at := c.text("framing.method"); method == "character_delimited" {
		v.failAt(c, at, "framing.method %s: an object of CloudTrail is one line of JSON, and is cut", method)
	}
}

// maxLength reports a maximum length of lines that is too small for CloudTrail.
func (v *vectorConfig) maxLength(c component, option, value string, n *yaml.Node) {
	bytes, err := strconv.Atoi(value)
	isLines := c.plugin == "file" || c.plugin == "aws_s3"
	switch {
	case err != nil:
	case isLines && bytes < longObject:
		v.warnAt(c, n, "%s is %s: Vector drops longer lines, and a line with many records of CloudTrail has many megabytes: set it to 67108864", option, sizeText(bytes))
	case bytes < longEvent:
		v.warnAt(c, n, "%s is %s: Vector drops longer lines, and an event of CloudTrail can have %s", option, sizeText(bytes), sizeText(longEvent))
	}
}

func (v *vectorConfig) lineLength(c component) {
	value, at := c.text("max_line_bytes")
	if value == "" {
		value = strconv.Itoa(100 << 10)
	}
	v.maxLength(c, "max_line_bytes", value, at)
}

// lastLine reports a source of objects of S3: Vector waits for the end of their line
// until the file is deleted.
func (v *vectorConfig) lastLine(c component) {
	list := c.node("include")
	if list == nil {
		return
	}
	for _, pattern := range list.Content {
		pattern = target(pattern)
		if why := objects(pattern.Value); why != "" {
			v.failAt(c, pattern, "%s: %s. A file source does not read the last line of a file without a newline: use an aws_s3 source", pattern.Value, why)
		}
	}
}
