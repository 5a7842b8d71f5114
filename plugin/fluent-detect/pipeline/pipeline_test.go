package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
)

// write writes a file of n lines with its name and their number.
func write(t *testing.T, dir, name string, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"file\":%q,\"line\":%d,\"pad\":%q}\n", name, i+1, strings.Repeat("x", i%100))
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOrder: with several workers every record comes once and in the order of the files,
// and so do errors.
func TestOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	dir := t.TempDir()
	a, b := write(t, dir, "a", 60_000), write(t, dir, "b", 3)
	files := []string{a, filepath.Join(dir, "missing"), b, dir, a}
	p := New(files)
	var got []string
	lines, chunks := 0, 0
	file := ""
	end := func() {
		if file != "" {
			got = append(got, fmt.Sprintf("%s %d", filepath.Base(file), lines))
		}
		file, lines = "", 0
	}
	err := p.Run(t.Context(), func(c *Chunk) error {
		if c.File != file {
			end()
		}
		if c.Err != nil {
			got = append(got, c.Err.Error())
			return nil
		}
		file = c.File
		chunks++
		for _, r := range c.Records {
			lines++
			if want := fmt.Sprintf(`"file":%q,"line":%d,`, filepath.Base(file), lines); r.Line != lines || !strings.Contains(string(r.Text), want) {
				t.Fatalf("line %d is %s", lines, r.Text)
			}
		}
		return nil
	})
	end()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a 60000", "no such file or directory", "b 3", "no file below this directory has a name that ends in " + ingest.Endings, "a 60000"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
	if chunks < 10 {
		t.Errorf("only %d chunks: not much of a test", chunks)
	}
	info, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	size := 2 * info.Size()
	if info, err = os.Stat(b); err != nil {
		t.Fatal(err)
	}
	size += info.Size()
	if read, total := p.Progress(); read != size || total != size {
		t.Errorf("%d of %d bytes read, want %d", read, total, size)
	}
}

// TestEndsEarly: after an error, or when the context is done, Run returns at once and ends
// its goroutines.
func TestEndsEarly(t *testing.T) {
	path := write(t, t.TempDir(), "a", 60_000)
	before := runtime.NumGoroutine()
	enough := errors.New("enough")
	n := 0
	err := New([]string{path, path, path}).Run(t.Context(), func(*Chunk) error {
		if n++; n == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 2 {
		t.Errorf("%v after %d chunks", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = New([]string{path, path, path}).Run(ctx, func(*Chunk) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, and it returned %v", err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
