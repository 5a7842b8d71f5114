package hostconf

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
)

// sidecar checks a settings file of fluent-detect serve.
func (c *config) sidecar(path string) {
	file, err := settings.ReadFile(path)
	c.located(path, err)
	if file == nil {
		return
	}
	config, bad := settings.ReadSidecar(file.Get)
	for _, e := range settings.Errors(bad) {
		var k *settings.KeyError
		// A missing key may be in the file, misspelt.
		if errors.As(e, &k) && (err == nil || file.Get(k.Key) != "") {
			c.located(path, file.Locate(k))
		}
	}
	if err != nil || bad != nil {
		return
	}
	if config.StatePath == "" {
		c.warn(Position{File: path}, "state_path is not set: undelivered alerts and the memory of duplicates are lost when the sidecar ends")
	}
	if config.Trail != nil {
		_, err := trail.Check(*config.Trail)
		for _, e := range settings.Errors(err) {
			var k *settings.KeyError
			if errors.As(e, &k) {
				c.located(path, file.Locate(k))
			}
		}
	}
	s := &section{at: Position{File: path}}
	for _, key := range []string{"rules", "exceptions", "calendar", "geo_databases", "added_fields"} {
		if v := file.Get(key); v != "" {
			at := Position{File: path}
			if p, _, ok := cutPosition(file.Locate(&settings.KeyError{Key: key}).Error()); ok {
				at = p
			}
			s.properties = append(s.properties, property{key: key, name: key, value: v, text: v, at: at, valueAt: at})
		}
	}
	if s.get("rules") == nil {
		s.properties = append(s.properties, property{key: "rules", name: "rules", text: files.Builtin, at: s.at, valueAt: s.at})
	}
	rules := c.loadRules(s)
	c.exceptions(s, rules)
	c.calendar(s)
	c.ruleWarnings(s, rules)
	if config.Trail != nil && config.Trail.QueueURL != "" {
		at := Position{File: path}
		if p, _, ok := cutPosition(file.Locate(&settings.KeyError{Key: "s3_queue_url"}).Error()); ok {
			at = p
		}
		c.sharers(at, "s3_queue_url", rules)
	}
	at := Position{File: path}
	if p, _, ok := cutPosition(file.Locate(&settings.KeyError{Key: "suppress_by"}).Error()); ok {
		at = p
	}
	c.suppressBy(s, at, config.SuppressBy)
}

// toSidecar returns the outputs of Fluent Bit that go to fluent-detect serve.
func (c *config) toSidecar() []*section {
	var all []*section
	for _, out := range c.of("output", "http") {
		if out.text("uri", "") == ingestPath {
			all = append(all, out)
		}
	}
	return all
}

// sidecarOutput checks an output that goes to fluent-detect serve.
func (c *config) sidecarOutput(out *section) {
	if p := out.get("format"); p != nil && p.unknown == "" && !strings.HasPrefix(strings.ToLower(p.text), "json") {
		c.fail(p.valueAt, "%s: Format %s is not supported by fluent-detect serve: must be json_lines", out.title(), p.value)
	}
	if p := out.get("retry_limit"); p == nil || p.unknown == "" && !isNoLimit(p.text) {
		c.warn(out.position("retry_limit"), "%s: retry_limit is not no_limits: while fluent-detect serve does not accept events, Fluent Bit drops records that were not evaluated", out.title())
	}
}

// located reports errors that begin with their position.
func (c *config) located(path string, err error) {
	for _, e := range settings.Errors(err) {
		at, text, ok := cutPosition(e.Error())
		if !ok {
			at, text = Position{File: path}, e.Error()
		}
		c.fail(at, "%s", text)
	}
}

// cutPosition cuts file:line:column, or file:line, from the beginning of a text.
func cutPosition(text string) (at Position, rest string, ok bool) {
	m := positioned.FindStringSubmatch(text)
	if m == nil {
		return at, text, false
	}
	line, _ := strconv.Atoi(m[2]) // digits
	column, _ := strconv.Atoi(m[3])
	return Position{m[1], line, column}, text[len(m[0]):], true
}

var positioned = regexp.MustCompile(`^([^\n]+?):(\d+):(?:(\d+):)? `)
