// Package generated keeps the tables in the documentation that come of the code.
// In a file of Markdown such a table stands between two comments:
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

var update = flag.Bool("update-docs", false, "write the generated tables of the documentation anew")

// Root returns the folder of the sources.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

// Check compares a table in a file, named from the root, with what the code
// makes of it now. With -update-docs it is written there instead.
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
		t.Fatalf("%s: the table %q is not what the code says; go test %s -update-docs writes it anew. It should be\n%s",
			file, name, "./detector/cloudtrail ./test/docs", want)
	}
	text = []byte(before + "<!-- generated: " + name + " -->\n" + want + "<!-- end -->" + after)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Table returns a table in Markdown.
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

// Code returns a text as code; nothing for nothing.
func Code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// Updating reports whether the documentation is to be written anew.
func Updating() bool { return *update }
