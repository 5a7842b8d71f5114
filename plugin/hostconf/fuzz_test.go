package hostconf

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever a file contains, the check ends, and its positions are in the file.
func FuzzCheck(f *testing.F) {
	files, _ := filepath.Glob("testdata/broken/*.*")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, filepath.Ext(file) == ".yaml")
	}
	f.Fuzz(func(t *testing.T, data []byte, isYAML bool) {
		path := filepath.Join(t.TempDir(), "fluent-bit.conf")
		if isYAML {
			path = filepath.Join(filepath.Dir(path), "fluent-bit.yaml")
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		lines := 1
		for _, b := range data {
			if b == '\n' || b == '\r' {
				lines++
			}
		}
		for _, x := range Check(path).Findings {
			if x.File == path && x.Line > lines+1 {
				t.Errorf("%s: there are %d lines", x, lines)
			}
		}
	})
}
