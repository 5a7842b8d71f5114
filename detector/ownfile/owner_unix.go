//go:build unix

package ownfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const (
	// others are the permissions of other users.
	others = 0o077
	// noFollow refuses a link, and does not wait for the other end of a pipe.
	noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
)

// checkOwner reports an error if something belongs to another user.
func checkOwner(path string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, and this process runs as user %d", path, s.Uid, os.Geteuid())
	}
	return nil
}

// checkLinks reports an error if a file has other names, which may be anywhere.
func checkLinks(path string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Nlink > 1 {
		return fmt.Errorf("%s has %d names (hard links): it must have one", path, s.Nlink)
	}
	return nil
}

// checkParent reports an error if other users can replace files in a directory.
func checkParent(path string, info fs.FileInfo) error {
	s, ok := info.Sys().(*syscall.Stat_t)
	switch mode := info.Mode(); {
	case ok && s.Uid != 0 && int(s.Uid) != os.Geteuid():
		return fmt.Errorf("its directory %s belongs to user %d, and this process runs as user %d", path, s.Uid, os.Geteuid())
	case mode.Perm()&0o002 != 0 && mode&fs.ModeSticky == 0:
		return fmt.Errorf("everybody can write to its directory %s (mode %#o)", path, mode.Perm())
	}
	return nil
}
