package rule

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Builtin is the element of the key "rules" that stands for the built-in rules.
const Builtin = "builtin"

// ruleFiles says for people what [isRuleFile] is looking for.
const ruleFiles = "*.toml or *.ndjson"

func isRuleFile(name string) bool {
	ext := path.Ext(name)
	return ext == ".toml" || ext == ".ndjson"
}

func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// expand finds the files of a spec, each once, sorted by path.
func expand(spec string, builtin fs.FS) ([]source, Errors) {
	e := expander{builtin: builtin, found: make(map[string]int)}
	for element := range strings.SplitSeq(spec, ",") {
		e.element(strings.TrimSpace(element))
	}
	slices.SortFunc(e.sources, func(a, b source) int { return cmp.Compare(a.path, b.path) })
	return e.sources, e.errors
}

type expander struct {
	builtin fs.FS
	sources []source
	found   map[string]int // real path → index in sources
	errors  Errors
}

func (e *expander) fail(format string, args ...any) {
	e.errors = append(e.errors, &Error{Key: specKey, Message: fmt.Sprintf(format, args...)})
}

func (e *expander) element(name string) {
	switch name {
	case "":
		e.fail("an element of the list is empty; it is %q, a file, a directory or a glob", Builtin)
		return
	case Builtin:
		e.addBuiltin()
		return
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		if !e.directory(name) {
			e.fail("%q holds no %s", name, ruleFiles)
		}
	case err == nil && !isRuleFile(name):
		e.fail("%q is no rule file: they are called %s", name, ruleFiles)
	case err == nil:
		e.add(name, true)
	case hasMeta(name):
		e.glob(name)
	default:
		e.fail("%q cannot be read: %s", name, cause(err))
	}
}

// add takes a file of the host, unless it is there already.
func (e *expander) add(name string, named bool) {
	real, err := filepath.EvalSymlinks(name)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		real = name // reading it will tell what is the matter
	}
	if i, ok := e.found[real]; ok {
		e.sources[i].named = e.sources[i].named || named
		return
	}
	e.found[real] = len(e.sources)
	e.sources = append(e.sources, source{path: filepath.ToSlash(filepath.Clean(name)), named: named, file: name})
}

// addBuiltin takes the built-in rules.
func (e *expander) addBuiltin() {
	if _, again := e.found[Builtin]; again {
		return
	}
	n := len(e.sources)
	if e.builtin != nil {
		err := fs.WalkDir(e.builtin, ".", func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && isRuleFile(file) {
				e.sources = append(e.sources, source{path: Builtin + "/" + file, fsys: e.builtin, file: file})
			}
			return err
		})
		if err != nil {
			e.fail("%q cannot be read: %s", Builtin, cause(err))
		}
	}
	if n == len(e.sources) {
		e.fail("%q holds no %s", Builtin, ruleFiles)
	}
	e.found[Builtin] = n
}

// directory takes what is below a directory, and reports whether there was
// anything to take.
func (e *expander) directory(name string) bool {
	w := walker{expander: e, seen: make(map[string]bool)}
	w.directory(name)
	return w.hit
}

// walker goes through a tree of directories. filepath.WalkDir would not follow
// links.
type walker struct {
	*expander
	seen map[string]bool // real paths of directories, against links that go round
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
		w.errors = append(w.errors, &Error{Path: name, Message: "cannot be read: " + cause(err), Err: err})
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
	case isRuleFile(name):
		w.hit = true
		w.add(name, false)
	}
}
