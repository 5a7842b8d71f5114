package command

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
)

// checkConfiguration checks configurations of Fluent Bit, Vector and the sidecar.
func checkConfiguration(paths []string, f *findings) {
	for _, r := range hostconf.CheckAll(paths) {
		f.addResult(r)
	}
}

func (f *findings) addResult(r hostconf.Result) {
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
	switch {
	case failed:
	case r.Host == "":
		f.good = append(f.good, r.Path)
	default:
		f.good = append(f.good, r.Path+" ("+string(r.Host)+")")
	}
}

// rulesIn returns what stands for the rules below a directory with configurations: the
// directory, unless some of its TOML files are configurations, or nothing.
func rulesIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	mixed := false
	var parts []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && hostconf.IsVectorDir(dir) && slices.Contains([]string{"sources", "transforms", "sinks"}, e.Name()):
		case e.IsDir() && hasRules(path), !e.IsDir() && isRuleFile(path):
			parts = append(parts, path)
		case !e.IsDir() && filepath.Ext(path) == ".toml":
			mixed = true
		}
	}
	if len(parts) > 0 && !mixed {
		return []string{dir}
	}
	return parts
}

// hasRules reports whether there are rule files below a directory.
func hasRules(dir string) bool {
	found := false
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && isRuleFile(path) {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}
