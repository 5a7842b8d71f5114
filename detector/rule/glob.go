package rule

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// hasMeta reports whether a path is a glob.
func hasMeta(name string) bool { return strings.ContainsAny(name, "*?[") }

// anyDepth stands for any number of directories in a glob.
const anyDepth = "**"

// glob takes the rule files that a pattern matches, and what is below the
// directories that it matches.
func (e *expander) glob(pattern string) {
	volume := filepath.VolumeName(pattern)
	rest := filepath.ToSlash(pattern[len(volume):])
	dir := volume
	if strings.HasPrefix(rest, "/") {
		dir += "/"
	}
	parts := strings.FieldsFunc(rest, func(r rune) bool { return r == '/' })
	parts = slices.CompactFunc(parts, func(a, b string) bool { return a == anyDepth && b == anyDepth })
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			e.fail("%q is no glob: %v in %q", pattern, err, p)
			return
		}
	}
	hit := false
	for _, name := range matches(dir, parts, nil) {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			hit = e.directory(name) || hit
		case isRuleFile(name):
			hit = true
			e.add(name, false)
		}
	}
	if !hit {
		e.fail("%q matches no %s", pattern, ruleFiles)
	}
}

// matches appends the paths below a directory that the parts of a pattern
// match. As in a shell, a name that begins with a dot is matched only by a part
// that does, too.
func matches(dir string, parts []string, found []string) []string {
	if len(parts) == 0 {
		return append(found, dir)
	}
	part, rest := parts[0], parts[1:]
	if !hasMeta(part) {
		name := filepath.Join(dir, part)
		if _, err := os.Stat(name); err != nil {
			return found
		}
		return matches(name, rest, found)
	}
	if part == anyDepth {
		found = matches(dir, rest, found)
	}
	entries, err := os.ReadDir(orHere(dir))
	if err != nil {
		return found
	}
	for _, entry := range entries {
		name := entry.Name()
		if isHidden(name) && !isHidden(part) {
			continue
		}
		if part == anyDepth {
			if entry.IsDir() {
				found = matches(filepath.Join(dir, name), parts, found)
			}
			continue
		}
		if ok, _ := path.Match(part, name); ok {
			found = matches(filepath.Join(dir, name), rest, found)
		}
	}
	return found
}

func orHere(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
