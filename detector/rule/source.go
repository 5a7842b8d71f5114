package rule

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// source is a file to read rules from.
type source struct {
	path  string // for people
	named bool   // by its own name, not found in a directory or by a glob
	fsys  fs.FS  // nil for the host's files
	file  string // in fsys, or of the host
}

// read reads the file, if it is one and not too large.
func (s *source) read() ([]byte, *Error) {
	data, err := s.bytes()
	if err != nil {
		return nil, &Error{Path: s.path, Message: "cannot be read: " + cause(err), Err: err}
	}
	return data, nil
}

func (s *source) bytes() ([]byte, error) {
	limit := MaxFile
	if filepath.Ext(s.path) == ".ndjson" {
		limit = MaxExport
	}
	info, err := s.stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return nil, errors.New("not a regular file")
	case info.Size() > int64(limit):
		return nil, fmt.Errorf("%d bytes, and %d is the most that is read", info.Size(), limit)
	}
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, err
		case len(data) == cap(data):
			return nil, errors.New("grows while it is read")
		}
	}
}

func (s *source) stat() (fs.FileInfo, error) {
	if s.fsys != nil {
		return fs.Stat(s.fsys, s.file)
	}
	return os.Stat(s.file)
}

func (s *source) open() (fs.File, error) {
	if s.fsys != nil {
		return s.fsys.Open(s.file)
	}
	return os.Open(s.file)
}

// cause is the message of an error of the file system without the path, which
// the reader sees already.
func cause(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
