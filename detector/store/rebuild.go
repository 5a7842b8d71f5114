package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

// newName is the file that what was salvaged is written to. It is complete when the
// damaged one is renamed.
const newName = fileName + ".new"

// openFile opens the file. Of a damaged one the entries whose checksums are right are
// taken over into a new one, and it is renamed.
func (s *Store) openFile() (*bbolt.DB, error) {
	_, err := s.root.Lstat(fileName)
	if errors.Is(err, fs.ErrNotExist) {
		// The process ended while it renamed files, or there is none.
		if err := s.root.Rename(newName, fileName); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	f, err := ownfile.In(s.root, fileName, os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		return s.openDB(fileName)
	}
	if err != nil {
		return nil, err
	}
	what, kept, err := s.checked(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if what == "" {
		return s.openDB(fileName)
	}
	alerts, entries, err := s.rebuild(kept)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged (%s), and what can be read of it cannot be written to a new file: %w", s.path(), what, err)
	}
	aside := fileName + ".damaged-" + time.Now().UTC().Format("20060102T150405.000Z")
	if err := s.root.Rename(fileName, aside); err != nil {
		return nil, err
	}
	if err := s.root.Rename(newName, fileName); err != nil {
		return nil, err
	}
	s.warn(fmt.Sprintf("%s: is damaged or of another version: %s; %d undelivered alerts and %d other entries were taken over, and the file is kept as %s", s.path(), what, alerts, entries, aside))
	return s.openDB(fileName)
}

// checked returns what is wrong with the file, or "", and its contents if something is.
func (s *Store) checked(f *os.File) (what string, kept *contents, err error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", nil, err
	case info.Size() == 0:
		return "it is empty", &contents{}, nil
	}
	m, metas := openImage(f, info.Size())
	if what = check(m, metas); what != "" {
		kept = salvaged(m, metas)
	}
	return what, kept, nil
}

// rebuild writes contents to a new file, and returns how many alerts and entries it has.
func (s *Store) rebuild(c *contents) (alerts, entries int, err error) {
	if err := s.root.Remove(newName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	db, err := s.openDB(newName)
	if err != nil {
		return 0, 0, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for channel, all := range c.alerts {
			alerts += len(all)
			if err := putAlerts(tx, channel, all); err != nil {
				return err
			}
		}
		for path, all := range c.spaces {
			entries += len(all)
			if err := putSpace(tx, strings.Split(path, "\x00"), all); err != nil {
				return err
			}
		}
		if len(c.session) == 0 {
			return nil
		}
		return tx.Bucket(metaBucket).Put(sessionKey, c.session)
	})
	return alerts, entries, errors.Join(err, db.Close())
}

func putAlerts(tx *bbolt.Tx, channel string, all map[uint64][]byte) error {
	b, err := bucketIn(tx, alertsBucket, channel)
	if err != nil {
		return err
	}
	seed := alertSeed(channel)
	numbers := slices.Sorted(maps.Keys(all))
	for _, n := range numbers {
		key := numberKey(n)
		if err := b.Put(key, sealed(seed, key, all[n])); err != nil {
			return err
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	return b.SetSequence(numbers[len(numbers)-1])
}

func putSpace(tx *bbolt.Tx, path []string, all map[string][]byte) error {
	if len(path) != 3 {
		return nil // of another version
	}
	b, err := spaceBucket(tx, path[1], path[2])
	if err != nil {
		return err
	}
	seed := spaceSeed(path[1], path[2])
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if err := b.Put([]byte(key), sealed(seed, []byte(key), all[key])); err != nil {
			return err
		}
	}
	return nil
}

// sealed returns a value with its checksum.
func sealed(seed uint32, key, rest []byte) []byte {
	b := append(make([]byte, 4, 4+len(rest)), rest...)
	seal(seed, key, b)
	return b
}
