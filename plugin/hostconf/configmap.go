package hostconf

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// isManifest reports whether a file contains objects of Kubernetes.
func isManifest(root *yaml.Node) bool {
	return member(root, "apiVersion") != nil && member(root, "kind") != nil
}

// configMaps checks the configurations in the ConfigMaps of a manifest.
func (c *config) configMaps(path string) Host {
	data, err := os.ReadFile(path)
	if err != nil {
		c.fail(Position{File: path}, "%s", unreadable(path, Position{}, err))
		return ""
	}
	host := Host("")
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var document yaml.Node
		if d.Decode(&document) != nil || len(document.Content) == 0 {
			break // the end, or invalid YAML after the first object
		}
		root := document.Content[0]
		if kind := member(root, "kind"); kind != nil && kind.Value == "ConfigMap" {
			if h := c.configMap(path, strings.Split(string(data), "\n"), member(root, "data")); h != "" {
				host = h
			}
		}
	}
	if host == "" {
		c.note(Position{File: path}, "no ConfigMap with a configuration")
	}
	return host
}

// configMap writes the files of a ConfigMap to a directory and checks them.
func (c *config) configMap(path string, lines []string, data *yaml.Node) Host {
	dir, err := os.MkdirTemp("", "fluent-detect")
	if err != nil {
		c.fail(Position{File: path}, "%s", err)
		return ""
	}
	defer os.RemoveAll(dir)
	origins := map[string]origin{}
	for i := 0; data != nil && i+1 < len(data.Content); i += 2 {
		name, value := data.Content[i].Value, data.Content[i+1]
		if filepath.Base(name) == name && value.Kind == yaml.ScalarNode {
			origins[filepath.Join(dir, name)] = originOf(path, lines, value)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(value.Value), 0o600); err != nil {
				c.fail(Position{File: path}, "%s", err)
			}
		}
	}
	host := Host("")
	for _, r := range checkDir(dir, origins) {
		host = r.Host
		for _, f := range r.Findings {
			f.Text = strings.ReplaceAll(f.Text, dir+string(filepath.Separator), "")
			c.all = append(c.all, f)
		}
	}
	return host
}

// origin is the position of a text in the file that contains it.
type origin struct {
	path         string
	line, column int
	literal      bool // the text is the following lines without their indentation
	indent       int
}

func originOf(path string, lines []string, text *yaml.Node) origin {
	o := origin{path: path, line: text.Line, column: text.Column, literal: text.Style&yaml.LiteralStyle != 0}
	if o.literal && text.Line < len(lines) {
		first := lines[text.Line]
		o.indent = len(first) - len(strings.TrimLeft(first, " "))
	}
	return o
}

// in returns a position in a file, or in the file that contains it.
func (c *config) in(path string, line, column int) Position {
	o, ok := c.origins[path]
	switch {
	case !ok:
		return Position{path, line, column}
	case !o.literal || line == 0:
		return Position{o.path, o.line, o.column}
	case column > 0:
		column += o.indent
	}
	return Position{o.path, o.line + line, column}
}
