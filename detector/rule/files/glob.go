package files

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// isGlob reports whether a path is a glob.
func isGlob(name string) bool { return strings.ContainsAny(name, "*?[") }

// anyDepth stands for any number of directories in a glob.
const anyDepth = "**"

// addGlob adds the rule files that a pattern matches, and those below directories
// that it matches.
func (l *loader) addGlob(pattern string) {
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
			l.fail("%q is not a glob: %v in %q", pattern, err, p)
			return
		}
	}
	hit := false
	for _, name := range matches(dir, parts, nil) {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			hit = l.addDirectory(name) || hit
		case l.format(name) != nil:
			hit = true
			l.add(name, false)
		}
	}
	if !hit {
		l.fail("%q matches no %s", pattern, l.patterns())
	}
}

// matches appends the paths below a directory that the parts of a pattern match.
// As in a shell, only a part that begins with a dot matches a name that does.
func matches(dir string, parts []string, found []string) []string {
	if len(parts) == 0 {
		return append(found, dir)
	}
	part, rest := parts[0], parts[1:]
	if !isGlob(part) {
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
