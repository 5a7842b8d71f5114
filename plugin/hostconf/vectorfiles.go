package hostconf

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// vectorDocument reports what Vector rejects in a file of YAML before it looks at its
// content.
func (c *config) vectorDocument(path string, root *yaml.Node) {
	data, err := os.ReadFile(path)
	if ext := filepath.Ext(path); err != nil || ext != ".yaml" && ext != ".yml" {
		return
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		c.fail(c.in(path, 1, 1), "a byte order mark, which Vector rejects")
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if d.Decode(&first) == nil && d.Decode(&second) == nil {
		c.fail(c.in(path, second.Line, 0), "a second document, which Vector rejects")
	}
	c.sameKeys(path, root)
}

// sameKeys reports names that are twice in a mapping of YAML, which Vector rejects.
func (c *config) sameKeys(path string, n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if line, ok := first[key.Value]; ok {
				c.fail(c.in(path, key.Line, key.Column), "%s is there twice, first in line %d, and Vector rejects this", key.Value, line)
			}
			first[key.Value] = key.Line
		}
	}
	for _, part := range n.Content {
		c.sameKeys(path, part)
	}
}

// CheckAll checks files and directories. Files of Vector are checked as one
// configuration if Vector would take them as one: if no component is in two of them.
func CheckAll(paths []string) []Result {
	var results []Result
	var files []Result // of Vector
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			results = append(results, CheckDir(path)...)
			continue
		}
		if r := Check(path); r.Host == Vector && r.tree != nil {
			files = append(files, r)
		} else {
			results = append(results, r)
		}
	}
	return append(results, checkTogether(files, nil, nil)...)
}

// checkTogether checks files of Vector, of which each was checked alone, as one
// configuration, with the files of components in directories of their own.
func checkTogether(alone []Result, parts []vectorFile, origins map[string]origin) []Result {
	if len(alone)+len(parts) < 2 && len(parts) == 0 || haveSameNames(alone) {
		return alone
	}
	c := &config{origins: origins}
	var files []vectorFile
	for _, r := range alone {
		c.all = append(c.all, r.parsed...)
		files = append(files, vectorFile{path: r.Path, root: r.tree})
	}
	results := slices.Clone(alone)
	for _, p := range parts {
		files = append(files, p)
		results = append(results, Result{Path: p.path, Host: Vector, Files: []string{p.path}})
	}
	c.vector(files)
	for i := range results {
		results[i].Findings, results[i].Refused = nil, c.broken
	}
	for _, f := range c.sorted() {
		i := max(0, slices.IndexFunc(results, func(r Result) bool { return r.Path == f.File }))
		results[i].Findings = append(results[i].Findings, f)
	}
	return results
}

// haveSameNames reports whether two files have components with the same name.
func haveSameNames(files []Result) bool {
	seen := map[string]bool{}
	for _, f := range files {
		for _, section := range []string{"sources", "transforms", "sinks"} {
			for key := range members(member(f.tree, section)) {
				if seen[key.Value] {
					return true
				}
				seen[key.Value] = true
			}
		}
	}
	return false
}

// componentDirs are the subdirectories of a directory of configurations in which Vector
// looks for components, one in a file.
var componentDirs = []string{"sources", "transforms", "sinks"}

// vectorParts returns the files of components in the subdirectories of a directory.
func vectorParts(dir string, c *config) []vectorFile {
	var parts []vectorFile
	for _, sub := range componentDirs {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(dir, sub, e.Name())
			if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !slices.Contains(treeFormats, filepath.Ext(path)) {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			if root := c.parse(path, data); root != nil && member(root, "type") != nil {
				parts = append(parts, vectorFile{path: path, root: root, of: sub})
			}
		}
	}
	return parts
}

// HasConfigurations reports whether a directory contains configurations.
func HasConfigurations(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return !e.IsDir() && IsConfiguration(filepath.Join(dir, e.Name()))
	}) || IsVectorDir(dir)
}

// IsVectorDir reports whether a directory has subdirectories with components of Vector.
func IsVectorDir(dir string) bool { return len(vectorParts(dir, &config{})) > 0 }
