package hostconf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// builtinMultiline are the multiline parsers of Fluent Bit that no file defines.
var builtinMultiline = []string{"docker", "cri", "java", "go", "ruby", "python"}

// parsers are the parsers that the sections of a configuration can name.
type parsers struct {
	byName    map[string]*section
	names     []string
	multiline []string
	// complete: all files with parsers are on this machine and were read.
	complete bool
	files    int // as far as they are named in the configuration
}

// parserFiles reads the files with parsers and collects all parsers.
func (c *config) parserFiles() parsers {
	all := parsers{byName: map[string]*section{}, complete: true}
	for _, s := range c.of("service", "") {
		for i := range s.properties {
			p := &s.properties[i]
			if p.name != "parsers_file" {
				continue
			}
			all.files++
			if !c.parserFile(p) {
				all.complete = false
			}
		}
	}
	c.expand()
	for _, s := range c.sections {
		name := s.text("name", "")
		switch s.kind {
		case "parser":
			if all.byName[name] == nil {
				all.byName[name] = s
				all.names = append(all.names, name)
			}
		case "multiline_parser":
			all.multiline = append(all.multiline, name)
		}
	}
	return all
}

// parserFile reads a file with parsers, and reports whether it was read.
func (c *config) parserFile(p *property) bool {
	path, ok := c.serviceFile(p)
	if !ok {
		return false
	}
	before := len(c.sections)
	c.readFile(path, p.valueAt)
	for _, s := range c.sections[before:] {
		s.fromParserFile = true
	}
	return true
}

// serviceFile returns the path of a file that the service names, and reports one that
// does not exist. A relative path starts from the working directory of Fluent Bit or
// from the directory of the configuration.
func (c *config) serviceFile(p *property) (path string, ok bool) {
	if p.unknown != "" || p.isList || len(c.files) == 0 {
		return "", false
	}
	path = p.text
	if filepath.IsAbs(path) {
		if _, err := os.Stat(path); err != nil {
			c.notHere(p, path, Note, "it is not checked")
			return "", false
		}
		return path, true
	}
	if _, err := os.Stat(path); err == nil && c.origins == nil {
		return path, true
	}
	path = filepath.Join(filepath.Dir(c.files[0]), path)
	if _, err := os.Stat(path); err == nil {
		return path, true
	}
	if c.origins != nil { // a ConfigMap, whose files are added to others
		c.notHere(p, p.text, Note, "it is not checked")
	} else {
		c.refused = true
		c.fail(p.valueAt, "%s: file %s does not exist", p.key, path)
	}
	return "", false
}

// readFile reads a file with sections in either of Fluent Bit's formats, unless it was
// read before.
func (c *config) readFile(path string, from Position) {
	if slices.Contains(c.files, path) {
		return
	}
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		if root := c.readYAML(path, from); root != nil {
			yamlFile{c, path}.read(root)
		}
		return
	}
	(&classic{config: c, root: filepath.Dir(c.files[0])}).read(path, from)
}

// parserKeys are the keys that name parsers, by plugin, and whether Fluent Bit starts
// with a parser that does not exist. Other plugins have no such keys.
var parserKeys = map[string]map[string]bool{
	"tail":          {"parser": true, "docker_mode_parser": true, "parser_firstline": false},
	"exec":          {"parser": true},
	"exec_wasi":     {"parser": true},
	"stdin":         {"parser": false},
	"syslog":        {"parser": false},
	"tcp":           {"parser": false},
	"udp":           {"parser": false},
	"docker_events": {"parser": false},
}

// checkParsers checks the parsers that inputs and filters name.
func (c *config) checkParsers(all parsers) {
	used := map[string]bool{}
	for _, s := range append(c.of("input", ""), c.of("filter", "")...) {
		keys := parserKeys[s.plugin()]
		if s.kind == "filter" {
			keys = nil
			if s.plugin() == "parser" {
				keys = map[string]bool{"parser": false}
			}
		}
		for i := range s.properties {
			p := &s.properties[i]
			if starts, ok := keys[p.name]; ok && p.unknown == "" {
				used[p.text] = true
				c.parserName(s, p, all, starts)
			}
			if p.name == "multiline.parser" && p.unknown == "" && (s.plugin() == "tail" || s.plugin() == "multiline") {
				c.multilineName(s, p, all)
			}
		}
	}
	whole := len(c.of("input", ""))+len(c.of("output", "")) > 0
	for _, name := range all.names {
		if used[name] || !whole {
			c.timeKey(all.byName[name])
		}
	}
	for _, s := range c.sections {
		isParser := s.kind == "parser" || s.kind == "multiline_parser"
		if isParser && whole && !s.fromParserFile && filepath.Ext(c.files[0]) == ".conf" {
			c.refused = true
			c.fail(s.at, "a parser in the main configuration, which Fluent Bit rejects: put it into a file, and name that with Parsers_File in [SERVICE]")
		}
	}
}

func (c *config) parserName(s *section, p *property, all parsers, starts bool) {
	if slices.Contains(all.names, p.text) || !all.complete {
		return
	}
	severity, effect := Error, "which Fluent Bit rejects"
	if starts {
		severity, effect = Warning, "so records stay text, with the time at which they were read"
	}
	c.unknownParser(s, p, p.text, all.names, all.files, severity, effect)
}

func (c *config) multilineName(s *section, p *property, all parsers) {
	known := append(slices.Clone(builtinMultiline), all.multiline...)
	for name := range strings.SplitSeq(p.text, ",") {
		name = strings.TrimSpace(name)
		if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			continue
		}
		if !all.complete {
			c.note(p.valueAt, "%s: %s is not a built-in multiline parser, and not all files with parsers are on this machine", p.key, name)
			continue
		}
		c.unknownParser(s, p, name, known, all.files, Error, "which Fluent Bit rejects")
	}
}

// unknownParser reports a parser that does not exist. Without a file with parsers they
// are probably given on the command line.
func (c *config) unknownParser(s *section, p *property, name string, known []string, files int, severity Severity, effect string) {
	if files == 0 {
		severity = Warning
		effect += ", unless the command line has -R with a file of parsers"
	}
	if hint := spelling.Suggest(name, known); hint != "" {
		effect += hint
	}
	c.add(p.valueAt, severity, "%s: %s: there is no parser %q, %s", s.title(), p.key, name, effect)
}

// eventTimes are the names of the time of an event that the rules and alerts need.
var eventTimes = []string{"eventTime", "eventtime", "event_time", "@timestamp"}

// timeKey reports a parser that removes the time of the events.
func (c *config) timeKey(s *section) {
	p := s.get("time_key")
	if p == nil || p.unknown != "" || !slices.Contains(eventTimes, p.text) || isOn(s.text("time_keep", "off")) {
		return
	}
	c.warn(p.at, "parser %s: Time_Key %s without Time_Keep On: Fluent Bit removes %[2]s from the records. Alerts have the time of the record instead, and missing_event_time in fluent_detect.integrity: set Time_Keep On",
		s.text("name", ""), p.text)
}
