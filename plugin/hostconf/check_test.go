package hostconf

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew")

// Each file of testdata/broken is a configuration that is right but for what its
// name says. The golden file has all that there is to say about each.
func TestBroken(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d broken files, %v", len(files), err)
	}
	var b strings.Builder
	for _, file := range files {
		fmt.Fprintf(&b, "# %s\n", filepath.Base(file))
		r := Check(file)
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(fmt.Sprintf("%s: %s: %s", f.Position, f.Severity, f.Text), "testdata/broken/", ""))
		}
		if len(r.Findings) == 0 {
			t.Errorf("%s: nothing is found", file)
		}
		b.WriteByte('\n')
	}
	golden(t, "testdata/findings.golden", b.String())
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
			t.Fatalf("%s:%d differs (-update writes it anew)\n got: %q\nwant: %q", file, i+1, lineAt(a, i), lineAt(b, i))
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
