// Package generated compares tables in the documentation with those that are generated
// from the code. In a Markdown file such a table is between two comments:
//
//	<!-- generated: output-keys -->
//	| key | default | meaning |
//	…
//	<!-- end -->
package generated

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update-docs", false, "write the generated tables of the documentation")

// Root returns the root directory of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

// Check compares a table in a file, relative to the root, with the generated one. With
// -update-docs it writes the table instead.
func Check(t *testing.T, file, name, want string) {
	t.Helper()
	path := filepath.Join(Root(), file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "<!-- generated: "+name+" -->\n")
	got, after, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		t.Fatalf("%s has no generated table %q", file, name)
	}
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s: the table %q is out of date; go test %s -update-docs writes it. It should be\n%s",
			file, name, "./detector/... ./test/docs", want)
	}
	text = []byte(before + "<!-- generated: " + name + " -->\n" + want + "<!-- end -->" + after)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Table returns a Markdown table.
func Table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// Code returns a text as Markdown code, or "" for "".
func Code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// Updating reports whether -update-docs was given.
func Updating() bool { return *update }
