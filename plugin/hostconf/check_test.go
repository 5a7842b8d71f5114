package hostconf

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "write the golden file anew")

// Each file in testdata/broken is a configuration with the error in its name. The
// golden file contains all findings.
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
	const golden = "testdata/findings.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Diff("want", want, "got", []byte(b.String())); d != nil {
		t.Errorf("-update writes %s anew:\n%s", golden, d)
	}
}
