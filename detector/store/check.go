package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

// check reads all of a file and returns what is wrong with it, or "". A file that is not
// there, and one without any of our buckets, is right.
func check(m *image, metas []meta) string {
	if len(metas) < 2 {
		return fmt.Sprintf("%d of its 2 meta pages can be read", len(metas))
	}
	if metas[0].repaired || metas[1].repaired {
		return "a byte of a meta page is wrong"
	}
	ours, others := map[string]string{}, ""
	w := &walker{image: m, meta: metas[0]}
	w.bucket = func(path []string, _ uint64) {
		if len(path) == 1 {
			switch path[0] {
			case string(metaBucket), string(alertsBucket), string(spacesBucket), string(seenBucket):
			default:
				others = path[0]
			}
		}
	}
	versionOf := func() string { return ours[string(versionKey)] }
	w.entry = func(path []string, key, value []byte) bool {
		if len(path) == 1 && path[0] == string(metaBucket) {
			ours[string(key)] = string(value)
			if string(key) == string(namesKey) {
				_, ok := decodeNames(value)
				return ok
			}
			return true
		}
		switch {
		case len(path) == 0 || len(path) == 1: // only buckets are there
			return false
		case path[0] == string(seenBucket):
			_, _, ok := decodeSeen(value)
			return ok
		}
		// The bucket meta comes before spaces and after alerts.
		return isSealed(seedOf(path...), key, value) || versionOf() != version && isSealed2(path[0] == string(alertsBucket), key, value)
	}
	w.run()
	switch v := versionOf(); {
	case others != "":
		return fmt.Sprintf("it is another program's: it has a bucket %q", others)
	case w.problems > 0:
		return w.problem
	case v != "" && v != version && v != version1 && v != version2:
		return fmt.Sprintf("its version is %q, and this program knows %q", v, version)
	}
	return ""
}

// openDB opens a file of the directory with bbolt, creates the buckets of a new one, and
// migrates one of an older version. The file was checked.
func (s *Store) openDB(name string) (db *bbolt.DB, err error) {
	defer onFault()()
	defer guard(func(reason string) { db, err = nil, errors.New(reason) })
	db, err = bbolt.Open(filepath.Join(s.dir, name), 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType, OpenFile: s.openFileOf})
	if errors.Is(err, berrors.ErrTimeout) { // used by an older version of this program, which has no other lock
		return nil, s.inUse()
	}
	if err != nil {
		return nil, err
	}
	if err := db.Update(prepare); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openFileOf opens a file of the directory, as os.OpenFile would.
func (s *Store) openFileOf(path string, flag int, _ os.FileMode) (*os.File, error) {
	return ownfile.In(s.root, filepath.Base(path), flag)
}

// prepare creates buckets, and migrates.
func prepare(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	for _, name := range [][]byte{alertsBucket, spacesBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	was := string(meta.Get(versionKey))
	if was == version {
		return nil
	}
	if was == version1 || was == version2 {
		if err := sealAgain(tx); err != nil {
			return err
		}
	}
	if was == version1 {
		if err := migrateSeen(tx); err != nil {
			return err
		}
	}
	return meta.Put(versionKey, []byte(version))
}

// guard is deferred around everything that accesses the file, which is mapped into
// memory: bytes that make no sense make bbolt panic, and a missing page is a memory
// fault. Both become an error.
func guard(failed func(reason string)) {
	if p := recover(); p != nil {
		failed(fmt.Sprint(p))
	}
}

// onFault turns memory faults into panics until the returned function is called.
func onFault() (restore func()) {
	was := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(was) }
}
