package ingest

import (
	"path/filepath"
	"slices"
	"strings"
)

// Endings describes the names of the files that are read in a directory.
const Endings = ".json, .jsonl, .ndjson or .log, also with .gz or .zst"

// IsKnownName reports whether a file with that name is read in a directory.
func IsKnownName(name string) bool {
	name = strings.ToLower(name)
	packed := slices.Contains([]string{".gz", ".zst"}, filepath.Ext(name))
	if packed {
		name = name[:len(name)-len(filepath.Ext(name))]
	}
	ext := filepath.Ext(name)
	return slices.Contains([]string{".json", ".jsonl", ".ndjson", ".log"}, ext) || packed && ext == ""
}

// IsPlain reports whether data that begins so is text in UTF-8: not compressed in a form
// that is recognized, and not UTF-16 or UTF-32. It looks at the first eight bytes.
func IsPlain(start []byte) bool {
	return formatOf(start) == nil && byteOrder16(start) == nil && byteOrder32(start) == nil
}
