package sidecar

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// maxFile is how many bytes a file of settings may have.
const maxFile = 1 << 20

// File is a YAML file of settings: one mapping of keys, named as in [AllKeys], to
// values.
type File struct {
	path   string
	values map[string]setting
}

// setting is a value and where its key stands.
type setting struct {
	text         string
	line, column int
}

// ReadFile reads a file of settings. The error joins all that is wrong with it,
// each with file:line:column.
func ReadFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: it has %d bytes, at most %d are read", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFile(path, data)
}

func parseFile(path string, data []byte) (*File, error) {
	f := &File{path: path, values: map[string]setting{}}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if len(strings.TrimSpace(string(data))) == 0 {
			return f, nil
		}
		return nil, f.syntax(err)
	}
	var more yaml.Node
	if err := decoder.Decode(&more); err == nil {
		return nil, f.at(&more, "a second YAML document; there is one in a file of settings")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return f, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, f.at(root, "want keys and values such as `listen: 127.0.0.1:9880`")
	}
	var all []error
	for i := 0; i < len(root.Content); i += 2 {
		if err := f.add(root.Content[i], root.Content[i+1]); err != nil {
			all = append(all, err)
		}
	}
	return f, errors.Join(all...)
}

// add takes a key and its value.
func (f *File) add(key, value *yaml.Node) error {
	var known []string
	for _, k := range AllKeys() {
		known = append(known, k.Name)
	}
	found := false
	for _, name := range known {
		found = found || name == key.Value
	}
	if !found {
		return f.at(key, "unknown key %q%s", key.Value, rule.Suggest(key.Value, known))
	}
	if before, twice := f.values[key.Value]; twice {
		return f.at(key, "%s stands in line %d already", key.Value, before.line)
	}
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	s := setting{line: key.Line, column: key.Column}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
	case value.Kind == yaml.ScalarNode:
		s.text = value.Value
	case value.Kind == yaml.SequenceNode && isList(key.Value):
		var parts []string
		for _, part := range value.Content {
			if part.Kind != yaml.ScalarNode || strings.Contains(part.Value, ",") {
				return f.at(part, "%s: an element of the list is one text, without commas", key.Value)
			}
			parts = append(parts, part.Value)
		}
		s.text = strings.Join(parts, ",")
	default:
		return f.at(value, "%s: want one value, %s", key.Value, allowed(key.Value))
	}
	f.values[key.Value] = s
	return nil
}

// isList reports whether a key's value has parts, which may be written as a list.
func isList(key string) bool { return key == "rules" || key == "suppress_by" }

func allowed(key string) string {
	for _, k := range AllKeys() {
		if k.Name == key {
			return k.Type
		}
	}
	return ""
}

func (f *File) at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", f.path, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// syntax gives an error of YAML itself its place in front.
func (f *File) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		return fmt.Errorf("%s:%d: %s", f.path, line, strings.TrimSpace(text[strings.Index(text, ":")+1:]))
	}
	return fmt.Errorf("%s: %s", f.path, text)
}

// Get is the file's [detector.Getter].
func (f *File) Get(key string) string { return f.values[key].text }

// Locate gives an error of a key that stands in the file its place; others are
// returned as they are.
func (f *File) Locate(e *detector.KeyError) error {
	s, ok := f.values[e.Key]
	if !ok {
		return e
	}
	return fmt.Errorf("%s:%d:%d: %w", f.path, s.line, s.column, e)
}
