package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
)

// Stdin is the name of the standard input.
const Stdin = "-"

// file is an open input.
type file struct {
	reader *ingest.Reader
	close  func()
}

// open opens a file, or the standard input, and decompresses it if it is compressed.
// The bytes read are added to count.
func open(name string, whole bool, count *atomic.Int64) (*file, error) {
	in := os.Stdin
	eager := true
	if name != Stdin {
		var err error
		if in, err = os.Open(name); err != nil {
			return nil, Pathless(err)
		}
		info, err := in.Stat()
		if err == nil && info.IsDir() {
			err = errors.New("no file below this directory has a name that ends in " + ingest.Endings)
		}
		if err != nil {
			_ = in.Close()
			return nil, Pathless(err)
		}
		eager = !info.Mode().IsRegular()
	}
	decompressed, err := ingest.Decompress(&counter{in, count})
	if err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("cannot be decompressed: %w", err)
	}
	r := ingest.NewReader(decompressed)
	r.Whole, r.Eager = whole, eager
	return &file{r, func() { _ = decompressed.Close(); _ = in.Close() }}, nil
}

// counter counts the bytes that are read.
type counter struct {
	io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Pathless returns an error of the file system without its path, for callers that
// print the name of the file anyway.
func Pathless(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// total returns the size of all files, or 0 if it is unknown.
func total(names []string) int64 {
	var sum int64
	for _, name := range names {
		if name == Stdin {
			return 0
		}
		info, err := os.Stat(name)
		if err != nil || info.IsDir() {
			continue
		}
		if !info.Mode().IsRegular() {
			return 0
		}
		sum += info.Size()
	}
	return sum
}
