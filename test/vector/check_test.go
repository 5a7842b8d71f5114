package vector

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
)

const cases = root + "/plugin/hostconf/testdata/vector"

// Vector's validate and fluent-detect check agree: what Vector rejects has an error, what
// works has no finding, and what Vector accepts without that it works has one. All of
// them in YAML, TOML and JSON.
func TestCheck(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	for _, c := range []struct {
		dir      string
		accepted bool
		worst    []hostconf.Severity // that check may find
	}{
		{"works", true, []hostconf.Severity{hostconf.Note}},
		{"silent", true, []hostconf.Severity{hostconf.Warning, hostconf.Error}},
		{"rejected", false, []hostconf.Severity{hostconf.Error}},
		{"beyond", false, []hostconf.Severity{hostconf.Note, hostconf.Warning}},
	} {
		files, err := filepath.Glob(filepath.Join(cases, c.dir, "*.yaml"))
		if err != nil || len(files) < 4 {
			t.Fatalf("%s: %d files, %v", c.dir, len(files), err)
		}
		converted := 0
		for _, file := range files {
			name := c.dir + "/" + filepath.Base(file)
			said, ok := validate(t, vector, file)
			if ok != c.accepted {
				t.Errorf("%s: Vector accepts it: %t, want %t\n%s", name, ok, c.accepted, said)
			}
			worst, texts := check(file)
			if !slices.Contains(c.worst, worst) {
				t.Errorf("%s: the worst finding of check is a %s, want one of %s\n%s", name, worst, c.worst, strings.Join(texts, "\n"))
			}
			for _, format := range []string{"toml", "json"} {
				other := convert(t, file, format)
				if other == "" {
					continue
				}
				converted++
				if said, accepts := validate(t, vector, other); accepts != ok {
					t.Errorf("%s as %s: Vector accepts it: %t, want %t\n%s", name, format, accepts, ok, said)
				}
				if _, other := check(other); !slices.Equal(other, texts) {
					t.Errorf("%s as %s: check says\n%s\nand of the YAML\n%s", name, format, strings.Join(other, "\n"), strings.Join(texts, "\n"))
				}
			}
		}
		if converted < 2*(len(files)-2) {
			t.Errorf("%s: only %d of %d files could be tested in another format", c.dir, converted, len(files))
		}
		t.Logf("%s: %d configurations, and %d in TOML and JSON", c.dir, len(files), converted)
	}
}

// The same for directories, which Vector reads with --config-dir, and check as one
// configuration.
func TestCheckDirectories(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	for dir, accepted := range map[string]bool{"files": true, "folders": true, "lost": false} {
		path := filepath.Join(cases, "together", dir)
		out, err := exec.Command(vector, "validate", "--no-environment", "--config-dir", path).CombinedOutput()
		if (err == nil) != accepted {
			t.Errorf("%s: Vector: %v, want it accepted: %t\n%s", dir, err, accepted, out)
		}
		worst, texts := check(path)
		if (worst < hostconf.Warning) != accepted {
			t.Errorf("%s: check has a %s: %q", dir, worst, texts)
		}
	}
}

// The shipped configurations are accepted.
func TestShipped(t *testing.T) {
	t.Parallel()
	vector := program(t, "vector")
	files, err := filepath.Glob(root + "/conf/vector/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if said, ok := validate(t, vector, file); !ok || strings.Contains(said, "~ ") {
			t.Errorf("%s:\n%s", file, said)
		}
	}
}

// convert writes a file of YAML in another format, and returns its path: "" if it has what
// only YAML can have, a key twice or a second document. (vector convert-config writes
// files that Vector rejects.)
func convert(t *testing.T, file, format string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var content map[string]any
	if yaml.Unmarshal(text, &content) != nil || bytes.Contains(text, []byte("\n---\n")) {
		return ""
	}
	path := filepath.Join(t.TempDir(), "vector."+format)
	var b []byte
	if format == "json" {
		b, err = json.MarshalIndent(content, "", "  ")
	} else {
		b, err = toml.Marshal(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// validate returns what Vector says about a file, and whether it accepts it.
func validate(t *testing.T, vector, file string) (said string, accepts bool) {
	t.Helper()
	args := []string{"validate", "--no-environment", file}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("${")) {
		args = append(args, "--dangerously-allow-env-var-interpolation")
	}
	out, err := exec.Command(vector, args...).CombinedOutput()
	return string(out), err == nil
}

// check returns the worst severity of what check finds, and all it finds, without
// positions.
func check(path string) (worst hostconf.Severity, texts []string) {
	for _, r := range hostconf.CheckAll([]string{path}) {
		for _, f := range r.Findings {
			worst = max(worst, f.Severity)
			texts = append(texts, f.Severity.String()+": "+f.Text)
		}
	}
	slices.Sort(texts)
	return worst, texts
}
