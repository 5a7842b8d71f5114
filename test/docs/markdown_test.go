package docs

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// document is a Markdown file.
type document struct {
	name   string // from the root
	text   string
	blocks []*block
}

// block is an example: the text between two lines of ```. After the language may follow
// the name of the file to save it as, and a mark such as "refused".
type block struct {
	language, name, note string
	line                 int // of the ``` above
	text                 string
}

// documents returns all Markdown files, sorted by name.
func documents(t *testing.T) (all []*document) {
	t.Helper()
	root := generated.Root()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && (name == "build" || name == "dist" || name == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".md"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		all = append(all, &document{name, string(text), blocksOf(t, name, string(text))})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func blocksOf(t *testing.T, name, text string) (blocks []*block) {
	t.Helper()
	var open *block
	n := 0
	for line := range strings.Lines(text) {
		n++
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			words := append(strings.Fields(info), "", "", "")
			open = &block{language: words[0], name: words[1], note: words[2], line: n}
		case fence:
			blocks = append(blocks, open)
			open = nil
		case open != nil:
			open.text += line
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the example does not end", name, open.line)
	}
	return blocks
}

var (
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noSlug  = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors returns the anchors that GitHub makes of the headings.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all[strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// Links lead to existing files and headings.
func TestLinks(t *testing.T) {
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(d.text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := filepath.Join(generated.Root(), filepath.Dir(d.name), path)
			if path == "" {
				target = filepath.Join(generated.Root(), d.name)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads to no file", d.name, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			text, err := os.ReadFile(target)
			if err != nil || !anchors(string(text))[anchor] {
				t.Errorf("%s: the link %s leads to no heading", d.name, m[1])
			}
		}
	}
}

// rows returns the cells of the table with that head.
func (d *document) rows(head string) (rows [][]string) {
	_, rest, ok := strings.Cut(d.text, head+"\n")
	if !ok {
		return nil
	}
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		const escaped = "\x00" // a | in a cell
		line = strings.ReplaceAll(line, `\|`, escaped)
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], escaped, "|"))
		}
		rows = append(rows, cells)
	}
	return rows
}

// find returns a document by its name.
func find(t *testing.T, name string) *document {
	t.Helper()
	for _, d := range documents(t) {
		if d.name == name {
			return d
		}
	}
	t.Fatal("no document " + name)
	return nil
}

// replace replaces an example in the file.
func (d *document) replace(t *testing.T, b *block, text string) {
	t.Helper()
	path := filepath.Join(generated.Root(), d.name)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(old, []byte("\n"+b.text+"```"), []byte("\n"+text+"```"), 1)
	if err := os.WriteFile(path, changed, 0o644); err != nil {
		t.Fatal(err)
	}
}
