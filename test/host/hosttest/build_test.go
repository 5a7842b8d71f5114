// SPDX-License-Identifier: Apache-2.0

// Package hosttest tests the test host itself, with the small C plugins of
// ../selftest. It lies beside the C files and not among them, because the go
// command refuses C files in a package that does not use cgo.
package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// built is where TestMain put host, tiny_out.so and tiny_in.so; empty when
// there is no compiler.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if _, err := exec.LookPath("gcc"); err != nil {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "hosttest")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if err := build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		built = dir
		// A run of the host sleeps most of the time, so more of them than there are
		// processors go on at once.
		flag.Parse()
		if err := flag.Set("test.parallel", "12"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// build compiles the host and the plugins into dir, with the flags in
// HOST_CFLAGS too: sanitizers, for one (ASAN_OPTIONS=handle_segv=0 leaves the
// crashes the tests expect as they are).
func build(dir string) error {
	flags := strings.Fields(os.Getenv("HOST_CFLAGS"))
	sources, err := filepath.Glob("../*.c")
	if err != nil {
		return err
	}
	out, in := filepath.Join(dir, "tiny_out.so"), filepath.Join(dir, "tiny_in.so")
	shared := []string{"-fPIC", "-shared", "-Wl,-z,nodelete"}
	for _, args := range [][]string{
		append(sources, "-O2", "-o", filepath.Join(dir, "host"), "-ldl", "-lpthread"),
		append(shared, "-Wl,-soname,tiny_out.so", "-o", out, "../selftest/tiny_out.c", "-lpthread"),
		append(shared, "-o", in, "../selftest/tiny_in.c", "-L"+dir, "-l:tiny_out.so", "-Wl,-rpath,$ORIGIN"),
	} {
		args = append(append([]string{"-std=c11", "-Wall", "-Wextra", "-Werror", "-g"}, flags...), args...)
		if output, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("gcc %s: %w\n%s", strings.Join(args, " "), err, output)
		}
	}
	return nil
}

func needHost(t *testing.T) {
	t.Helper()
	if built == "" {
		t.Skip("not tested: the test host: gcc is not on PATH")
	}
}

// result is what one run of the host left.
type result struct {
	t      *testing.T
	code   int // exit status; -1 when a signal ended it
	signal syscall.Signal
	alerts []alert
	stderr string
	stats  map[string]float64
	trace  string // the calls the plugins saw, one a line
}

type alert struct {
	Tag    string
	Time   json.Number
	Record json.RawMessage
}

// run starts the host with both plugins, quick timers and the given
// arguments; those of the form NAME=value before the first that begins with a
// dash are its environment.
func run(t *testing.T, stdin string, args ...string) *result {
	t.Helper()
	needHost(t)
	trace := filepath.Join(t.TempDir(), "trace")
	env := append(os.Environ(), "TINY_TRACE="+trace)
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		env, args = append(env, args[0]), args[1:]
	}
	args = append([]string{
		"--output", filepath.Join(built, "tiny_out.so"), "--input", filepath.Join(built, "tiny_in.so"),
		"--timer", "0.05", "--wait", "0.4", "--stats",
	}, args...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(built, "host"), args...)
	cmd.Env = env
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := &result{t: t, code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		r.signal = status.Signal()
	}
	for line := range strings.Lines(stdout.String()) {
		var a alert
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Errorf("not a JSON line: %v: %s", err, line)
		}
		r.alerts = append(r.alerts, a)
	}
	for line := range strings.Lines(r.stderr) {
		if strings.HasPrefix(line, "{") {
			if err := json.Unmarshal([]byte(line), &r.stats); err != nil {
				t.Errorf("statistics are not JSON: %v: %s", err, line)
			}
		}
	}
	calls, _ := os.ReadFile(trace)
	r.trace = string(calls)
	return r
}

// wantCode checks the exit status, and that stderr holds every text.
func (r *result) wantCode(code int, texts ...string) {
	r.t.Helper()
	if r.code != code || r.signal != 0 {
		r.t.Errorf("exit status %d, signal %v; want status %d\n%s", r.code, r.signal, code, r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			r.t.Errorf("stderr lacks %q:\n%s", text, r.stderr)
		}
	}
}

func (r *result) wantStats(want map[string]float64) {
	r.t.Helper()
	for name, n := range want {
		if got, ok := r.stats[name]; !ok || got != n {
			r.t.Errorf("stats: %s is %v, want %v\n%s", name, got, n, r.stderr)
		}
	}
}

// bodies returns the records of all alerts, one a line.
func (r *result) bodies() string {
	var b strings.Builder
	for _, a := range r.alerts {
		b.Write(a.Record)
		b.WriteByte('\n')
	}
	return b.String()
}

// command runs the bare host.
func command(t *testing.T, env []string, args ...string) *result {
	t.Helper()
	needHost(t)
	var stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(built, "host"), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return &result{t: t, code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
}
