package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// bbolt locks its file, and the lock ends with the process, however that ends.
// Who has it is written beside it, for people.
func holderFile(dir string) string { return filepath.Join(dir, "holder") }

// writeHolder notes that this process has the directory.
func writeHolder(dir string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return os.WriteFile(holderFile(dir), fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0o600)
}

// heldBy makes the error for a directory that is in use.
func heldBy(dir string) *HeldError {
	name := "another process"
	if text, err := os.ReadFile(holderFile(dir)); err == nil && len(text) > 0 {
		name = strings.TrimSpace(string(text[:min(len(text), 200)]))
	}
	return &HeldError{Dir: dir, Holder: name}
}
