package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
)

const (
	// coarse is the resolution of the times of file systems.
	coarse = 2 * time.Second
	// quietAfter is for how long a directory must not have changed before the compressed
	// files in it are looked at only every quietCheck.
	quietAfter = time.Hour
	quietCheck = time.Hour
)

// found is a file that a pattern stands for.
type found struct {
	path string
	info fs.FileInfo
}

// finder finds the files that patterns stand for. It remembers the directories, so that
// those in which nothing happens cost little.
type finder struct {
	patterns []Pattern
	use      func(context.Context, found)
	context  context.Context // of the current find
	fail     func(path string, err error)
	skipped  func(path string) // a file in a directory whose ending is not known

	dirs    map[string]*directory
	seen    map[id]bool
	entered map[visit]bool // for the current pattern
	now     time.Time
}

// directory is what is known of a directory.
type directory struct {
	modified time.Time
	listed   time.Time
	visited  time.Time
	looked   time.Time // when its compressed files were looked at
	names    []entry
}

// visit is a directory, and how many parts of the pattern were left there. Links may lead
// to it again.
type visit struct {
	id    id
	parts int
}

type entry struct {
	name   string
	dir    bool
	packed bool
	fresh  bool // it was not there before
}

// find calls use with each file, once, except for compressed files in directories that
// have not changed for long. It calls skipped with new files that are not read.
func (f *finder) find(now time.Time) {
	f.now, f.seen = now, map[id]bool{}
	for _, p := range f.patterns {
		f.entered = map[visit]bool{}
		f.expand(p)
	}
	for path, d := range f.dirs {
		if d.visited != now {
			delete(f.dirs, path)
		}
	}
}

// expand finds what a pattern stands for.
func (f *finder) expand(p Pattern) {
	info, err := os.Stat(p.root)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it may come
	case err != nil:
		f.fail(p.root, err)
	case info.IsDir() && len(p.parts) == 0:
		f.directory(p.root, info, allBelow)
	case info.IsDir():
		f.directory(p.root, info, p.parts)
	case len(p.parts) == 0:
		f.file(p.root, info)
	}
}

// allBelow are the parts of a directory's path.
var allBelow = []string{"**"}

// directory finds what the parts, of which there is at least one, stand for in a
// directory.
func (f *finder) directory(path string, info fs.FileInfo, parts []string) {
	at := visit{idOf(path, info), len(parts)}
	if f.entered[at] {
		return
	}
	f.entered[at] = true
	d := f.list(path, info)
	if d == nil {
		return
	}
	quiet := f.now.Sub(d.modified) > quietAfter && d.looked != f.now && f.now.Sub(d.looked) < quietCheck
	if !quiet {
		d.looked = f.now
	}
	part, rest := parts[0], parts[1:]
	everything := part == "**"
	if everything && len(rest) > 0 {
		f.directory(path, info, rest)
	}
	for _, e := range d.names {
		if strings.HasPrefix(e.name, ".") && !strings.HasPrefix(part, ".") {
			continue // hidden, or being written
		}
		if ok, _ := filepath.Match(part, e.name); !ok && !everything {
			continue
		}
		name := filepath.Join(path, e.name)
		switch {
		case e.dir && everything:
			f.below(name, parts)
		case e.dir && len(rest) > 0:
			f.below(name, rest)
		case e.dir:
			f.below(name, allBelow)
		case len(rest) > 0, quiet && e.packed:
		case everything && !ingest.IsKnownName(e.name):
			if e.fresh && d.listed == f.now {
				f.skipped(name)
			}
		default:
			f.entry(name)
		}
	}
}

// below finds what the parts stand for in a subdirectory.
func (f *finder) below(path string, parts []string) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		f.directory(path, info, parts)
	}
}

func (f *finder) entry(path string) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		f.file(path, info)
	case !errors.Is(err, fs.ErrNotExist):
		f.fail(path, err)
	}
}

// file uses a file if it is a regular one.
func (f *finder) file(path string, info fs.FileInfo) {
	if id := idOf(path, info); info.Mode().IsRegular() && !f.seen[id] {
		f.seen[id] = true
		f.use(f.context, found{path, info})
	}
}

// list returns the names in a directory. It reads them if they may have changed.
func (f *finder) list(path string, info fs.FileInfo) *directory {
	d := f.dirs[path]
	if d != nil && d.modified.Equal(info.ModTime()) && d.listed.Sub(d.modified) > coarse {
		d.visited = f.now
		return d
	}
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.fail(path, err)
	}
	if err != nil {
		return nil
	}
	before := map[string]bool{}
	if d != nil {
		for _, e := range d.names {
			before[e.name] = true
		}
	}
	d = &directory{modified: info.ModTime(), listed: f.now, visited: f.now} // looked: not yet
	for _, e := range entries {
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := os.Stat(filepath.Join(path, e.Name()))
			isDir = err == nil && target.IsDir()
		}
		ext := strings.ToLower(filepath.Ext(e.Name()))
		d.names = append(d.names, entry{e.Name(), isDir, ext == ".gz" || ext == ".zst", !before[e.Name()]})
	}
	slices.SortFunc(d.names, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	f.dirs[path] = d
	return d
}
