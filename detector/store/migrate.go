package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Version 1 of the layout had the keys of duplicates in buckets of their own,
//
//	seen/<detector>    number, ascending ──▶ key, time of expiry
//
// and nothing else that detectors remember.
const version1 = "1"

// Version 2 had checksums of less than version 3 has, see checksum.go, and no names.
const version2 = "2"

var seenBucket = []byte("seen")

// decodeSeen reads a key and its time of expiry.
func decodeSeen(value []byte) (k hold.Key, expires time.Time, ok bool) {
	if len(value) != len(k)+8 {
		return k, expires, false
	}
	copy(k[:], value)
	return k, time.Unix(0, int64(binary.BigEndian.Uint64(value[len(k):]))), true
}

// migrateSeen moves the keys of version 1 to where version 2 has them.
func migrateSeen(tx *bbolt.Tx) error {
	if tx.Bucket(seenBucket) == nil { // only the version is damaged
		return nil
	}
	err := eachIn(tx, seenBucket, func(b *bbolt.Bucket, detector string) error {
		var changes []hold.Change
		err := b.ForEach(func(_, v []byte) error {
			if k, expires, ok := decodeSeen(v); ok {
				changes = append(changes, hold.DuplicateEntry(k, expires))
			}
			return nil
		})
		return errors.Join(err, change(tx, detector, changes))
	})
	return errors.Join(err, tx.DeleteBucket(seenBucket))
}

// sealAgain gives the entries of version 1 or 2 the checksums of version 3.
func sealAgain(tx *bbolt.Tx) error {
	err := eachIn(tx, alertsBucket, func(b *bbolt.Bucket, channel string) error {
		return sealBucket(tx, b, string(alertsBucket), channel)
	})
	if err != nil {
		return err
	}
	return eachIn(tx, spacesBucket, func(spaces *bbolt.Bucket, detector string) error {
		return spaces.ForEachBucket(func(name []byte) error {
			return sealBucket(tx, spaces.Bucket(name), string(spacesBucket), detector, string(name))
		})
	})
}

func sealBucket(tx *bbolt.Tx, b *bbolt.Bucket, path ...string) error {
	seed := seedOf(path...)
	var keys, values [][]byte
	if err := b.ForEach(func(k, v []byte) error {
		if len(v) >= 4 && !isSealed(seed, k, v) {
			again := bytes.Clone(v)
			seal(seed, k, again)
			keys, values = append(keys, bytes.Clone(k)), append(values, again)
		}
		return nil
	}); err != nil {
		return err
	}
	for i, k := range keys {
		if err := b.Put(k, values[i]); err != nil {
			return err
		}
	}
	return addName(tx, strings.Join(path, "\x00"))
}
