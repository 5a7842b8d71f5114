package hostconf

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile is the maximum size of a file.
const maxFile = 4 << 20

// maxIncludes is the maximum number of files, as in Fluent Bit.
const maxIncludes = 32

// open reads a file. Errors are reported at the position from which it is included,
// or at the file itself.
func (c *config) open(path string, from Position) (data []byte, ok bool) {
	at := from
	if from.File == "" {
		at = c.in(path, 0, 0)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		c.fail(at, "%s", unreadable(path, from, err))
		return nil, false
	case !info.Mode().IsRegular():
		c.fail(at, "%s is not a regular file", path)
		return nil, false
	case info.Size() > maxFile:
		c.fail(at, "%s has %d bytes, the maximum is %d", path, info.Size(), maxFile)
		return nil, false
	case slices.Contains(c.files, path):
		c.fail(at, "%s is included twice, which Fluent Bit rejects", path)
		return nil, false
	case len(c.files) >= maxIncludes:
		c.fail(at, "more than %d files, which Fluent Bit rejects", maxIncludes)
		return nil, false
	}
	if data, err = os.ReadFile(path); err != nil {
		c.fail(at, "%s", unreadable(path, from, err))
		return nil, false
	}
	c.files = append(c.files, path)
	return data, true
}

// classic reads files in Fluent Bit's classic format.
type classic struct {
	*config
	root string // the directory of the first file, from which relative paths start
}

// read reads a file that is included at a position, or the first one.
func (c *classic) read(path string, from Position) {
	if data, ok := c.open(path, from); ok {
		c.parse(path, data)
	}
}

// parse reads the lines of a file.
func (c *classic) parse(path string, data []byte) {
	f := classicFile{classic: c, path: path}
	for line := range strings.Lines(string(data)) {
		f.line++
		line = strings.TrimRight(line, "\n")
		if !f.take(strings.TrimSuffix(line, "\r")) {
			f.broken = true
			return
		}
	}
}

// classicFile is a file that is being read.
type classicFile struct {
	*classic
	path    string
	line    int
	indent  string   // of the first key, which all others must have too
	section *section // nil before the first one
	group   bool     // in a group of the section
}

func (f *classicFile) at(column int) Position { return f.in(f.path, f.line, column) }

// take parses a line. It returns false if Fluent Bit stops at it.
func (f *classicFile) take(line string) bool {
	switch {
	case line == "", line[0] == '#':
		return true
	case line[0] == '@':
		return f.command(line)
	case line[0] == '[':
		return f.header(line)
	}
	return f.property(line)
}

// command reads @SET and @INCLUDE.
func (f *classicFile) command(line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToUpper(word) {
	case "@SET":
		name, value, ok := strings.Cut(rest, "=")
		if !ok {
			f.fail(f.at(1), "@SET: must be followed by NAME=VALUE")
			return true
		}
		f.variables[strings.TrimSpace(name)] = strings.TrimSpace(value)
	case "@INCLUDE":
		return f.include(rest)
	default:
		f.fail(f.at(1), "unknown command %s, which Fluent Bit ignores: the commands are @INCLUDE and @SET", word)
	}
	return true
}

func (f *classicFile) include(name string) bool {
	at := f.at(1)
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(f.root, name)
	}
	if !strings.Contains(name, "*") {
		before := len(f.files)
		f.read(path, at)
		return len(f.files) > before && !f.broken
	}
	paths, err := filepath.Glob(path)
	if err != nil || len(paths) == 0 {
		f.fail(at, "@INCLUDE: file %s does not exist", path)
		return false
	}
	for _, p := range paths {
		f.read(p, at)
	}
	return true
}

func (f *classicFile) header(line string) bool {
	end := strings.IndexByte(line, ']')
	if end < 0 {
		f.fail(f.at(1), "the name of a section must end with ]")
		return false
	}
	name := line[1:end]
	kind := kindOf(name, f.config, f.at(1))
	f.section, f.group = &section{kind: kind, at: f.at(1)}, false
	f.sections = append(f.sections, f.section)
	return true
}

// property reads an indented line.
func (f *classicFile) property(line string) bool {
	content := strings.TrimLeft(line, " \t")
	blanks := line[:len(line)-len(content)]
	if blanks == "" {
		f.fail(f.at(1), "keys must be indented, and comments must begin with #")
		return false
	}
	if f.indent == "" {
		f.indent = blanks
		if content == "" {
			return true
		}
	}
	column := len(blanks) + 1
	switch extra, ok := strings.CutPrefix(blanks, f.indent); {
	case !ok && strings.Trim(blanks+f.indent, " ") != "" && strings.Trim(blanks+f.indent, "\t") != "":
		f.fail(f.at(column), "this line is indented with tabs and another one with spaces, which Fluent Bit rejects")
		return false
	case !ok:
		f.fail(f.at(column), "this line is indented less than the first key of the file, which Fluent Bit rejects")
		return false
	case extra == "":
		f.group = false
	case len(extra) != len(f.indent):
		f.fail(f.at(column), "this line is indented more than the first key of the file, which Fluent Bit rejects")
		return false
	}
	if content == "" || content[0] == '#' {
		return true
	}
	if isGroup := content[0] == '[' && strings.Contains(content, "]") && strings.Contains(content, " "); isGroup && len(blanks) == len(f.indent) && f.section != nil {
		f.group = true
		return true
	}
	return f.keyValue(content, column)
}

func (f *classicFile) keyValue(content string, column int) bool {
	key, value, ok := strings.Cut(content, " ")
	at := f.at(column)
	value = strings.TrimRight(value, " \t")
	trimmed := strings.TrimLeft(value, " \t")
	switch {
	case content[0] == '[':
		f.fail(at, "the name of a section must begin in the first column")
		return false
	case content[0] == '@':
		f.fail(at, "%s must begin in the first column: here it is parsed as a key", key)
		return true
	case strings.Contains(key, "\t"):
		f.fail(at, "a tab between key and value, which Fluent Bit rejects: use a space")
		return false
	case !ok || trimmed == "":
		f.fail(at, "the key %s has no value, which Fluent Bit rejects", key)
		return false
	case f.section == nil:
		f.fail(at, "the key %s is before the first section, which Fluent Bit rejects", key)
		return false
	case f.group:
		return true
	}
	valueAt := f.at(column + len(content) - len(strings.TrimLeft(content[len(key):], " \t")))
	f.section.properties = append(f.section.properties, property{
		key: key, name: strings.ToLower(key), value: trimmed, at: at, valueAt: valueAt,
	})
	return true
}
