package elastic

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestErrors loads each file of testdata/bad on its own, by name, and compares
// the whole message.
func TestErrors(t *testing.T) {
	bad, err := filepath.Glob("testdata/bad/*")
	if err != nil || len(bad) < 12 {
		t.Fatalf("%d bad files, %v", len(bad), err)
	}
	var b strings.Builder
	for _, file := range bad {
		_, err := files.Load(file, nil, Formats("kuery")...)
		if err == nil {
			t.Errorf("%s: no error", file)
			continue
		}
		fmt.Fprintf(&b, "# %s\n%v\n\n", filepath.Base(file), err)
	}
	golden(t, "testdata/errors.golden", b.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("%s:%d differs (-update writes it anew)\n got: %q\nwant: %q", file, i+1, at(a, i), at(b, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
