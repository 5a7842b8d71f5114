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

// goFile is a Go file of conf, detector or plugin, tests left out.
type goFile struct {
	name     string // relative to the root
	pkg      string
	imported []string // packages of this module
}

func goFiles(t *testing.T) (all []goFile) {
	t.Helper()
	for _, root := range []string{"conf", "detector", "plugin"} {
		err := filepath.WalkDir(filepath.Join(generated.Root(), root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(generated.Root(), path)
			if err != nil {
				return err
			}
			file := goFile{name: filepath.ToSlash(name), pkg: filepath.ToSlash(filepath.Dir(name))}
			if strings.HasSuffix(file.pkg, "msgpacktest") || strings.HasSuffix(file.pkg, "kqltest") || strings.HasSuffix(file.pkg, "eqltest") || strings.HasSuffix(file.pkg, "esqltest") || strings.HasSuffix(file.pkg, "sigmatest") { // for tests
				return nil
			}
			for _, i := range parsed.Imports {
				if ours, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module); ok {
					file.imported = append(file.imported, ours)
				}
			}
			all = append(all, file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// The map in CONTRIBUTING.md has every package, and each imports only packages above it.
func TestMap(t *testing.T) {
	packages := map[string][]string{}
	for _, f := range goFiles(t) {
		packages[f.pkg] = append(packages[f.pkg], f.imported...)
	}
	var above []string
	for _, r := range find(t, "CONTRIBUTING.md").rows("| package | comes in | goes out |") {
		for _, m := range quotedLine.FindAllStringSubmatch(r[0], -1) {
			name := m[1]
			imported, ok := packages[name]
			if !ok {
				t.Errorf("the map has a package %s, which does not exist", name)
			}
			delete(packages, name)
			for _, other := range imported {
				if !slices.Contains(above, other) && other != name {
					t.Errorf("%s imports %s, which is not above it in the map", name, other)
				}
			}
			above = append(above, name)
		}
	}
	for name := range packages {
		t.Errorf("the map does not have %s", name)
	}
}

// Package detector only ties the others together.
func TestDetectorIsSmall(t *testing.T) {
	const max = 14
	var files []string
	for _, f := range goFiles(t) {
		if f.pkg == "detector" {
			files = append(files, f.name)
		}
	}
	if len(files) == 0 || len(files) > max {
		t.Errorf("package detector has %d files, at most %d are allowed: %q", len(files), max, files)
	}
}

// cloudTrail is the package of the first source of events.
const cloudTrail = "detector/source/cloudtrail"

// The engine does not depend on its first source: few files outside that package
// import it, and none in detector has the names of CloudTrail's parameters.
func TestEngineIsGeneral(t *testing.T) {
	const max = 10
	names := regexp.MustCompile(`OSUser|sSHPublicKey|instanceId|InstanceID`)
	var importers []string
	found := false
	for _, f := range goFiles(t) {
		if f.pkg == cloudTrail {
			found = true
			continue
		}
		if slices.Contains(f.imported, cloudTrail) {
			importers = append(importers, f.name)
		}
		if !strings.HasPrefix(f.name, "detector/") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(generated.Root(), f.name))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(source), "\n") {
			if m := names.FindString(line); m != "" {
				t.Errorf("%s:%d: %s belongs in %s", f.name, i+1, m, cloudTrail)
			}
		}
	}
	if !found {
		t.Fatalf("%s does not exist", cloudTrail)
	}
	if len(importers) > max {
		t.Errorf("%d files import %s, at most %d are allowed: %q", len(importers), cloudTrail, max, importers)
	}
}

var variable = regexp.MustCompile(`"((?:DETECT|FLUENT|HOST|OPENSEARCH|OCSF|SIGMA)_?[A-Z_]*)"`)

// The table of environment variables has all that tests read.
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
		t.Fatalf("only %v are read: the pattern is wrong", asked)
	}
	for name := range asked {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("a test reads %s, which is not in CONTRIBUTING.md", name)
		}
	}
	for _, r := range find(t, "CONTRIBUTING.md").rows("| variable | what it makes longer |") {
		for _, m := range quotedLine.FindAllStringSubmatch(r[0], -1) {
			if !asked[m[1]] {
				t.Errorf("CONTRIBUTING.md has %s, which no test reads", m[1])
			}
		}
	}
}
