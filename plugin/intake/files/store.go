package files

import (
	"encoding/json"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/plugin/intake/positions"
)

// storeFile is the name of the file in the directory of a Store.
const storeFile = "intake.db"

// Store keeps on disk how far files were read. It is safe for concurrent use.
type Store struct {
	db *bbolt.DB
}

// state is how far a file was read.
type state struct {
	Path string `json:"path"`
	// Position is the offset up to which a text was read and confirmed, or the size of
	// another file that was read as a whole.
	Position int64 `json:"position"`
	// Records is how many records of a file that is read as a whole are confirmed.
	Records int64 `json:"records,omitempty"`
	// Modified is the time of the file when it was last read, in nanoseconds.
	Modified int64 `json:"modified"`
	// Start is a checksum of the first StartSize bytes.
	Start     uint64 `json:"start"`
	StartSize int    `json:"start_size"`
	Whole     bool   `json:"whole,omitempty"`
	// Gone is when the file was no longer there, in seconds. It is forgotten later.
	Gone int64 `json:"gone,omitempty"`
}

// table has the states, by id.
var table = []byte("files")

// OpenStore opens the file with the states in a directory, for this process alone. It
// creates both if they do not exist. If the file is damaged, it is renamed, and warn is
// called: all files are read again.
func OpenStore(dir string, warn func(string)) (*Store, error) {
	db, err := positions.Open(dir, storeFile, func(line, _ string) { warn(line + ": everything is read again") }, table)
	if err != nil {
		return nil, err
	}
	return &Store{db}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// get returns the state of a file, and whether there is one.
func (s *Store) get(i id) (st state, ok bool) {
	_ = s.db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(table).Get(i[:]); v != nil {
			ok = json.Unmarshal(v, &st) == nil
		}
		return nil
	})
	return st, ok
}

// put stores states, and deletes those that are nil.
func (s *Store) put(all map[id]*state) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(table)
		for i, st := range all {
			if st == nil {
				if err := b.Delete(i[:]); err != nil {
					return err
				}
				continue
			}
			v, err := json.Marshal(st)
			if err != nil {
				return err
			}
			if err := b.Put(i[:], v); err != nil {
				return err
			}
		}
		return nil
	})
}

// each calls f with all states.
func (s *Store) each(f func(id, state)) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(table).ForEach(func(k, v []byte) error {
			var st state
			if len(k) == len(id{}) && json.Unmarshal(v, &st) == nil {
				f(id(k), st)
			}
			return nil
		})
	})
}
