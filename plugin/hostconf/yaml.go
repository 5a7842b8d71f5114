package hostconf

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// readYAML returns the mapping in a file, or nil if there is none. A file that is
// not YAML is reported.
func (c *config) readYAML(path string, from Position) *yaml.Node {
	data, ok := c.open(path, from)
	if !ok {
		return nil
	}
	return c.parseYAML(path, data)
}

func (c *config) parseYAML(path string, data []byte) *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		c.syntax(path, data, err)
		c.broken = true
		return nil
	}
	if len(document.Content) == 0 {
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		c.fail(c.in(path, root.Line, root.Column), "expected sections such as `pipeline:`")
		return nil
	}
	return root
}

// syntax reports an error of the YAML parser with its position.
func (c *config) syntax(path string, data []byte, err error) {
	line := 0
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		text = strings.TrimSpace(text[strings.Index(text, ":")+1:])
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		content := strings.TrimLeft(line, " \t")
		if blanks := line[:len(line)-len(content)]; strings.Contains(blanks, "\t") && strings.TrimSpace(content) != "" {
			c.fail(c.in(path, number, strings.Index(line, "\t")+1), "a tab: YAML must be indented with spaces")
			return
		}
	}
	c.fail(c.in(path, line, 0), "not YAML: %s", text)
}

// yamlFile reads files in Fluent Bit's YAML format.
type yamlFile struct {
	*config
	path string
}

// read reads a file and the files that it includes.
func (f yamlFile) read(root *yaml.Node) {
	f.noAliases(root)
	for i := 0; i+1 < len(root.Content); i += 2 {
		f.top(root.Content[i], root.Content[i+1])
	}
}

// noAliases reports aliases, which Fluent Bit does not support.
func (f yamlFile) noAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		f.fail(f.at(n), "the alias *%s: Fluent Bit does not support aliases", n.Value)
		f.broken = true
		return
	}
	for _, part := range n.Content {
		f.noAliases(part)
	}
}

func (f yamlFile) at(n *yaml.Node) Position { return f.in(f.path, n.Line, n.Column) }

// topNames are the sections at the top of a file.
var topNames = []string{"service", "pipeline", "includes", "env", "plugins", "parsers", "multiline_parsers", "stream_processor", "upstream_servers", "customs", "extensions"}

// pipelineNames are the parts of a pipeline, and the kinds of their sections.
var pipelineNames = map[string]string{"inputs": "input", "filters": "filter", "outputs": "output"}

func (f yamlFile) top(key, value *yaml.Node) {
	switch name := strings.ToLower(key.Value); name {
	case "service":
		f.addSection("service", key, value)
	case "pipeline":
		for i := 0; i+1 < len(value.Content) && value.Kind == yaml.MappingNode; i += 2 {
			f.part(value.Content[i], value.Content[i+1])
		}
		if value.Kind != yaml.MappingNode {
			f.fail(f.at(value), "pipeline: must contain inputs, filters and outputs")
		}
	case "env":
		f.env(value)
	case "includes":
		for _, part := range f.list(key, value) {
			f.include(part)
		}
	case "plugins":
		f.plugins(key, value)
	case "parsers", "multiline_parsers":
		for _, part := range f.list(key, value) {
			f.addSection(strings.TrimSuffix(name, "s"), part, part)
		}
	default:
		if !slices.Contains(topNames, name) {
			f.unknown("section", key, append([]string{"pipeline"}, topNames...))
		}
	}
}

// plugins reads the paths of libraries.
func (f yamlFile) plugins(key, value *yaml.Node) {
	s := &section{kind: "plugins", at: f.at(key)}
	reported := false
	for _, part := range f.list(key, value) {
		if part.Kind != yaml.ScalarNode {
			if !reported {
				f.fail(f.at(part), "plugins: must be a list of paths such as `- /etc/fluent-detect/out_detect.so`, and Fluent Bit rejects this")
			}
			reported, f.refused = true, true
			part = pathIn(part)
		}
		s.properties = append(s.properties, property{key: "path", name: "path", value: part.Value, at: f.at(part), valueAt: f.at(part)})
	}
	f.sections = append(f.sections, s)
}

