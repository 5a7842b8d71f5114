package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// MaxSize is the maximum size of a file with a single rule, or of one with
// exceptions.
const MaxSize = 1 << 20

// builtinRank is the rank of the built-in rules: any other file replaces them.
const builtinRank = math.MaxInt

// file is a file of rules.
type file struct {
	path     string // for people
	fsys     fs.FS
	name     string // in fsys
	explicit bool   // the spec has its path, so it was not found in a directory or by a glob
	rank     int    // of two rules with the same ID, the one whose file has the lower rank is used
}

// Read reads a regular file of at most maxSize bytes.
func Read(path string, maxSize int) ([]byte, *rule.Error) {
	f := file{path: path, fsys: host{}, name: path}
	return f.read(maxSize)
}

// host is the file system of the host.
type host struct{}

func (host) Open(name string) (fs.File, error) { return os.Open(name) }

func (host) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (f *file) read(maxSize int) ([]byte, *rule.Error) {
	data, err := readRegular(f.fsys, f.name, maxSize)
	if err != nil {
		return nil, unreadable(f.path, err)
	}
	return data, nil
}

func readRegular(fsys fs.FS, name string, maxSize int) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return nil, errors.New("not a regular file")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	data.Grow(int(min(info.Size(), int64(maxSize))) + bytes.MinRead)
	_, err = data.ReadFrom(io.LimitReader(f, int64(maxSize)+1))
	if err == nil && data.Len() > maxSize {
		err = fmt.Errorf("%d bytes, more than the maximum of %d", max(info.Size(), int64(data.Len())), maxSize)
	}
	return data.Bytes(), err
}

func unreadable(path string, err error) *rule.Error {
	return &rule.Error{Path: path, Message: "cannot be read: " + cause(err), Err: err}
}

// cause returns the message of an error of the file system without the path.
func cause(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
