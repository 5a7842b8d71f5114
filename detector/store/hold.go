package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// HeldError says that another process uses the directory.
type HeldError struct {
	Dir    string
	Holder string // as the other process wrote it, "process 4711 on host"
}

// Error names the directory and the other process.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is in use by %s: two processes cannot share a state_path", e.Dir, e.Holder)
}

// hold locks the directory for this process. The lock ends with the process,
// however that ends.
func hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if err != syscall.EWOULDBLOCK {
			return nil, fmt.Errorf("%s cannot be locked: %w", f.Name(), err)
		}
		holder := make([]byte, 200)
		n, _ := f.ReadAt(holder, 0) // an error leaves it empty
		name := strings.TrimSpace(string(holder[:n]))
		if name == "" {
			name = "another process"
		}
		return nil, &HeldError{Dir: dir, Holder: name}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	// For people; that it could not be written harms nothing.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
	}
	return f, nil
}
