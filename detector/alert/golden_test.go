package alert

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden compares whole documents. The built-in rule's description and
// digest are not of interest here, and left out.
func TestGolden(t *testing.T) {
	pushed := *builtin(t)
	pushed.Description, pushed.FalsePositives, pushed.Source.SHA256 = "The description.", nil, "<sha256>"
	other := *anything(t)
	other.Source.SHA256 = "<sha256>"
	for _, c := range []struct {
		event   string
		formats []Format
	}{
		{"push", formats},
		{"serial", []Format{FormatECS, FormatOCSF}},
		{"older", []Format{FormatECS}},
		{"s3", formats},
		{"iam", []Format{FormatECS, FormatOCSF}},
		{"console-login", []Format{FormatECS, FormatOCSF}},
		{"ec2", []Format{FormatECS, FormatOCSF}},
		{"located", formats},
	} {
		r := &other
		if c.event == "push" || c.event == "serial" || c.event == "older" {
			r = &pushed
		}
		for _, f := range c.formats {
			golden(t, c.event+"."+f.String(), makeAlert(t, r, f, eventFile(t, c.event)))
		}
	}
	shared := *load(t, filepath.Join("testdata", "rules", "sigma.yml"))
	shared.Source.SHA256 = "<sha256>"
	for _, f := range formats {
		golden(t, "sigma."+f.String(), makeAlert(t, &shared, f, eventFile(t, "iam")))
	}
}

func golden(t *testing.T, name string, alert []byte) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		var got bytes.Buffer
		if err := json.Indent(&got, AppendJSON(nil, alert), "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		path := filepath.Join("testdata", "golden", name+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		gotLines, wantLines := bytes.Split(got.Bytes(), []byte("\n")), bytes.Split(want, []byte("\n"))
		for i := range max(len(gotLines), len(wantLines)) {
			var g, w []byte
			if i < len(gotLines) {
				g = gotLines[i]
			}
			if i < len(wantLines) {
				w = wantLines[i]
			}
			if !bytes.Equal(g, w) {
				t.Fatalf("%s:%d: %s\nwant %s\n(go test -update writes it anew)", path, i+1, g, w)
			}
		}
	})
}
