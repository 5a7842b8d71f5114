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

// damagedError means that this version cannot have written the file.
type damagedError struct{ reason string }

func (e *damagedError) Error() string { return "is damaged or of another version: " + e.reason }

// openChecked opens the file and reads all of it once. The error is a *damagedError
// if the file can be read but makes no sense.
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

// check reads everything in the file, creates the buckets of a new one, and migrates
// one of an older version. (bbolt's own Tx.Check runs in a goroutine of its own, in
// which a panic because of a damaged file cannot be recovered from.)
func check(db *bbolt.DB) error {
	err := db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(db.Path())
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return &damagedError{fmt.Sprintf("it has %d bytes of %d", info.Size(), tx.Size())}
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
