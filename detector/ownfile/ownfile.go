package ownfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir opens a directory, and makes it with mode 0700 if it does not exist, with those
// above it. Files in it are opened with [In].
func Dir(path string) (*os.Root, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("cannot be created: %w", err)
		}
		info, err = os.Lstat(path)
	}
	if err != nil {
		return nil, err
	}
	if err := checkDir(path, info); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(info, opened) {
		err = fmt.Errorf("%s was replaced while it was opened", path)
	}
	if err == nil && opened.Mode().Perm()&others != 0 {
		if err = root.Chmod(".", 0o700); err != nil {
			err = fmt.Errorf("%s is open to other users (mode %#o) and cannot be made private: %w", path, opened.Mode().Perm(), err)
		}
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
}

func checkDir(path string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link: name the directory that it points to", path)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", path)
	}
	return checkOwner(path, info)
}

// In opens a file in a directory, or makes it with mode 0600 if flag has os.O_CREATE. The
// name has no slashes.
func In(dir *os.Root, name string, flag int) (*os.File, error) {
	path := filepath.Join(dir.Name(), name)
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		// With O_EXCL nothing that was put there meanwhile is opened.
		return dir.OpenFile(name, flag|os.O_EXCL, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err := checkFile(path, info); err != nil {
		return nil, err
	}
	if info.Mode().Perm() != 0o600 {
		// Before it is opened, which the mode may forbid.
		if err := dir.Chmod(name, 0o600); err != nil {
			return nil, fmt.Errorf("%s has mode %#o, and cannot be made private: %w", path, info.Mode().Perm(), err)
		}
	}
	f, err := dir.OpenFile(name, flag&^os.O_CREATE|noFollow, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = fmt.Errorf("%s was replaced while it was opened", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func checkFile(path string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link: name the file that it points to", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	}
	if err := checkOwner(path, info); err != nil {
		return err
	}
	return checkLinks(path, info)
}

// Open is In for a file anywhere. Its directory must belong to this user or to root, and
// others must not be able to write to it unless they can change only what is theirs, as in
// /tmp.
func Open(path string, flag int) (*os.File, error) {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil {
		return nil, err
	}
	if err := checkParent(dir, info); err != nil {
		return nil, err
	}
	return In(root, filepath.Base(path), flag)
}
