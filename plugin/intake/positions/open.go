// Package positions opens the files in which sources keep how far they have read.
package positions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/fluent-detect/fluent-detect/detector/store"
)

// lockWait is how long another process may take to give the file free.
const lockWait = 2 * time.Second

// Open opens a file with these tables in a directory, for this process alone. It creates
// all of them if they do not exist. If the file is damaged, it is renamed to aside, a new one
// is made, and damaged is called with a line that says so: what the file had is not in the
// new one.
func Open(dir, name string, damaged func(line, aside string), tables ...[]byte) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name)
	db, err := open(path, tables)
	if err == nil {
		return db, nil
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use by another process", path)
	}
	var broken *damagedError
	if !errors.As(err, &broken) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	aside := path + time.Now().UTC().Format(".damaged-20060102T150405Z")
	if err := os.Rename(path, aside); err != nil {
		return nil, err
	}
	if db, err = open(path, tables); err != nil {
		return nil, err
	}
	damaged(fmt.Sprintf("%s is damaged (%v) and was renamed to %s", path, broken, aside), aside)
	return db, nil
}

// damagedError means that a file has not what it should have.
type damagedError struct{ reason any }

func (e *damagedError) Error() string { return fmt.Sprint(e.reason) }

// open opens the file and reads all of it once. bbolt panics when it finds pages that are
// damaged, and those that are missing are a memory fault.
func open(path string, tables [][]byte) (db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &damagedError{p}
		}
		if err != nil && db != nil {
			db, err = nil, errors.Join(err, db.Close())
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	var system syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout), errors.As(err, &system):
		return nil, err
	case err != nil: // too short, without a valid page, or of another version
		return nil, &damagedError{err}
	}
	// Now nobody else writes to it.
	if err := check(path); err != nil {
		return db, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, t := range tables {
			if _, err := tx.CreateBucketIfNotExists(t); err != nil {
				return err
			}
		}
		return nil
	})
	return db, err
}

// check reads the file without bbolt.
func check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if problem := store.ReadPages(f, info.Size(), func([]string, []byte, []byte) {}, func([]byte) {}); problem != "" {
		return &damagedError{problem}
	}
	return nil
}
