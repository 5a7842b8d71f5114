package store

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

// InUseError means that another process uses the directory.
type InUseError struct {
	Dir    string
	Holder string // the other process: "process 4711 on host"
}

// Error names the directory and the other process.
func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by %s: two processes cannot share a state_path", e.Dir, e.Holder)
}

// The file holder says which process uses the directory, for people. It is locked by that
// process, and the lock ends with the process in any case. bbolt locks its file as well.
const holderName = "holder"

// lockTimeout is how long to wait for a process that ends.
const lockTimeout = time.Second

// lock locks the directory. The error is a *InUseError if another process uses it.
func (s *Store) lock() (err error) {
	if s.holder, err = ownfile.In(s.root, holderName, os.O_RDWR|os.O_CREATE); err != nil {
		return err
	}
	for end := time.Now().Add(lockTimeout); ; time.Sleep(lockTimeout / 20) {
		ok, err := lockFile(s.holder)
		if err != nil {
			return fmt.Errorf("%s cannot be locked: %w", s.holder.Name(), err)
		}
		if ok {
			return nil
		}
		if time.Now().After(end) {
			return s.inUse()
		}
	}
}

// writeHolder writes the file holder.
func (s *Store) writeHolder() error {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	if err := s.holder.Truncate(0); err != nil {
		return err
	}
	_, err = s.holder.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
	return err
}

// inUse returns the error for a directory that is in use.
func (s *Store) inUse() *InUseError {
	name := "another process"
	if text, err := io.ReadAll(io.NewSectionReader(s.holder, 0, 200)); err == nil && len(text) > 0 {
		name = strings.TrimSpace(string(text))
	}
	return &InUseError{Dir: s.dir, Holder: name}
}
