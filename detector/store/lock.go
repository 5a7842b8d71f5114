package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// bbolt locks its file, and the lock ends with the process in any case. The file
// holder says which process that is, for people.
func holderFile(dir string) string { return filepath.Join(dir, "holder") }

// writeHolder writes the file holder.
func writeHolder(dir string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return os.WriteFile(holderFile(dir), fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0o600)
}

// inUseBy returns the error for a directory that is in use.
func inUseBy(dir string) *InUseError {
	name := "another process"
	if text, err := os.ReadFile(holderFile(dir)); err == nil && len(text) > 0 {
		name = strings.TrimSpace(string(text[:min(len(text), 200)]))
	}
	return &InUseError{Dir: dir, Holder: name}
}
