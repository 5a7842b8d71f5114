//go:build unix

package ownfile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Each case makes something at path, which is in dir, and says which error Dir and Open
// return for it, or none.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name      string
		make      func(dir, path string) error
		file, dir string // errors; "-": it is not tested
	}{
		{"nothing", func(string, string) error { return nil }, "", ""},
		{"a file", func(_, path string) error { return os.WriteFile(path, []byte("x"), 0o666) }, "", "is not a directory"},
		{"a file that nobody can open", func(_, path string) error { return os.WriteFile(path, nil, 0) }, "", "-"},
		{"a directory", func(_, path string) error { return os.Mkdir(path, 0o755) }, "is not a regular file", ""},
		{"a pipe", func(_, path string) error { return syscall.Mkfifo(path, 0o600) }, "is not a regular file", "is not a directory"},
		{"a link to nothing", func(dir, path string) error { return os.Symlink(filepath.Join(dir, "victim"), path) }, "is a link", "is a link"},
		{"a link to a directory", func(dir, path string) error { return os.Symlink(dir, path) }, "is a link", "is a link"},
		{"a second name", func(dir, path string) error {
			if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o600); err != nil {
				return err
			}
			return os.Link(filepath.Join(dir, "other"), path)
		}, "has 2 names", "-"},
		{"another user's file", func(_, path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Chown(path, 65534, 65534)
		}, "belongs to user 65534", "-"},
		{"another user's directory", func(_, path string) error {
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			return os.Chown(path, 65534, 65534)
		}, "-", "belongs to user 65534"},
		{"in a directory for everybody", func(dir, _ string) error { return os.Chmod(dir, 0o777) }, "everybody can write to its directory", ""},
		{"in a directory like /tmp", func(dir, _ string) error { return os.Chmod(dir, 0o777|os.ModeSticky) }, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			setUp := func() (dir, path string) {
				dir = t.TempDir()
				path = filepath.Join(dir, "it")
				if err := c.make(dir, path); err != nil {
					t.Skipf("%v; not tested: %s", err, c.name)
				}
				return dir, path
			}
			check := func(what, dir, path, want string, mode os.FileMode, err error) {
				t.Helper()
				if want != "" {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: the error is %v, want %s", what, err, want)
					}
				} else if info, e := os.Lstat(path); err != nil || e != nil || info.Mode().Perm() != mode {
					t.Errorf("%s: %v, %v, mode %v", what, err, e, info)
				}
				if _, err := os.Lstat(filepath.Join(dir, "victim")); err == nil {
					t.Errorf("%s made what a link points to", what)
				}
			}
			if c.file != "-" {
				dir, path := setUp()
				f, err := Open(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND)
				check("Open", dir, path, c.file, 0o600, err)
				if err == nil {
					_ = f.Close()
				}
			}
			if c.dir != "-" {
				dir, path := setUp()
				root, err := Dir(path)
				check("Dir", dir, path, c.dir, 0o700, err)
				if err == nil {
					_ = root.Close()
				}
			}
		})
	}
}

// Directories above are made as well, and a file keeps what is in it.
func TestMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	root, err := Dir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for range 2 {
		f, err := In(root, "f", os.O_WRONLY|os.O_CREATE|os.O_APPEND)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(path, "f")); err != nil || string(text) != "xx" {
		t.Errorf("the file has %q (%v)", text, err)
	}
	if _, err := In(root, "g", os.O_RDWR); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}
