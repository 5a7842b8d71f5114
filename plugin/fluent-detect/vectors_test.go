package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestVectors evaluates queries with a known meaning: our own, and those beside the
// project on some machines, which were measured against Elasticsearch.
func TestVectors(t *testing.T) {
	for name, path := range map[string]string{"own": "../../detector/query/kql/testdata/vectors.json", "shared": "../../../shared/kql-vectors.json"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) && name == "shared" {
				t.Skipf("%s does not exist: only our own vectors are tested", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			var vectors []struct {
				Query, Note, Error string
				Doc                json.RawMessage
				Expect             *bool
				Types              map[string]string
			}
			if err := json.Unmarshal(data, &vectors); err != nil {
				t.Fatal(err)
			}
			if len(vectors) < 100 {
				t.Fatalf("only %d vectors", len(vectors))
			}
			for _, v := range vectors {
				args := []string{"eval", "--query", v.Query}
				for field, typ := range v.Types {
					args = append(args, "--type", field+"="+typ)
				}
				cmd := exec.Command(os.Args[0], append(args, "-")...)
				cmd.Env = append(os.Environ(), runAsCommand+"=1", "NO_COLOR=1")
				cmd.Stdin = bytes.NewReader(v.Doc)
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				var exit *exec.ExitError
				if err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				code := cmd.ProcessState.ExitCode()
				switch {
				case v.Expect == nil:
					if code != exitRefused || len(out) > 0 || !strings.Contains(stderr.String(), "--query:1:") {
						t.Errorf("%s\n%s\nwant a refusal, got code %d, %s%s (%s)", v.Query, v.Doc, code, out, &stderr, v.Note)
					}
				case code != 0 || stderr.Len() > 0:
					t.Errorf("%s\n%s\ncode %d: %s(%s)", v.Query, v.Doc, code, &stderr, v.Note)
				case (len(out) > 0) != *v.Expect:
					t.Errorf("%s\n%s\nmatches: %v, want %v (%s)", v.Query, v.Doc, len(out) > 0, *v.Expect, v.Note)
				}
			}
		})
	}
}

const exitRefused = 2
