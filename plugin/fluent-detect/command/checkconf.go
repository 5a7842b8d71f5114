package command

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
)

func isConfiguration(path string) bool {
	return slices.Contains([]string{".conf", ".yaml", ".yml"}, filepath.Ext(path))
}

// checkConfiguration checks configurations of Fluent Bit, Vector and the sidecar.
func checkConfiguration(paths []string, f *findings) {
	for _, path := range paths {
		r := hostconf.Check(path)
		failed := false
		for _, x := range r.Findings {
			switch x.Severity {
			case hostconf.Error:
				f.errors = append(f.errors, x.String())
				failed = true
			case hostconf.Warning:
				f.warnings = append(f.warnings, x.String())
			default:
				f.notes = append(f.notes, x.String())
			}
		}
		if !failed {
			f.good = append(f.good, path+" ("+string(r.Host)+")")
		}
	}
}

// configurationsIn returns the configurations in a directory, without the files
// that others of them include, and whether there are no rules below it.
func configurationsIn(dir string) (paths []string, onlyThey bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, false
	}
	included := map[string]bool{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() || !isConfiguration(path) {
			continue
		}
		r := hostconf.Check(path)
		if r.Host == "" && len(r.Files) > 0 && !hasPlace(r) {
			continue // YAML of something else
		}
		paths = append(paths, path)
		for _, file := range r.Files[min(1, len(r.Files)):] {
			included[file] = true
		}
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return included[path] })
	return paths, len(paths) > 0 && !hasRules(dir)
}

// hasPlace says whether something was found in a line of the file.
func hasPlace(r hostconf.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f hostconf.Finding) bool { return f.Line > 0 })
}

// hasRules says whether there are rule files below a directory.
func hasRules(dir string) bool {
	found := false
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && slices.Contains([]string{".toml", ".ndjson"}, filepath.Ext(path)) {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}
