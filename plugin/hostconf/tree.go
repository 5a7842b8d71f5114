package hostconf

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// readTree returns the table in a TOML or JSON file as a YAML node, so that a
// configuration is checked in the same way in each of the formats. It returns nil, and
// reports the error, if the file cannot be parsed.
func (c *config) readTree(path string) *yaml.Node {
	data, ok := c.open(path, Position{})
	if !ok {
		return nil
	}
	return c.parseTree(path, data)
}

// parse parses a file in the format of its extension.
func (c *config) parse(path string, data []byte) *yaml.Node {
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		return c.parseYAML(path, data)
	}
	return c.parseTree(path, data)
}

func (c *config) parseTree(path string, data []byte) *yaml.Node {
	d := document.New(path, data)
	parse := d.TOML
	if filepath.Ext(path) == ".json" {
		parse = d.JSON
	}
	root, err := parse()
	if err != nil && root != nil && filepath.Ext(path) == ".json" {
		c.warn(c.in(path, err.Line, err.Column), "%s: Vector uses the last value, and this check the first", withKey(err))
	} else if err != nil {
		c.broken = true
		c.fail(c.in(path, err.Line, err.Column), "%s", withKey(err))
		return nil
	}
	return treeOf(d, root)
}

func withKey(err *rule.Error) string {
	if err.Key == "" {
		return err.Message
	}
	return err.Key + ": " + err.Message
}

// treeOf converts a value to a YAML node with its position.
func treeOf(d *document.Document, v *document.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text, Tag: tags[v.Kind]}
	n.Line, n.Column = d.Position(v)
	switch v.Kind {
	case document.Table:
		n.Kind = yaml.MappingNode
	case document.List:
		n.Kind = yaml.SequenceNode
	}
	for _, item := range v.Items {
		if v.Kind == document.Table {
			key := &yaml.Node{Kind: yaml.ScalarNode, Value: item.Key}
			key.Line, key.Column = d.KeyPosition(item)
			n.Content = append(n.Content, key)
		}
		n.Content = append(n.Content, treeOf(d, item))
	}
	return n
}

// tags are YAML's names for the kinds of values.
var tags = map[document.Kind]string{
	document.Table: "!!map", document.List: "!!seq", document.String: "!!str", document.Integer: "!!int", document.Float: "!!float", document.Bool: "!!bool",
}

// vectorTables match the tables of Vector's components in TOML.
var vectorTables = regexp.MustCompile(`(?m)^\s*(\[\s*(sources|transforms|sinks|enrichment_tables)\s*[.\]]|(sources|transforms|sinks)\s*[.=]|data_dir\s*=)`)

// isTree reports whether a TOML or JSON file is a configuration of Vector: other
// files, such as rules and events, have these formats too.
func isTree(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return false
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	if filepath.Ext(path) == ".toml" {
		return vectorTables.Match(data)
	}
	return isVectorJSON(data)
}

// isVectorJSON reports whether a JSON object has one of the tables of Vector's
// components, also if it is not well-formed.
func isVectorJSON(data []byte) bool {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return vectorMembers.Match(data)
	}
	for name := range top {
		if slices.Contains([]string{"sources", "transforms", "sinks", "data_dir"}, name) {
			return true
		}
	}
	return false
}

var vectorMembers = regexp.MustCompile(`^\s*\{\s*"(sources|transforms|sinks|data_dir|api)"\s*:|(?m)^\s{0,4}"(sources|transforms|sinks)"\s*:\s*\{`)
