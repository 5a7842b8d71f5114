package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/query/kql/kqltest"
	"github.com/fluent-detect/fluent-detect/detector/rule/sigma/sigmatest"
)

// TestVectors evaluates queries with a known meaning: our own, and those beside the
// project on some machines, which were measured against Elasticsearch.
func TestVectors(t *testing.T) {
	kqltest.Run(t, "../..", func(t *testing.T, vectors []kqltest.Vector) {
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

// TestSigmaVectors does the same with Sigma rules.
func TestSigmaVectors(t *testing.T) {
	sigmatest.Run(t, "../..", func(t *testing.T, vectors []sigmatest.Vector) {
		dir := t.TempDir()
		for i, v := range vectors {
			file := filepath.Join(dir, fmt.Sprintf("%d.yml", i))
			if err := os.WriteFile(file, []byte(v.Rule), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "eval", "--rule", file, "-")
			cmd.Env = append(os.Environ(), runAsCommand+"=1", "NO_COLOR=1")
			cmd.Stdin = bytes.NewReader(v.Records())
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			want, isBool := v.Expect.(bool)
			switch code := cmd.ProcessState.ExitCode(); {
			case !isBool:
				if code != exitRefused || len(out) > 0 || !strings.Contains(stderr.String(), file+":") {
					t.Errorf("%s: %s: want a refusal, got code %d, %s%s\n%s", v.ID, v.Why, code, out, &stderr, v.Rule)
				}
			case code != 0 || (len(out) > 0) != want:
				t.Errorf("%s: %s: code %d, matches: %v, want %v: %s\n%s%s", v.ID, v.Why, code, len(out) > 0, want, &stderr, v.Rule, v.Records())
			}
		}
	})
}

const exitRefused = 2
