package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/intake/positions"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// A note is an object in the file of an Announced. Its key there is the object's name, of
// bucket, key and version, so that either can be told from the other.
type note struct {
	Object
	// Sum is a checksum of the name and the object. Notes of older versions have none.
	Sum uint32 `json:",omitempty"`
}

// noteStart is what notes begin with.
const noteStart = `{"Bucket":"`

// maxNote is the maximum size of a note: a key may have 1,024 bytes, each of up to six as
// JSON, and is there up to twice.
const maxNote = 16 << 10

func noteName(o *Object) string { return string(nameOf(o.Bucket, o.Key+"\x00"+o.VersionID)) }

// newNote returns the note about an object.
func newNote(name string, o Object) []byte {
	text, err := json.Marshal(note{o, sumOf(name, &o)})
	if err != nil {
		panic(err) // cannot happen: these are texts and numbers
	}
	return text
}

func sumOf(name string, o *Object) uint32 {
	return max(1, crc32.ChecksumIEEE(fmt.Appendf(nil, "%s %q %q %d", name, o.OtherKey, o.Region, o.Size)))
}

// isWhole reports whether the note is the one that was written with that name.
func (n *note) isWhole(name string) bool {
	return name == noteName(&n.Object) && (n.Sum == 0 || n.Sum == sumOf(name, &n.Object))
}

// readNote returns the object of a note, and whether the note and its name are whole. If not,
// the object is the one that the other says. It returns false if neither says which it is.
func readNote(name string, text []byte) (o Object, whole, ok bool) {
	var n note
	err := json.Unmarshal(text, &n)
	if err == nil && n.isWhole(name) {
		return n.Object, true, true
	}
	if err == nil && n.Sum != 0 && n.isWhole(noteName(&n.Object)) {
		return n.Object, false, true // the name is damaged
	}
	bucket, rest, _ := strings.Cut(name, "\x00")
	end := strings.LastIndexByte(rest, 0)
	if bucket == "" || end <= 0 {
		return Object{}, false, false
	}
	o = Object{Bucket: bucket, Key: rest[:end], VersionID: rest[end+1:], Size: -1}
	if err == nil && n.Key != o.Key {
		o.OtherKey = n.Key // one of them is right
	} else {
		o.OtherKey = decoded(o.Key)
	}
	return o, false, true
}

// openNotes opens the file with notes in a directory. If it is damaged, it is renamed, and
// the notes that can be read are taken over; some may be of objects that were read.
func openNotes(dir string, log logger.Log) (*bbolt.DB, error) {
	var line, aside string
	db, err := positions.Open(dir, announcedFile, func(l, a string) { line, aside = l, a }, announced)
	if err != nil || line == "" {
		return db, err
	}
	notes, err := salvage(aside)
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error {
			for name, text := range notes {
				if err := tx.Bucket(announced).Put([]byte(name), text); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		log.Errorf("state_path: %s: its notes cannot be taken over: %v", line, err)
		return db, nil
	}
	log.Errorf("state_path: %s: %s taken over; some may have been read before", line, logger.Count(len(notes), "note"))
	return db, nil
}

// salvage returns the notes that can be read of a damaged file, by name.
func salvage(path string) (map[string][]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	notes := map[string][]byte{}
	store.ReadPages(f, info.Size(), func(path []string, name, text []byte) {
		if len(path) != 1 || path[0] != string(announced) {
			return
		}
		if o, whole, ok := readNote(string(name), text); whole {
			notes[string(name)] = text
		} else if ok {
			notes[string(name)] = newNote(noteName(&o), o)
		}
	}, func(data []byte) { findNotes(data, notes) })
	return notes, nil
}

// findNotes adds the notes that are somewhere in the data, each behind its name.
func findNotes(data []byte, notes map[string][]byte) {
	for at := 0; ; at++ {
		next := bytes.Index(data[at:], []byte(noteStart))
		if next < 0 {
			return
		}
		at += next
		var n note
		if json.NewDecoder(bytes.NewReader(data[at:min(len(data), at+maxNote)])).Decode(&n) != nil {
			continue
		}
		if name := noteName(&n.Object); n.isWhole(name) && (n.Sum != 0 || bytes.HasSuffix(data[:at], []byte(name))) {
			notes[name] = newNote(name, n.Object)
		}
	}
}