// pathIn returns the path of a library that is written as `path: …`.
func pathIn(n *yaml.Node) *yaml.Node {
	if path := member(n, "path"); path != nil {
		return path
	}
	return n
}

// unknown reports a name that Fluent Bit ignores.
func (f yamlFile) unknown(what string, key *yaml.Node, known []string) {
	if hint := spelling.Suggest(strings.ToLower(key.Value), known); hint != "" {
		f.misspelt = true
		f.fail(f.at(key), "unknown %s %q%s", what, key.Value, hint)
		return
	}
	f.warn(f.at(key), "unknown %s %q: Fluent Bit ignores it", what, key.Value)
}

// part reads inputs, filters or outputs.
func (f yamlFile) part(key, value *yaml.Node) {
	kind, ok := pipelineNames[strings.ToLower(key.Value)]
	if !ok {
		f.misspelt, f.refused = true, true
		f.fail(f.at(key), "pipeline: unknown part %q: the parts are inputs, filters and outputs", key.Value)
		return
	}
	for _, part := range f.list(key, value) {
		if part.Kind != yaml.MappingNode {
			f.fail(f.at(part), "%s: must contain keys and values such as `name: tail`", key.Value)
			continue
		}
		f.addSection(kind, part, part)
	}
}

// list returns the elements of a list, and reports a value that is not a list.
func (f yamlFile) list(key, value *yaml.Node) []*yaml.Node {
	if value.Kind == yaml.SequenceNode {
		return value.Content
	}
	if value.Tag != "!!null" {
		f.fail(f.at(value), "%s: must be a list, in which each element begins with a dash", key.Value)
	}
	return nil
}

// addSection adds a section with the properties in a mapping.
func (f yamlFile) addSection(kind string, at, value *yaml.Node) {
	s := &section{kind: kind, at: f.at(at)}
	f.sections = append(f.sections, s)
	if value.Kind != yaml.MappingNode {
		if value.Tag != "!!null" {
			f.fail(f.at(value), "%s: must contain keys and values", kind)
		}
		return
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		key, v := value.Content[i], value.Content[i+1]
		p := property{key: key.Value, name: snake(key.Value), at: f.at(key), valueAt: f.at(v)}
		switch v.Kind {
		case yaml.ScalarNode:
			p.value = v.Value
		case yaml.SequenceNode:
			p.isList = true
			if len(v.Content) > 0 {
				p.value = v.Content[0].Value
			}
		}
		s.routed = s.routed || p.name == "routes"
		s.properties = append(s.properties, p)
	}
}

// snake converts a key to the form in which Fluent Bit compares it: in YAML,
// bufferMaxSize is buffer_max_size.
func snake(key string) string {
	if key == "" || !unicode.IsLower(rune(key[0])) || strings.Contains(key, "_") {
		return strings.ToLower(key)
	}
	var b strings.Builder
	for _, c := range key {
		if unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// env reads variables from a mapping, or from a list of {name, value}.
func (f yamlFile) env(value *yaml.Node) {
	switch value.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			f.variables[value.Content[i].Value] = value.Content[i+1].Value
		}
	case yaml.SequenceNode:
		for _, part := range value.Content {
			var v struct{ Name, Value, URI string }
			if err := part.Decode(&v); err == nil && v.Name != "" && v.URI == "" {
				f.variables[v.Name] = v.Value
			}
		}
	}
}

func (f yamlFile) include(n *yaml.Node) {
	path := n.Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(f.path), path)
	}
	paths := []string{path}
	if strings.Contains(n.Value, "*") {
		if paths, _ = filepath.Glob(path); len(paths) == 0 {
			f.fail(f.at(n), "includes: file %s does not exist", path)
		}
	}
	for _, p := range paths {
		before := len(f.files)
		if root := f.readYAML(p, f.at(n)); root != nil {
			yamlFile{f.config, p}.read(root)
		}
		f.broken = f.broken || len(f.files) == before
	}
}
