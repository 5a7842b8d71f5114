package store

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// damagedError says that the file is not what this version writes.
type damagedError struct{ reason string }

func (e *damagedError) Error() string { return "is damaged or of another version: " + e.reason }

// openChecked opens the file and reads all of it once. The error is a
// *damagedError when the file can be read but not understood.
func openChecked(path string) (db *bbolt.DB, err error) {
	defer onFault()()
	defer guard(func(reason string) { db, err = nil, &damagedError{reason} })
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, &damagedError{err.Error()}
	case err != nil && !errors.As(err, new(*os.PathError)) && !errors.Is(err, berrors.ErrTimeout):
		return nil, &damagedError{err.Error()}
	case err != nil:
		return nil, err
	}
	if err := check(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// check reads all that is in the file, and begins the buckets of a new one. (Not
// by bbolt's own Tx.Check: it works in a goroutine of its own, where nobody can
// recover from what a damaged file makes it do.)
func check(db *bbolt.DB) error {
	err := db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return &damagedError{fmt.Sprintf("%d bytes of %d are there", info.Size(), tx.Size())}
		}
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			return checkNew(tx)
		}
		if v := string(meta.Get(versionKey)); v != version {
			return &damagedError{fmt.Sprintf("its version is %q, and this program knows %q", v, version)}
		}
		if err := checkValues(tx, alertsBucket, func(v []byte) bool { _, err := decodeAlert(v); return err == nil }); err != nil {
			return err
		}
		return checkValues(tx, seenBucket, func(v []byte) bool { _, _, ok := decodeKey(v); return ok })
	})
	if err != nil {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(metaBucket)
		if err != nil {
			return err
		}
		if meta.Get(versionKey) != nil {
			return nil
		}
		for _, name := range [][]byte{alertsBucket, seenBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return meta.Put(versionKey, []byte(version))
	})
}

// checkNew wants a file without our buckets to have no others.
func checkNew(tx *bbolt.Tx) error {
	return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		return &damagedError{fmt.Sprintf("it is another program's: it has a bucket %q", name)}
	})
}

// checkValues reads every value of the buckets in a bucket.
func checkValues(tx *bbolt.Tx, bucket []byte, valid func(value []byte) bool) error {
	all := tx.Bucket(bucket)
	if all == nil {
		return &damagedError{fmt.Sprintf("bucket %q is missing", bucket)}
	}
	return all.ForEachBucket(func(name []byte) error {
		return all.Bucket(name).ForEach(func(k, v []byte) error {
			if len(k) != 8 || !valid(v) {
				return &damagedError{fmt.Sprintf("an entry of %s/%s cannot be read", bucket, name)}
			}
			return nil
		})
	})
}

// guard is deferred around all work on the file. The file is mapped into
// memory: bbolt panics over bytes that make no sense, and a page that is missing
// is a fault. Either becomes an error.
func guard(failed func(reason string)) {
	if p := recover(); p != nil {
		failed(fmt.Sprint(p))
	}
}

// onFault makes faults panics until the returned function is called.
func onFault() (restore func()) {
	was := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(was) }
}
