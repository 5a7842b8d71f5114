package hostconf

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// config is a configuration with all its files.
type config struct {
	findings
	sections  []*section
	expanded  int               // sections whose variables are expanded
	variables map[string]string // set by @SET and env
	files     []string          // in the order in which they are read
	origins   map[string]origin // of files that are embedded in others
	broken    bool              // Fluent Bit stops reading at a finding
	refused   bool              // Fluent Bit does not start
	misspelt  bool              // the name of a section is wrong, so sections may be missing
	loaders   map[*section]ruleset.Loader
}

// section is a section of a kind such as "input".
type section struct {
	kind       string
	at         Position
	properties []property
	routed     bool // it has routes of its own for its records

	fromParserFile bool // it is in a file that only has parsers
}

// property is a key with its value.
type property struct {
	key     string // as written
	name    string // as Fluent Bit compares it
	value   string // as written
	at      Position
	valueAt Position
	isList  bool // a YAML list, of which a plugin gets the first element only

	text    string // the value after the expansion of variables
	unknown string // a variable that is not set here, which makes text meaningless
}

// get returns the first property of that name, which is the effective one, or nil.
func (s *section) get(name string) *property {
	for i := range s.properties {
		if s.properties[i].name == name {
			return &s.properties[i]
		}
	}
	return nil
}

// text returns the value of a property, or the default if it is not set or unknown.
func (s *section) text(name, defaultValue string) string {
	if p := s.get(name); p != nil && p.unknown == "" && p.text != "" {
		return p.text
	}
	return defaultValue
}

// position returns the position of a property, or of the section if it is not set.
func (s *section) position(name string) Position {
	if p := s.get(name); p != nil {
		return p.at
	}
	return s.at
}

// plugin returns the name of the plugin.
func (s *section) plugin() string { return strings.ToLower(s.text("name", "")) }

// title returns the name of the section for messages: "[INPUT] tail".
func (s *section) title() string { return "[" + strings.ToUpper(s.kind) + "] " + s.plugin() }

// isOn parses a boolean as Fluent Bit does.
func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true
	}
	return false
}

// of returns the sections of a kind, or only those of a plugin.
func (c *config) of(kind, plugin string) []*section {
	var all []*section
	for _, s := range c.sections {
		if s.kind == kind && (plugin == "" || s.plugin() == plugin) {
			all = append(all, s)
		}
	}
	return all
}

// service returns a property of the service, or nil.
func (c *config) service(name string) *property {
	for _, s := range c.of("service", "") {
		if p := s.get(name); p != nil {
			return p
		}
	}
	return nil
}
