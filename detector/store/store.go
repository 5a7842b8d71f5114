package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

const (
	fileName = "state.db"
	version  = "3" // of the layout in doc.go
)

var (
	metaBucket   = []byte("meta")
	alertsBucket = []byte("alerts")
	spacesBucket = []byte("spaces")
	versionKey   = []byte("version")
)

// Store is an open directory of state. It is safe for concurrent use.
type Store struct {
	dir    string
	root   *os.Root // of dir
	holder *os.File // locked
	warn   func(string)
	db     *bbolt.DB

	mu        sync.Mutex
	gone      map[string][]uint64 // by channel: alerts to delete
	noted     map[string]int      // how many of them, from the first, are in the file delivered
	delivered deliveries
	unnotable bool        // the last Note failed
	timer     *time.Timer // deletes what is gone
	failed    error       // the file broke while it was open
	closed    bool
}

// Exists returns an error if there is no store in the directory, or if that cannot be told.
func Exists(dir string) error {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err
}

// Open opens the directory for this process alone, and creates it if it does not
// exist. If the file in it is damaged, or of an unknown version, Open takes over the
// entries whose checksums are right, keeps the file under a name with the time, and warns;
// warn must not be nil. The error is a *InUseError if another process uses the directory.
func Open(dir string, warn func(string)) (*Store, error) {
	root, err := ownfile.Dir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, root: root, warn: warn, gone: map[string][]uint64{}, noted: map[string]int{}}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

func (s *Store) open() (err error) {
	if err := s.lock(); err != nil {
		return err
	}
	if s.db, err = s.openFile(); err != nil {
		return err
	}
	if err := s.resume(); err != nil {
		return err
	}
	return s.writeHolder()
}

// release closes all files.
func (s *Store) release() (err error) {
	if s.delivered.file != nil {
		err = s.delivered.file.Close()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	if s.holder != nil {
		err = errors.Join(err, s.holder.Close())
	}
	return errors.Join(err, s.root.Close())
}

// Dir returns the directory.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path() string { return filepath.Join(s.dir, fileName) }

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
	return errors.Join(err, s.release())
}
