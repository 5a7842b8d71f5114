package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
)

// commands are the commands of the scripts in addition to testscript's own.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"code":    code,
	"gzip":    pack,
	"zstd":    pack,
	"pick":    pick,
	"repeat":  repeat,
	"crlf":    crlf,
	"cut":     cut,
	"padded":  padded,
	"head":    head,
	"retitle": retitle,
	"break":   interrupt,
}

// code N COMMAND ARG... runs the command and checks the exit code.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// retitle TO ID copies good.toml with another rule_id.
func retitle(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.Replace(ts.ReadFile("good.toml"), "00000000-0000-4000-8000-000000000001", args[1], 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// gzip FROM TO and zstd FROM TO compress a file.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	in := []byte(ts.ReadFile(args[0]))
	var b bytes.Buffer
	if strings.HasSuffix(args[1], ".zst") {
		z, err := zstd.NewWriter(&b)
		ts.Check(err)
		_, err = z.Write(in)
		ts.Check(err)
		ts.Check(z.Close())
	} else {
		z := gzip.NewWriter(&b)
		_, err := z.Write(in)
		ts.Check(err)
		ts.Check(z.Close())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o644))
}

// pick FILE FIELD... writes fields of the JSON lines of stdout to the file, separated
// by spaces.
func pick(ts *testscript.TestScript, _ bool, args []string) {
	var out strings.Builder
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var doc map[string]any
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			ts.Fatalf("stdout: %v: %s", err, line)
		}
		for i, field := range args[1:] {
			if i > 0 {
				out.WriteByte(' ')
			}
			var v any = doc
			for name := range strings.SplitSeq(field, ".") {
				m, _ := v.(map[string]any)
				v = m[name]
			}
			if v == nil {
				v = "-"
			}
			fmt.Fprint(&out, v)
		}
		out.WriteByte('\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out.String()), 0o644))
}

// repeat N FROM TO writes a file with the N-fold content of another.
func repeat(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat(ts.ReadFile(args[1]), n)), 0o644))
}

// crlf FILE converts line ends to those of Windows.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// cut N FROM TO writes a file without the last N bytes of another.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(text[:len(text)-n]), 0o644))
}

// padded N FROM TO writes a file with a line of N bytes before the content of
// another.
func padded(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat("x", n)+"\n"+ts.ReadFile(args[1])), 0o644))
}

// start starts fluent-detect with pipes and writes the file to its input, which stays
// open.
func start(ts *testscript.TestScript, file string, args []string) (cmd *exec.Cmd, out *os.File) {
	cmd = exec.Command(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "fluent-detect"), args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Stderr = new(bytes.Buffer)
	out, w, err := os.Pipe()
	ts.Check(err)
	cmd.Stdout = w
	stdin, err := cmd.StdinPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = out.Close(); _ = stdin.Close() })
	_ = w.Close()
	_, err = stdin.Write([]byte(ts.ReadFile(file)))
	ts.Check(err)
	_, err = out.Read(make([]byte, 1))
	ts.Check(err)
	return cmd, out
}

// head FILE ARG... runs fluent-detect, reads one byte of its output and closes the
// pipe. It must end silently.
func head(ts *testscript.TestScript, _ bool, args []string) {
	cmd, out := start(ts, args[0], args[1:])
	_ = out.Close()
	wait(ts, cmd)
	if text := cmd.Stderr.(*bytes.Buffer).String(); text != "" {
		ts.Fatalf("stderr:\n%s", text)
	}
}

// break TEXT FILE ARG... runs fluent-detect, interrupts it when it has printed
// something and waits for more input, and checks for the text on stderr.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	cmd, _ := start(ts, args[1], args[2:])
	ts.Check(cmd.Process.Signal(os.Interrupt))
	wait(ts, cmd)
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		ts.Fatalf("exit code %d", got)
	}
	if text := cmd.Stderr.(*bytes.Buffer).String(); !strings.Contains(text, args[0]) {
		ts.Fatalf("stderr has no %q:\n%s", args[0], text)
	}
}

// wait waits for the end, for a limited time.
func wait(ts *testscript.TestScript, cmd *exec.Cmd) {
	late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	if !late.Stop() {
		ts.Fatalf("%v does not end", cmd.Args)
	}
}
