package elastic

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// FuzzParseTOML holds that no file makes a panic, that an error says where it
// is, and that what comes out can be relied on.
func FuzzParseTOML(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.toml", "testdata/good/*.toml", "../../../conf/rules/*.toml"} {
		seed(f, pattern)
	}
	f.Add([]byte(minimal + "[fluent_detect]\nreason = \"\"\"\\\n {a}[ {b}]\"\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, errs := kuery.parseTOML("x.toml", data)
		if len(errs) > 0 && !strings.HasPrefix(errs.Error(), "x.toml:") {
			t.Fatal(errs)
		}
		sound(t, set)
	})
}

// FuzzParseNDJSON holds the same of NDJSON.
func FuzzParseNDJSON(f *testing.F) {
	seed(f, "testdata/*/*.ndjson")
	f.Fuzz(func(t *testing.T, data []byte) {
		set, errs := kuery.parseNDJSON("x.ndjson", data)
		if len(errs) > 0 && !strings.HasPrefix(errs.Error(), "x.ndjson:") {
			t.Fatal(errs)
		}
		sound(t, set)
	})
}

func seed(f *testing.F, pattern string) {
	files, _ := filepath.Glob(pattern)
	if len(files) == 0 {
		f.Fatalf("no seeds in %s", pattern)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// sound checks what is taken for granted of rules.
func sound(t *testing.T, set rule.Set) {
	t.Helper()
	for _, r := range set.Rules {
		if r.ID == "" || r.Name == "" || r.Severity.String() == "" || r.Query.Language != "kuery" || strings.TrimSpace(r.Query.Text) == "" ||
			r.RiskScore < 0 || r.RiskScore > 100 || r.MaxSignals < 1 || r.Version < 1 || r.IntervalDuration <= 0 ||
			r.Source.Line < 1 || r.Source.IDLine < 1 || len(r.Source.SHA256) != 64 || strings.ContainsAny(r.Name, "\n\r\x1b") {
			t.Fatalf("%+v", r)
		}
		line, column := 1, 1
		for i, queryLine := range strings.Split(r.Query.Text, "\n") {
			for c := range len([]rune(queryLine)) + 1 {
				l, k := r.Query.Position(i+1, c+1)
				if l < line || l == line && k < column || k < 1 {
					t.Fatalf("query %q: %d:%d is %d:%d, after %d:%d", r.Query.Text, i+1, c+1, l, k, line, column)
				}
				line, column = l, k
			}
		}
		for _, test := range r.Extension.Tests {
			if test.Name == "" || test.Line < 1 {
				t.Fatalf("%+v", test)
			}
			for _, e := range test.Events {
				if !json.Valid(e.Event) || e.Line < 1 || e.Expect != rule.ExpectAlert && e.Expect != rule.ExpectNone {
					t.Fatalf("%+v", e)
				}
			}
		}
		for _, p := range r.Extension.Reason.Parts {
			if (p.Literal != "") == (p.Field != "") && len(p.Group) == 0 {
				t.Fatalf("template %q: %+v", r.Extension.Reason, p)
			}
		}
	}
}
