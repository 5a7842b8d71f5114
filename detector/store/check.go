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
		if err := checkAlerts(tx); err != nil {
			return err
		}
		switch v := string(meta.Get(versionKey)); v {
		case version:
			return checkSpaces(tx)
		case version1:
			return checkSeen(tx)
		default:
			return &damagedError{fmt.Sprintf("its version is %q, and this program knows %q", v, version)}
		}
	})
	if err != nil {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(metaBucket)
		if err != nil {
			return err
		}
		for _, name := range [][]byte{alertsBucket, spacesBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		switch string(meta.Get(versionKey)) {
		case version:
			return nil
		case version1:
			if err := migrateSeen(tx); err != nil {
				return err
			}
		}
		return meta.Put(versionKey, []byte(version))
	})
}

// checkNew checks that a file without our buckets has no others.
func checkNew(tx *bbolt.Tx) error {
	return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		return &damagedError{fmt.Sprintf("it is another program's: it has a bucket %q", name)}
	})
}

// checkAlerts reads every alert.
func checkAlerts(tx *bbolt.Tx) error {
	return eachIn(tx, alertsBucket, func(b *bbolt.Bucket, channel string) error {
		return b.ForEach(func(k, v []byte) error {
			if _, err := decodeAlert(v); err != nil || len(k) != 8 {
				return &damagedError{fmt.Sprintf("an alert of channel %q cannot be read", channel)}
			}
			return nil
		})
	})
}

// eachIn calls visit for the buckets in a bucket at the top.
func eachIn(tx *bbolt.Tx, top []byte, visit func(b *bbolt.Bucket, name string) error) error {
	all := tx.Bucket(top)
	if all == nil {
		return &damagedError{fmt.Sprintf("bucket %q is missing", top)}
	}
	return all.ForEachBucket(func(name []byte) error { return visit(all.Bucket(name), string(name)) })
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
