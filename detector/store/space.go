package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
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
			seed := spaceSeed(detector, m.Space())
			if err := b.ForEach(func(k, v []byte) error {
				value, expires, ok := decodeEntry(seed, k, v)
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
	var seed uint32
	for _, c := range changes {
		if b == nil || c.Space != space {
			var err error
			if b, err = spaceBucket(tx, detector, c.Space); err != nil {
				return err
			}
			space, seed = c.Space, spaceSeed(detector, c.Space)
		}
		var err error
		if c.Delete {
			err = b.Delete(c.Key)
		} else {
			err = b.Put(c.Key, encodeEntry(seed, c))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func spaceBucket(tx *bbolt.Tx, detector, space string) (*bbolt.Bucket, error) {
	b, err := bucketIn(tx, spacesBucket, detector, space)
	if err == nil {
		b.FillPercent = 0.9 // most spaces grow at the end
	}
	return b, err
}

func spaceSeed(detector, space string) uint32 { return seedOf(string(spacesBucket), detector, space) }

// eachIn calls visit for the buckets in a bucket at the top.
func eachIn(tx *bbolt.Tx, top []byte, visit func(b *bbolt.Bucket, name string) error) error {
	all := tx.Bucket(top)
	return all.ForEachBucket(func(name []byte) error { return visit(all.Bucket(name), string(name)) })
}

// dropExpired deletes the entries that have expired.
func dropExpired(tx *bbolt.Tx, now time.Time) error {
	return eachIn(tx, spacesBucket, func(spaces *bbolt.Bucket, detector string) error {
		return spaces.ForEachBucket(func(name []byte) error {
			b := spaces.Bucket(name)
			seed := spaceSeed(detector, string(name))
			var expired [][]byte
			err := b.ForEach(func(k, v []byte) error {
				if _, expires, ok := decodeEntry(seed, k, v); !ok || !now.Before(expires) {
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

// encodeEntry returns the value of an entry as the file has it.
func encodeEntry(seed uint32, c hold.Change) []byte {
	b := make([]byte, entryHead, entryHead+len(c.Value))
	expires := uint64(math.MaxInt64)
	if !c.Expires.IsZero() {
		expires = uint64(c.Expires.UnixNano())
	}
	binary.BigEndian.PutUint64(b[4:], expires)
	b = append(b, c.Value...)
	seal(seed, c.Key, b)
	return b
}

// decodeEntry returns the parts of a value that encodeEntry has made. They alias
// the file.
func decodeEntry(seed uint32, key, data []byte) (value []byte, expires time.Time, ok bool) {
	if len(data) < entryHead || !isSealed(seed, key, data) {
		return nil, time.Time{}, false
	}
	return data[entryHead:], time.Unix(0, int64(binary.BigEndian.Uint64(data[4:]))), true
}

// view reads the file.
func (s *Store) view(do func(*bbolt.Tx) error) (err error) {
	defer onFault()()
	defer guard(func(reason string) { err = fmt.Errorf("%s: %s", s.path(), reason) })
	return s.db.View(do)
}
