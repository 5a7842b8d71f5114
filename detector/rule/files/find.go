package files

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Builtin is the element of a spec that stands for the built-in rules.
const Builtin = "builtin"

// patterns returns the names of rule files as "*.toml or *.ndjson".
func (l *loader) patterns() string {
	var all []string
	for _, f := range l.formats {
		all = append(all, "*"+f.Extension)
	}
	return strings.Join(all, " or ")
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// find finds the files of a spec, each once, and sorts them by path.
func (l *loader) find(spec string) {
	for element := range strings.SplitSeq(spec, ",") {
		l.findElement(strings.TrimSpace(element))
		l.element++
	}
	slices.SortFunc(l.files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
}

func (l *loader) findElement(name string) {
	switch name {
	case "":
		l.fail("an element of the list is empty; it is %q, a file, a directory or a glob", Builtin)
		return
	case Builtin:
		l.addBuiltin()
		return
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		if !l.addDirectory(name) {
			l.fail("%q holds no %s", name, l.patterns())
		}
	case err == nil && l.format(name) == nil:
		l.fail("%q is not a rule file: the name must be %s", name, l.patterns())
	case err == nil:
		l.add(name, true)
	case isGlob(name):
		l.addGlob(name)
	default:
		l.fail("%q cannot be read: %s", name, cause(err))
	}
}

// add adds a file of the host unless it was added before.
func (l *loader) add(name string, explicit bool) {
	real, err := filepath.EvalSymlinks(name)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		real = name // reading it will fail
	}
	if i, ok := l.found[real]; ok {
		l.files[i].explicit = l.files[i].explicit || explicit
		return
	}
	l.found[real] = len(l.files)
	l.files = append(l.files, file{path: filepath.ToSlash(filepath.Clean(name)), fsys: host{}, name: name, explicit: explicit, rank: l.element})
}

// addBuiltin adds the built-in rules.
func (l *loader) addBuiltin() {
	if _, ok := l.found[Builtin]; ok {
		return
	}
	n := len(l.files)
	l.found[Builtin] = n
	err := fs.WalkDir(l.builtin, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && l.format(name) != nil {
			l.files = append(l.files, file{path: Builtin + "/" + name, fsys: l.builtin, name: name, rank: builtinRank})
		}
		return err
	})
	if err != nil {
		l.fail("%q cannot be read: %s", Builtin, cause(err))
	}
	if n == len(l.files) {
		l.fail("%q holds no %s", Builtin, l.patterns())
	}
}

// addDirectory adds the rule files below a directory, and reports whether there
// are any.
func (l *loader) addDirectory(name string) bool {
	w := walker{loader: l, seen: make(map[string]bool)}
	w.directory(name)
	return w.hit
}

// walker walks a tree of directories. filepath.WalkDir would not follow links.
type walker struct {
	*loader
	seen map[string]bool // real paths of directories, for circular links
	hit  bool
}

func (w *walker) directory(name string) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		if w.seen[real] {
			return
		}
		w.seen[real] = true
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		w.hit = true
		w.errors = append(w.errors, unreadable(name, err))
		return
	}
	for _, entry := range entries {
		if !isHidden(entry.Name()) {
			w.entry(filepath.Join(name, entry.Name()), entry)
		}
	}
}

func (w *walker) entry(name string, entry fs.DirEntry) {
	isDir := entry.IsDir()
	if entry.Type()&fs.ModeSymlink != 0 {
		info, err := os.Stat(name)
		isDir = err == nil && info.IsDir()
	}
	switch {
	case isDir:
		w.directory(name)
	case w.format(name) != nil:
		w.hit = true
		w.add(name, false)
	}
}
