package store

import (
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// The key names of the bucket meta has the paths of all buckets with entries, under a
// checksum: so an entry that is found astray can be told where it belongs, even if that
// bucket cannot be found.
var namesKey = []byte("names")

func encodeNames(paths []string) []byte {
	b := append(make([]byte, 4), strings.Join(paths, "\n")...)
	seal(seedOf(string(metaBucket)), namesKey, b)
	return b
}

// decodeNames returns the paths, or false if the checksum is wrong.
func decodeNames(value []byte) (paths []string, ok bool) {
	if !isSealed(seedOf(string(metaBucket)), namesKey, value) {
		return nil, false
	}
	if len(value) == 4 {
		return nil, true
	}
	return strings.Split(string(value[4:]), "\n"), true
}

// bucketIn returns the bucket with that path below a bucket at the top. If it has to be
// created, that is noted among the names.
func bucketIn(tx *bbolt.Tx, top []byte, path ...string) (b *bbolt.Bucket, err error) {
	b = tx.Bucket(top)
	created := false
	for _, name := range path {
		next := b.Bucket([]byte(name))
		if next == nil {
			created = true
			if next, err = b.CreateBucket([]byte(name)); err != nil {
				return nil, err
			}
		}
		b = next
	}
	if !created {
		return b, nil
	}
	return b, addName(tx, strings.Join(append([]string{string(top)}, path...), "\x00"))
}

// addName adds a path to the names.
func addName(tx *bbolt.Tx, path string) error {
	meta := tx.Bucket(metaBucket)
	paths, _ := decodeNames(meta.Get(namesKey))
	if slices.Contains(paths, path) {
		return nil
	}
	return meta.Put(namesKey, encodeNames(append(paths, path)))
}
