package store

import (
	"encoding/binary"
	"errors"
	"fmt"
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

var seenBucket = []byte("seen")

// decodeSeen reads a key and its time of expiry.
func decodeSeen(value []byte) (k hold.Key, expires time.Time, ok bool) {
	if len(value) != len(k)+8 {
		return k, expires, false
	}
	copy(k[:], value)
	return k, time.Unix(0, int64(binary.BigEndian.Uint64(value[len(k):]))), true
}

// checkSeen reads every key of a file of version 1.
func checkSeen(tx *bbolt.Tx) error {
	return eachIn(tx, seenBucket, func(b *bbolt.Bucket, detector string) error {
		return b.ForEach(func(_, v []byte) error {
			if _, _, ok := decodeSeen(v); !ok {
				return &damagedError{fmt.Sprintf("an entry of seen/%s cannot be read", detector)}
			}
			return nil
		})
	})
}

// migrateSeen moves the keys of version 1 to where version 2 has them.
func migrateSeen(tx *bbolt.Tx) error {
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
