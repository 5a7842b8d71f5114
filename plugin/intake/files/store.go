package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// storeFile is the name of the file in the directory of a Store.
const storeFile = "intake.db"

// Store keeps on disk how far files were read. It is safe for concurrent use.
type Store struct {
	db *bbolt.DB
}

// state is how far a file was read.
type state struct {
	Path string `json:"path"`
	// Position is the offset up to which a text was read and confirmed, or the size of
	// another file that was read as a whole.
	Position int64 `json:"position"`
	// Records is how many records of a file that is read as a whole are confirmed.
	Records int64 `json:"records,omitempty"`
	// Modified is the time of the file when it was last read, in nanoseconds.
	Modified int64 `json:"modified"`
	// Start is a checksum of the first StartSize bytes.
	Start     uint64 `json:"start"`
	StartSize int    `json:"start_size"`
	Whole     bool   `json:"whole,omitempty"`
	// Gone is when the file was no longer there, in seconds. It is forgotten later.
	Gone int64 `json:"gone,omitempty"`
}

// positions is the bucket of states, by id.
var positions = []byte("files")

// lockWait is how long another process may take to give the file free.
const lockWait = 2 * time.Second

// OpenStore opens the file with the states in a directory, for this process alone. It
// creates both if they do not exist. If the file is damaged, it is renamed, and warn is
// called: all files are read again.
func OpenStore(dir string, warn func(string)) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, storeFile)
	s, err := openFile(path)
	if err == nil {
		return s, nil
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
	warn(fmt.Sprintf("%s is damaged (%v) and was renamed to %s: all files are read again", path, err, aside))
	return openFile(path)
}

// damagedError means that a file has not what it should have.
type damagedError struct{ reason any }

func (e *damagedError) Error() string { return fmt.Sprint(e.reason) }

// openFile opens the file and reads all of it once. bbolt panics when it finds pages that
// are damaged.
func openFile(path string) (s *Store, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	switch {
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, &damagedError{err}
	case err != nil:
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = &damagedError{p}
		}
		if err != nil {
			s, err = nil, errors.Join(err, db.Close())
		}
	}()
	s = &Store{db}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(positions)
		return err
	})
	if err == nil {
		err = s.each(func(id, state) {})
	}
	return s, err
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// get returns the state of a file, and whether there is one.
func (s *Store) get(i id) (st state, ok bool) {
	_ = s.db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(positions).Get(i[:]); v != nil {
			ok = json.Unmarshal(v, &st) == nil
		}
		return nil
	})
	return st, ok
}

// put stores states, and deletes those that are nil.
func (s *Store) put(all map[id]*state) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(positions)
		for i, st := range all {
			if st == nil {
				if err := b.Delete(i[:]); err != nil {
					return err
				}
				continue
			}
			v, err := json.Marshal(st)
			if err != nil {
				return err
			}
			if err := b.Put(i[:], v); err != nil {
				return err
			}
		}
		return nil
	})
}

// each calls f with all states.
func (s *Store) each(f func(id, state)) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(positions).ForEach(func(k, v []byte) error {
			var st state
			if len(k) == len(id{}) && json.Unmarshal(v, &st) == nil {
				f(id(k), st)
			}
			return nil
		})
	})
}
