package docs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

const module = "github.com/fluent-detect/fluent-detect/"

// imports returns the packages of conf, detector and plugin, each with those of
// them that it imports, tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, root := range []string{"conf", "detector", "plugin"} {
		err := filepath.WalkDir(filepath.Join(generated.Root(), root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(generated.Root(), filepath.Dir(path))
			if err != nil {
				return err
			}
			name = filepath.ToSlash(name)
			if strings.HasSuffix(name, "msgpacktest") { // for tests
				return nil
			}
			all[name] = append(all[name], []string{}...)
			for _, i := range file.Imports {
				if ours, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module); ok {
					all[name] = append(all[name], ours)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// The map of the code has every package, and each imports only packages above it.
func TestMap(t *testing.T) {
	packages := imports(t)
	var above []string
	for _, r := range find(t, "CONTRIBUTING.md").rows("| package | comes in | goes out |") {
		for _, m := range quotedLine.FindAllStringSubmatch(r[0], -1) {
			name := m[1]
			imported, ok := packages[name]
			if !ok {
				t.Errorf("the map has a package %s, and there is none", name)
			}
			delete(packages, name)
			for _, other := range imported {
				if !slices.Contains(above, other) && other != name {
					t.Errorf("%s imports %s, which does not stand above it in the map", name, other)
				}
			}
			above = append(above, name)
		}
	}
	for name := range packages {
		t.Errorf("the map does not have %s", name)
	}
}

var variable = regexp.MustCompile(`"((?:DETECT|FLUENT|HOST)_?[A-Z_]*)"`)

// The table of variables for long runs has every one that a test asks for.
func TestVariables(t *testing.T) {
	text := find(t, "CONTRIBUTING.md").text
	asked := map[string]bool{}
	for _, root := range []string{"detector", "plugin", "test"} {
		err := filepath.WalkDir(filepath.Join(generated.Root(), root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(filepath.Dir(path), "docs") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range variable.FindAllStringSubmatch(string(source), -1) {
				if !strings.HasPrefix(m[1], "FLUENT_DETECT_TEST") { // for the test's own children
					asked[m[1]] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) < 10 {
		t.Fatalf("only %v are asked for: the pattern is wrong", asked)
	}
	for name := range asked {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("a test asks for %s, and CONTRIBUTING.md does not say what it does", name)
		}
	}
	for _, r := range find(t, "CONTRIBUTING.md").rows("| variable | what it makes longer |") {
		for _, m := range quotedLine.FindAllStringSubmatch(r[0], -1) {
			if !asked[m[1]] {
				t.Errorf("CONTRIBUTING.md has %s, and no test asks for it", m[1])
			}
		}
	}
}
