package hostconf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

// vectorCases are the directories of testdata/vector, and whether check has errors and
// warnings about the configurations in them. What Vector says of them is tested in
// test/vector.
var vectorCases = []struct {
	dir            string
	worst, atLeast Severity
}{
	{"works", Note, Note},      // Vector accepts them, and they work
	{"silent", Error, Warning}, // Vector accepts them, and events or alerts do not arrive, or are lost
	{"rejected", Error, Error}, // Vector rejects them
	{"beyond", Warning, Note},  // Vector rejects them for what check leaves to it
	{"together", Error, Note},  // configurations in several files
}

// Findings about configurations of Vector. The golden file contains all of them.
func TestVector(t *testing.T) {
	var b strings.Builder
	for _, c := range vectorCases {
		paths, err := filepath.Glob(filepath.Join("testdata/vector", c.dir, "*"))
		if err != nil || len(paths) < 4 {
			t.Fatalf("%s: %d configurations, %v", c.dir, len(paths), err)
		}
		for _, path := range paths {
			name := strings.TrimPrefix(path, "testdata/vector/")
			fmt.Fprintf(&b, "# %s\n", name)
			worst := Note
			for _, r := range CheckAll([]string{path}) {
				if r.Host != Vector {
					t.Errorf("%s: host %q", name, r.Host)
				}
				for _, f := range r.Findings {
					worst = max(worst, f.Severity)
					fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(fmt.Sprintf("%s: %s: %s", f.Position, f.Severity, f.Text), "testdata/vector/", ""))
				}
			}
			if worst > c.worst || worst < c.atLeast {
				t.Errorf("%s: the worst finding is a %s, want %s to %s", name, worst, c.atLeast, c.worst)
			}
			b.WriteByte('\n')
		}
	}
	const golden = "testdata/vector.golden"
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

// A variable has its value, or its default, where one is needed, and values with those
// that are not set are not judged.
func TestVectorVariables(t *testing.T) {
	t.Setenv("TRAIL_CODEC", "avro")
	path := filepath.Join(t.TempDir(), "vector.toml")
	text, err := os.ReadFile("testdata/right/vector.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, new, want string }{
		{`"raw_message"`, `"${TRAIL_CODEC}"`, "encoding.codec avro is not supported"},
		{`"raw_message"`, `"${TRAIL_CODECS:-cef}"`, "encoding.codec cef is not supported"},
		{`"raw_message"`, `"${TRAIL_CODECS}"`, ""},
		{`"raw_message"`, `"$TRAIL_CODEC"`, "encoding.codec avro is not supported"},
		{`"raw_message"`, "\"raw_message\"\nbatch.max_bytes = ${TRAIL_BYTES}", ""},
		{`"raw_message"`, "\"raw_message\"\nbatch.max_bytes = ${TRAIL_BYTES:-10MB}", "not TOML"},
		{`http://127.0.0.1:9880/v1/ingest`, `${TRAIL_URL}`, ""},
		{`http://127.0.0.1:9880/v1/ingest`, `http://${TRAIL_HOST}:9880/v1/ingst`, ""},
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), test.old, test.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, f := range Check(path).Findings {
			if f.Severity == Error {
				found = append(found, f.Text)
			}
		}
		if all := strings.Join(found, "\n"); (all != "") != (test.want != "") || !strings.Contains(all, test.want) {
			t.Errorf("%s: %q, want %q", test.new, all, test.want)
		}
	}
}
