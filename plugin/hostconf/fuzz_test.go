package hostconf

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Whatever a file contains, the check ends, and its positions are in the file.
func FuzzCheck(f *testing.F) {
	for _, file := range seeds(f) {
		if ext := filepath.Ext(file); ext == ".conf" || ext == ".yaml" {
			f.Add(content(f, file), ext == ".yaml")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isYAML bool) {
		name := "fluent-bit.conf"
		if isYAML {
			name = "fluent-bit.yaml"
		}
		checkPositions(t, name, data)
	})
}

// The same for Vector's other formats.
func FuzzCheckVector(f *testing.F) {
	for _, file := range seeds(f) {
		if ext := filepath.Ext(file); ext == ".toml" || ext == ".json" {
			f.Add(content(f, file), ext == ".json")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := "vector.toml"
		if isJSON {
			name = "vector.json"
		}
		checkPositions(t, name, data)
	})
}

func seeds(f *testing.F) []string {
	broken, _ := filepath.Glob("testdata/broken/*.*")
	right, _ := filepath.Glob("testdata/right/*.*")
	vector, _ := filepath.Glob("testdata/vector/*/*.yaml")
	if len(broken) == 0 || len(right) == 0 || len(vector) == 0 {
		f.Fatal("no files")
	}
	return slices.Concat(broken, right, vector)
}

func content(f *testing.F, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	return data
}

func checkPositions(t *testing.T, name string, data []byte) {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	lines := 1
	for _, b := range data {
		if b == '\n' || b == '\r' {
			lines++
		}
	}
	IsConfiguration(path)
	for _, x := range Check(path).Findings {
		if x.File == path && x.Line > lines+1 {
			t.Errorf("%s: there are %d lines", x, lines)
		}
	}
}
