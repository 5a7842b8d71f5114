package pipeline

import (
	"os"
	"path/filepath"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
)

// find returns the files that paths stand for: a directory stands for all files below
// it with a known ending, in lexical order. It also returns the other files in them.
func find(paths []string) (files, skipped []string) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == Stdin || err != nil || !info.IsDir() {
			files = append(files, path)
			continue
		}
		w := walker{seen: map[string]bool{}}
		w.directory(path)
		if len(w.files) == 0 {
			w.files = []string{path} // opening it reports that there is nothing to read
		}
		files = append(files, w.files...)
		skipped = append(skipped, w.skipped...)
	}
	return files, skipped
}

// walker walks a tree of directories. filepath.WalkDir would not follow links.
type walker struct {
	seen           map[string]bool // real paths of directories, for circular links
	files, skipped []string
}

func (w *walker) directory(path string) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		if w.seen[real] {
			return
		}
		w.seen[real] = true
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		w.files = append(w.files, path) // opening it reports the error
		return
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			w.directory(name)
		case ingest.IsKnownName(name) && (err != nil || info.Mode().IsRegular()):
			w.files = append(w.files, name)
		default:
			w.skipped = append(w.skipped, name)
		}
	}
}
