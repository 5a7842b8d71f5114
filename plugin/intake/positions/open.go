// Package positions opens the files in which sources keep how far they have read.
package positions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long another process may take to give the file free.
const lockWait = 2 * time.Second

// Open opens a file with these tables in a directory, for this process alone. It creates
// all of them if they do not exist. If the file is damaged, it is renamed, and warn is
// called with a line that says so: what it had is gone.
func Open(dir, name string, warn func(string), tables ...[]byte) (*bbolt.DB, error) {
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
	warn(fmt.Sprintf("%s is damaged (%v) and was renamed to %s", path, err, aside))
	return open(path, tables)
}

// damagedError means that a file has not what it should have.
type damagedError struct{ reason any }

func (e *damagedError) Error() string { return fmt.Sprint(e.reason) }

// open opens the file and reads all of it once. bbolt panics when it finds pages that are
// damaged.
func open(path string, tables [][]byte) (db *bbolt.DB, err error) {
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	var system syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout), errors.As(err, &system):
		return nil, err
	case err != nil: // too short, without a valid page, or of another version
		return nil, &damagedError{err}
	}
	defer func() {
		if p := recover(); p != nil {
			err = &damagedError{p}
		}
		if err != nil {
			db, err = nil, errors.Join(err, db.Close())
		}
	}()
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, t := range tables {
			if _, err := tx.CreateBucketIfNotExists(t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.View(func(tx *bbolt.Tx) error {
			for _, t := range tables {
				if err := tx.Bucket(t).ForEach(func(_, _ []byte) error { return nil }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return db, err
}
