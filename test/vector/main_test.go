package vector

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

const root = "../.."

// command is fluent-detect, built from this source.
var command string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if _, err := exec.LookPath("vector"); err != nil {
			return m.Run() // every test skips
		}
		dir, err := os.MkdirTemp("", "vector")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		command = filepath.Join(dir, "fluent-detect")
		build := exec.Command("go", "build", "-o", command, "./plugin/fluent-detect")
		build.Dir = root
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		return m.Run()
	}())
}

// program returns the path of a program, or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("not tested: no %s on PATH", name)
	}
	return path
}

// number returns the number in an environment variable, which makes runs longer than in
// make test.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
