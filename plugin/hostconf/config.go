package hostconf

import (
	"strings"
)

// config is a configuration of Fluent Bit, of all the files that make it.
type config struct {
	findings
	sections  []*section
	variables map[string]string // what @SET and env set
	files     []string          // in the order of reading
	origins   map[string]origin // of files that lie in others
	broken    bool              // Fluent Bit reads no further than what was found
	refused   bool              // Fluent Bit does not start with it
	doubtful  bool              // a section is not what it is meant to be
}

// section is a section of a kind such as "input".
type section struct {
	kind       string
	at         Position
	properties []property
	routed     bool // it decides itself where its records go
}

// property is a key with its value.
type property struct {
	key     string // as it is written
	name    string // as Fluent Bit compares it
	value   string // as it is written
	at      Position
	valueAt Position
	isList  bool // a YAML list, of which Fluent Bit hands a plugin the first element

	text    string // the value with its variables
	unknown string // a variable that is not set here, so that text means nothing
}

// get returns the first property of that name, which is the one in force, or nil.
func (s *section) get(name string) *property {
	for i := range s.properties {
		if s.properties[i].name == name {
			return &s.properties[i]
		}
	}
	return nil
}

// text returns the value of a property, or the default when it is not set or
// cannot be known.
func (s *section) text(name, missing string) string {
	if p := s.get(name); p != nil && p.unknown == "" && p.text != "" {
		return p.text
	}
	return missing
}

// place returns where a property stands, and without one where the section does.
func (s *section) place(name string) Position {
	if p := s.get(name); p != nil {
		return p.at
	}
	return s.at
}

// plugin returns the name of the plugin.
func (s *section) plugin() string { return strings.ToLower(s.text("name", "")) }

// title names the section in messages: "[INPUT] tail".
func (s *section) title() string { return "[" + strings.ToUpper(s.kind) + "] " + s.plugin() }

// isOn reads a truth as Fluent Bit does.
func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true
	}
	return false
}

// of returns the sections of a kind, only those of a plugin when it is named.
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
