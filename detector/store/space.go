package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Restore gives each memory the entries of its space that have not expired, in the
// order of their keys.
func (s *Store) Restore(detector string, memories hold.Memories) error {
	now := time.Now()
	return s.view(func(tx *bbolt.Tx) error {
		spaces := tx.Bucket(spacesBucket).Bucket([]byte(detector))
		if spaces == nil {
			return nil
		}
		for _, m := range memories {
			b := spaces.Bucket([]byte(m.Space()))
			if b == nil {
				continue
			}
			unknown := 0
			if err := b.ForEach(func(k, v []byte) error {
				value, expires, ok := decodeEntry(k, v)
				if !ok || now.Before(expires) && !m.Restore(k, value, expires) {
					unknown++
				}
				return nil
			}); err != nil {
				return err
			}
			if unknown > 0 {
				s.warn(fmt.Sprintf("%d entries of %s of detector %s cannot be used", unknown, m.Space(), detector))
			}
		}
		return nil
	})
}

// change applies changes to the spaces of a detector.
func change(tx *bbolt.Tx, detector string, changes []hold.Change) error {
	var b *bbolt.Bucket
	var space string
	for _, c := range changes {
		if b == nil || c.Space != space {
			var err error
			if b, err = spaceBucket(tx, detector, c.Space); err != nil {
				return err
			}
			space = c.Space
		}
		var err error
		if c.Delete {
			err = b.Delete(c.Key)
		} else {
			err = b.Put(c.Key, encodeEntry(c))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func spaceBucket(tx *bbolt.Tx, detector, space string) (*bbolt.Bucket, error) {
	spaces, err := tx.Bucket(spacesBucket).CreateBucketIfNotExists([]byte(detector))
	if err != nil {
		return nil, err
	}
	b, err := spaces.CreateBucketIfNotExists([]byte(space))
	if err == nil {
		b.FillPercent = 0.9 // most spaces grow at the end
	}
	return b, err
}

// checkSpaces reads every entry of every space.
func checkSpaces(tx *bbolt.Tx) error {
	return eachIn(tx, spacesBucket, func(spaces *bbolt.Bucket, detector string) error {
		return spaces.ForEachBucket(func(space []byte) error {
			return spaces.Bucket(space).ForEach(func(k, v []byte) error {
				if _, _, ok := decodeEntry(k, v); !ok {
					return &damagedError{fmt.Sprintf("an entry of spaces/%s/%s cannot be read", detector, space)}
				}
				return nil
			})
		})
	})
}

// dropExpired deletes the entries that have expired.
func dropExpired(tx *bbolt.Tx, now time.Time) error {
	return eachIn(tx, spacesBucket, func(spaces *bbolt.Bucket, _ string) error {
		return spaces.ForEachBucket(func(name []byte) error {
			b := spaces.Bucket(name)
			var expired [][]byte
			err := b.ForEach(func(k, v []byte) error {
				if _, expires, ok := decodeEntry(k, v); !ok || !now.Before(expires) {
					expired = append(expired, bytes.Clone(k))
				}
				return nil
			})
			for _, k := range expired {
				if err == nil {
					err = b.Delete(k)
				}
			}
			return err
		})
	})
}

const entryHead = 4 + 8 // checksum and time of expiry

// encodeEntry returns the value of an entry as the file has it. The checksum is of
// the key and of what follows it.
func encodeEntry(c hold.Change) []byte {
	b := make([]byte, entryHead, entryHead+len(c.Value))
	expires := uint64(math.MaxInt64)
	if !c.Expires.IsZero() {
		expires = uint64(c.Expires.UnixNano())
	}
	binary.BigEndian.PutUint64(b[4:], expires)
	b = append(b, c.Value...)
	binary.BigEndian.PutUint32(b, entryChecksum(c.Key, b[4:]))
	return b
}

// decodeEntry returns the parts of a value that encodeEntry has made. They alias
// the file.
func decodeEntry(key, data []byte) (value []byte, expires time.Time, ok bool) {
	if len(data) < entryHead || binary.BigEndian.Uint32(data) != entryChecksum(key, data[4:]) {
		return nil, time.Time{}, false
	}
	return data[entryHead:], time.Unix(0, int64(binary.BigEndian.Uint64(data[4:]))), true
}

func entryChecksum(key, rest []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, rest)
}

// view reads the file.
func (s *Store) view(do func(*bbolt.Tx) error) (err error) {
	defer onFault()()
	defer guard(func(reason string) { err = fmt.Errorf("%s: %s", s.path(), reason) })
	return s.db.View(do)
}
