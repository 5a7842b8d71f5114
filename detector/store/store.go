package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	fileName = "state.db"
	version  = "2" // of the layout in doc.go
)

var (
	metaBucket   = []byte("meta")
	alertsBucket = []byte("alerts")
	spacesBucket = []byte("spaces")
	versionKey   = []byte("version")
)

// Store is an open directory of state. It is safe for concurrent use.
type Store struct {
	dir  string
	warn func(string)
	db   *bbolt.DB

	mu        sync.Mutex
	gone      map[string][]uint64 // by channel: alerts to delete
	noted     map[string]int      // how many of them, from the first, are in the file delivered
	delivered deliveries
	unnotable bool        // the last Note failed
	timer     *time.Timer // deletes what is gone
	failed    error       // the file broke while it was open
	closed    bool
}

// Open opens the directory for this process alone, and creates it if it does not
// exist. If the file in it is damaged, or of an unknown version, Open renames it to a
// name with the time, creates a new one, and warns; warn must not be nil. The error is
// a *InUseError if another process uses the directory.
func Open(dir string, warn func(string)) (*Store, error) {
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, warn: warn, gone: map[string][]uint64{}, noted: map[string]int{}}
	var err error
	if s.db, err = s.openFile(); err != nil {
		if errors.Is(err, berrors.ErrTimeout) {
			return nil, inUseBy(dir)
		}
		return nil, err
	}
	if err := s.resume(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	if err := writeHolder(dir); err != nil {
		return nil, errors.Join(err, s.delivered.file.Close(), s.db.Close())
	}
	return s, nil
}

// makePrivate ensures that the directory exists and only this user can access it.
func makePrivate(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("cannot be created: %w", err)
		}
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case info.Mode().Perm()&0o077 != 0:
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("%s is open to other users (mode %#o) and cannot be made private: %w", dir, info.Mode().Perm(), err)
		}
	}
	return nil
}

// Dir returns the directory.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path() string { return filepath.Join(s.dir, fileName) }

func (s *Store) deliveredPath() string { return filepath.Join(s.dir, deliveredName) }

// openFile opens the file. A damaged one is renamed, and a new one created.
func (s *Store) openFile() (*bbolt.DB, error) {
	if info, err := os.Stat(s.path()); err == nil && info.Mode().Perm()&0o777 != 0o600 {
		if err := os.Chmod(s.path(), 0o600); err != nil {
			return nil, err
		}
	}
	db, err := openChecked(s.path())
	if err == nil {
		return db, nil
	}
	var damaged *damagedError
	if !errors.As(err, &damaged) {
		return nil, err
	}
	aside := s.path() + ".damaged-" + time.Now().UTC().Format("20060102T150405.000Z")
	if err := os.Rename(s.path(), aside); err != nil {
		return nil, err
	}
	s.warn(fmt.Sprintf("%s: %v; it is kept as %s, and a new one is begun: alerts that were not delivered are in the old one, and what was alerted before may alert again",
		s.path(), err, aside))
	return openChecked(s.path())
}

// Close deletes the alerts that are gone and closes the directory.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	failed, nothing := s.failed, len(s.gone) == 0
	s.mu.Unlock()
	if failed != nil {
		return nil // closing would block forever on bbolt's lock; the process ends anyway
	}
	var err error
	if !nothing {
		err = s.deleteGone()
	}
	return errors.Join(err, s.delivered.file.Close(), s.db.Close())
}
