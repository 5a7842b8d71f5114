package hostconf

import (
	"os"
	"path/filepath"
	"slices"
)

// CheckDir checks the configurations in a directory, those below it left out, and
// those that others of them include. YAML of something else is passed over.
// They are returned in the order of their names.
func CheckDir(dir string) []Result { return checkDir(dir, nil) }

func checkDir(dir string, origins map[string]origin) []Result {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var results []Result
	included := map[string]bool{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() || !IsConfiguration(path) {
			continue
		}
		r := check(path, origins)
		if r.Host == "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Line > 0 }) {
			continue
		}
		results = append(results, r)
		for _, file := range r.Files[min(1, len(r.Files)):] {
			included[file] = true
		}
	}
	return slices.DeleteFunc(results, func(r Result) bool { return included[r.Path] })
}

// IsConfiguration reports whether a file is called as a configuration is.
func IsConfiguration(path string) bool {
	return slices.Contains([]string{".conf", ".yaml", ".yml"}, filepath.Ext(path))
}
