package aws

import (
	"bytes"
	"encoding/json"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/plugin/intake/positions"
)

// positionsFile is the name of the file in the directory of Positions.
const positionsFile = "bucket.db"

// The tables of the file. Their keys begin with the name of the bucket and a zero byte.
var (
	// folders has a position for each region of an account, by the key of its folder.
	folders = []byte("folders")
	// done has the objects behind the position of their folder that are confirmed, by
	// their keys.
	done = []byte("done")
)

// Positions keeps on disk which objects of buckets were read. It is safe for concurrent
// use.
type Positions struct{ db *bbolt.DB }

// position is how far the objects of a folder were read.
type position struct {
	// After is a key: all objects up to it are confirmed, or were there too late.
	After string `json:"after"`
	// From is the first day that was asked for, as in layout.Day, or empty.
	From string `json:"from,omitempty"`
}

// OpenPositions opens the file with the positions in a directory, for this process alone. It
// creates both if they do not exist. If the file is damaged, it is renamed, and warn is
// called: all objects are read again.
func OpenPositions(dir string, warn func(string)) (*Positions, error) {
	db, err := positions.Open(dir, positionsFile, func(line, _ string) { warn(line + ": everything is read again") }, folders, done)
	if err != nil {
		return nil, err
	}
	return &Positions{db}, nil
}

// Close closes the file.
func (p *Positions) Close() error { return p.db.Close() }

// nameOf returns the name of an entry.
func nameOf(bucket, key string) []byte { return []byte(bucket + "\x00" + key) }

// get returns the position of a folder, and whether there is one.
func (p *Positions) get(bucket, folder string) (at position, ok bool) {
	_ = p.db.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(folders).Get(nameOf(bucket, folder))
		ok = v != nil && json.Unmarshal(v, &at) == nil
		return nil
	})
	return at, ok
}

// known calls found with the keys, in order, that are confirmed.
func (p *Positions) known(bucket string, keys []string, found func(key string)) error {
	return p.db.View(func(tx *bbolt.Tx) error {
		t := tx.Bucket(done)
		for _, key := range keys {
			if t.Get(nameOf(bucket, key)) != nil {
				found(key)
			}
		}
		return nil
	})
}

// change is what has changed in a folder.
type change struct {
	folder    string
	at        position
	confirmed []string // keys, behind the position or not
}

// put stores changes. What is up to a position is deleted.
func (p *Positions) put(bucket string, changes []change) error {
	return p.db.Update(func(tx *bbolt.Tx) error {
		marks := tx.Bucket(done)
		for _, c := range changes {
			for _, key := range c.confirmed {
				if key <= c.at.After {
					continue
				}
				if err := marks.Put(nameOf(bucket, key), []byte{}); err != nil {
					return err
				}
			}
			if err := deleteUpTo(marks, nameOf(bucket, c.folder), nameOf(bucket, c.at.After)); err != nil {
				return err
			}
			v, err := json.Marshal(c.at)
			if err != nil {
				return err
			}
			if err := tx.Bucket(folders).Put(nameOf(bucket, c.folder), v); err != nil {
				return err
			}
		}
		return nil
	})
}

// Note returns what was noted of a purpose, or "".
func (p *Positions) Note(purpose string) (text string) {
	_ = p.db.View(func(tx *bbolt.Tx) error {
		text = string(tx.Bucket(folders).Get(nameOf(purpose, "")))
		return nil
	})
	return text
}

// SetNote notes a text of a purpose. With forget, all positions of the purpose are
// deleted.
func (p *Positions) SetNote(purpose, text string, forget bool) error {
	return p.db.Update(func(tx *bbolt.Tx) error {
		for _, table := range [][]byte{folders, done} {
			c := tx.Bucket(table).Cursor()
			for k, _ := c.Seek([]byte(purpose)); forget && k != nil && bytes.HasPrefix(k, []byte(purpose)); k, _ = c.Seek([]byte(purpose)) {
				if err := c.Delete(); err != nil {
					return err
				}
			}
		}
		return tx.Bucket(folders).Put(nameOf(purpose, ""), []byte(text))
	})
}

// deleteUpTo deletes the entries of a folder up to a key.
func deleteUpTo(t *bbolt.Bucket, folder, last []byte) error {
	c := t.Cursor()
	for k, _ := c.Seek(folder); k != nil && bytes.HasPrefix(k, folder) && bytes.Compare(k, last) <= 0; k, _ = c.Seek(folder) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}
