//go:build unix

package files

import (
	"encoding/binary"
	"io/fs"
	"syscall"
)

// id identifies a file on this machine, also after it was renamed: its device and inode
// number. Another file may get the same once it is deleted.
type id [16]byte

func idOf(_ string, info fs.FileInfo) (i id) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		binary.BigEndian.PutUint64(i[:], uint64(s.Dev)) //nolint:unconvert // its type depends on the system
		binary.BigEndian.PutUint64(i[8:], s.Ino)
	}
	return i
}
