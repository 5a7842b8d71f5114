package docs

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/test/docs/generated"
)

// The manual explains every mark of fluent_detect.integrity, and no other.
func TestIntegrityMarks(t *testing.T) {
	root := generated.Root()
	marks := map[string]bool{event.TooManyValues: true}
	mark := regexp.MustCompile(`[Ii]ntegrity = append\(\w+\.[Ii]ntegrity, "(\w+)"\)`)
	err := filepath.WalkDir(filepath.Join(root, "detector"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range mark.FindAllSubmatch(text, -1) {
			marks[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile(filepath.Join(root, "docs", "operators.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(manual), "\n## What is odd about an event\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
		explained = append(explained, row[1])
	}
	if want := slices.Sorted(maps.Keys(marks)); !ok || len(want) < 10 || !slices.Equal(explained, want) {
		t.Errorf("docs/operators.md explains %v, want %v", explained, want)
	}
}
