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

// Stdin is the name that stands for the standard input.
const Stdin = "-"

// file is an open input.
type file struct {
	reader *ingest.Reader
	close  func()
}

// open opens a file, or the standard input, and unpacks it when it is packed.
// What is read of it is counted.
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
			err = errors.New("is a directory; name the files in it")
		}
		if err != nil {
			_ = in.Close()
			return nil, Pathless(err)
		}
		eager = !info.Mode().IsRegular()
	}
	unpacked, err := ingest.Decompress(&counter{in, count})
	if err != nil {
		_ = in.Close()
		return nil, fmt.Errorf("cannot be unpacked: %w", err)
	}
	r := ingest.NewReader(unpacked)
	r.Whole, r.Eager = whole, eager
	return &file{r, func() { _ = unpacked.Close(); _ = in.Close() }}, nil
}

// counter counts what is read.
type counter struct {
	io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Pathless returns an error of the file system without the path, which is named
// beside it or means nothing.
func Pathless(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// total returns the bytes of all files, or 0 when that cannot be known.
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
