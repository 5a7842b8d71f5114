package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// maxFile is the maximum size of a settings file.
const maxFile = 1 << 20

// File is a YAML file with settings of a sidecar: a mapping of keys, named as in
// [SidecarKeys], to values.
type File struct {
	path   string
	values map[string]fileValue
}

// fileValue is a value and the position of its key.
type fileValue struct {
	text         string
	line, column int
}

// ReadFile reads a settings file. The error joins everything that is wrong with
// it, each with file:line:column.
func ReadFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: too large: it has %d bytes, the maximum is %d", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, values: map[string]fileValue{}}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) { // nothing, or only comments
			return f, nil
		}
		return nil, f.syntax(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, f.errorAt(&second, "a second YAML document: a settings file has only one")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return f, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, f.errorAt(root, "expected keys and values such as `listen: 127.0.0.1:9880`")
	}
	var all []error
	for i := 0; i < len(root.Content); i += 2 {
		if err := f.add(root.Content[i], root.Content[i+1]); err != nil {
			all = append(all, err)
		}
	}
	return f, errors.Join(all...)
}

// add adds a key and its value.
func (f *File) add(key, value *yaml.Node) error {
	k, known := findSidecarKey(key.Value)
	if !known {
		var names []string
		for _, k := range SidecarKeys() {
			names = append(names, k.Name)
		}
		return f.errorAt(key, "unknown key %q%s", key.Value, spelling.Suggest(key.Value, names))
	}
	if first, ok := f.values[key.Value]; ok {
		return f.errorAt(key, "duplicate key %s, already set in line %d", key.Value, first.line)
	}
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	v := fileValue{line: key.Line, column: key.Column}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
	case value.Kind == yaml.ScalarNode:
		v.text = value.Value
	case value.Kind == yaml.SequenceNode && isList(key.Value):
		var parts []string
		for _, part := range value.Content {
			if part.Kind != yaml.ScalarNode || strings.Contains(part.Value, ",") {
				return f.errorAt(part, "%s: an element of the list must be a text without commas", key.Value)
			}
			parts = append(parts, part.Value)
		}
		v.text = strings.Join(parts, ",")
	default:
		return f.errorAt(value, "%s: must be a single value, %s", key.Value, k.Type)
	}
	f.values[key.Value] = v
	return nil
}

func findSidecarKey(name string) (Key, bool) {
	keys := SidecarKeys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// isList reports whether the value of a key may be written as a list.
func isList(key string) bool {
	return slices.ContainsFunc(detectorKeys, func(r row[Detector]) bool { return r.Name == key && r.list }) ||
		slices.ContainsFunc(sidecarKeys, func(r row[Sidecar]) bool { return r.Name == key && r.list }) ||
		slices.ContainsFunc(sidecarTrailKeys, func(r row[CloudTrail]) bool { return r.Name == key && r.list })
}

func (f *File) errorAt(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", f.path, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// syntax adds the position to an error of the YAML parser.
func (f *File) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		return fmt.Errorf("%s:%d: %s", f.path, line, strings.TrimSpace(text[strings.Index(text, ":")+1:]))
	}
	return fmt.Errorf("%s: %s", f.path, text)
}

// Get returns the value of a key. It is a [Getter].
func (f *File) Get(key string) string { return f.values[key].text }

// Locate adds the position to an error of a key that is in the file; other errors
// are returned unchanged.
func (f *File) Locate(e *KeyError) error {
	v, ok := f.values[e.Key]
	if !ok {
		return e
	}
	return fmt.Errorf("%s:%d:%d: %w", f.path, v.line, v.column, e)
}
