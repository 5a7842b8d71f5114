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

// There are no findings for the configurations in testdata/right.
func TestRight(t *testing.T) {
	files, err := filepath.Glob("testdata/right/*.*")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		r := Check(file)
		if r.Host == "" || r.Refused {
			t.Errorf("%s: host %q, refused %v", file, r.Host, r.Refused)
		}
		for _, f := range r.Findings {
			t.Errorf("%s: %s", f.Severity, f)
		}
	}
}

// A TOML or JSON file is a configuration if Vector's sections are in it.
func TestIsConfiguration(t *testing.T) {
	for path, want := range map[string]bool{
		"testdata/broken/vector.toml": true, "testdata/broken/vector.json": true, "testdata/broken/vector-syntax.toml": true, "testdata/broken/vector-syntax.json": true,
		"../../conf/rules/aws-ec2-instance-connect-ssh-public-key-uploaded.toml": false, "../../conf/grafana/fluent-detect.json": false,
		"testdata/files/111122223333_CloudTrail_eu-west-1_20260504T1015Z_a.json": false, "testdata/nowhere.toml": false, "testdata/nowhere.conf": true,
	} {
		if got := IsConfiguration(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

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
