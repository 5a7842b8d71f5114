package rule

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParseTOML holds that no file makes a panic, that an error says where it
// is, and that what comes out can be relied on.
func FuzzParseTOML(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.toml", "testdata/good/*.toml", "../../conf/rules/*.toml"} {
		seed(f, pattern)
	}
	f.Add([]byte(minimal + "[fluent_detect]\nreason = \"\"\"\\\n {a}[ {b}]\"\"\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseTOML("x.toml", data)
		if err != nil {
			if r != nil || !strings.HasPrefix(err.Error(), "x.toml:") {
				t.Fatalf("%v, %v", r, err)
			}
			return
		}
		sound(t, r)
	})
}

// FuzzParseNDJSON holds the same of NDJSON.
func FuzzParseNDJSON(f *testing.F) {
	seed(f, "testdata/*/*.ndjson")
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, _, err := ParseNDJSON("x.ndjson", data)
		if err != nil && (rules != nil || !strings.HasPrefix(err.Error(), "x.ndjson:")) {
			t.Fatalf("%v, %v", rules, err)
		}
		for _, r := range rules {
			sound(t, r)
		}
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

// sound checks what everybody takes for granted of a rule.
func sound(t *testing.T, r *Rule) {
	t.Helper()
	if r.ID == "" || r.Name == "" || r.Severity.String() == "" || r.Type != "query" || r.Language != "kuery" ||
		strings.TrimSpace(r.Query) == "" || r.RiskScore < 0 || r.RiskScore > 100 || r.MaxSignals < 1 || r.Version < 1 ||
		r.IntervalDuration <= 0 || r.Source.Line < 1 || len(r.Source.SHA256) != 64 || strings.ContainsAny(r.Name, "\n\r\x1b") {
		t.Fatalf("%+v", r)
	}
	line, column := 0, 0
	for i, queryLine := range strings.Split(r.Query, "\n") {
		for c := range len([]rune(queryLine)) + 1 {
			l, k := r.QueryPosition(i+1, c+1)
			if l < line || l == line && k < column || l < r.Source.QueryLine || k < 1 {
				t.Fatalf("query %q: %d:%d is %d:%d, after %d:%d", r.Query, i+1, c+1, l, k, line, column)
			}
			line, column = l, k
		}
	}
	for _, one := range r.Extension.Tests {
		if !json.Valid(one.Event) || one.Name == "" || one.Line < 1 || one.Expect != ExpectAlert && one.Expect != ExpectNone {
			t.Fatalf("%+v", one)
		}
	}
	for _, p := range r.Extension.Reason.Parts {
		if (p.Literal != "") == (p.Field != "") && len(p.Group) == 0 {
			t.Fatalf("template %q: %+v", r.Extension.Reason, p)
		}
	}
}
