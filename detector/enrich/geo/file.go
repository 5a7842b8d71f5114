package geo

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/oschwald/maxminddb-golang/v2"
)

// file is a database. Those of a process share it if they name the same path.
type file struct {
	path    string
	current atomic.Pointer[database] // never nil once it was opened

	mu      sync.Mutex  // guards what follows
	known   os.FileInfo // of what is in use, or could not be used
	changed os.FileInfo // what was seen last, if it is another file than known
	since   time.Time   // when that was seen first

	replaced, refused, broken atomic.Uint64
}

// database is the content of a file. It never changes.
type database struct {
	number  uint64 // tells it from all others
	reader  *maxminddb.Reader
	built   time.Time
	size    int
	geo, as bool // what its records have
}

var numbers atomic.Uint64 // of databases

// files has the files that are in use, by their paths.
var files = struct {
	sync.Mutex
	byPath map[string]weak.Pointer[file]
}{byPath: map[string]weak.Pointer[file]{}}

// openFile opens the file at the path, unless it is open already and has not changed.
func openFile(path string) (*file, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	files.Lock()
	defer files.Unlock()
	f := files.byPath[whole].Value()
	if f == nil {
		f = &file{path: path}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(whole)
	if err != nil {
		return nil, err
	}
	if f.current.Load() == nil || !same(info, f.known) {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	files.byPath[whole] = weak.Make(f)
	return f, nil
}

// same reports whether a file is the one that it was.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// settled is how long a file must not have changed before it is read: one that is
// copied over another has something of both for a while.
var settled = 2 * time.Second

// refresh reads the file again if it has changed and is at rest. It reports whether the
// database was replaced.
func (f *file) refresh() (replaced bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		if f.known == nil { // this was said before
			return false, nil
		}
		f.known, f.changed = nil, nil
		f.refused.Add(1)
		return false, err
	case same(info, f.known):
		f.changed = nil
		return false, nil
	case !same(info, f.changed):
		f.changed, f.since = info, time.Now()
		return false, nil
	case time.Since(f.since) < settled:
		return false, nil
	}
	if err := f.open(); err != nil {
		f.refused.Add(1)
		return false, err
	}
	f.replaced.Add(1)
	return true, nil
}

// maxFile is how many bytes a file has at most.
const maxFile = 2 << 30

// open reads the file and takes it into use.
func (f *file) open() error {
	h, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return err
	}
	f.known, f.changed = info, nil // also if it does not open: once is enough
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", f.path)
	case info.Size() > maxFile:
		return fmt.Errorf("%s has %d bytes, more than %d", f.path, info.Size(), int64(maxFile))
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(h, content); err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.path, err)
	}
	if after, err := h.Stat(); err != nil || !same(info, after) {
		f.known = nil
		return fmt.Errorf("%s changes while it is read", f.path)
	}
	d, err := newDatabase(content)
	if err != nil {
		return fmt.Errorf("%s is not a database that can be used: %w", f.path, err)
	}
	f.current.Store(d)
	return nil
}

// newDatabase opens the content of a file and looks at some of its records. It keeps
// the content.
func newDatabase(content []byte) (d *database, err error) {
	defer func() { // the library checks what it reads; this is for what it does not
		if p := recover(); p != nil {
			err = fmt.Errorf("it is damaged: %v", p)
		}
	}()
	reader, err := maxminddb.OpenBytes(content, maxminddb.DisableStringCache())
	if err != nil {
		return nil, err
	}
	if v := reader.Metadata.BinaryFormatMajorVersion; v != 2 {
		return nil, fmt.Errorf("it has version %d of the format, not 2", v)
	}
	d = &database{number: numbers.Add(1), reader: reader, built: reader.Metadata.BuildTime(), size: len(content)}
	found := 0
	sample := func(r maxminddb.Result) error {
		p, ok, err := decode(r)
		if err != nil {
			return fmt.Errorf("it is damaged: %w", err)
		}
		if ok {
			found++
			d.geo, d.as = d.geo || p.HasGeo(), d.as || p.HasAS()
		}
		return nil
	}
	for _, offset := range recordsOf(content, reader.Metadata) {
		if err := sample(reader.LookupOffset(offset)); err != nil {
			return nil, err
		}
	}
	for i := range 256 {
		for _, a := range []netip.Addr{netip.AddrFrom4([4]byte{byte(i), 1, 1, 1}), netip.AddrFrom16([16]byte{0x20 | byte(i>>7), byte(i), 0x48, 0x60})} {
			if a.Is6() && reader.Metadata.IPVersion != 6 {
				continue
			}
			if err := sample(reader.Lookup(a)); err != nil { // of other parts of the tree
				return nil, err
			}
		}
	}
	switch {
	case found == 0:
		return nil, errors.New("it has no records")
	case !d.geo && !d.as:
		return nil, fmt.Errorf("its records, of the type %q, have neither a place nor an autonomous system in a layout of MaxMind, DB-IP or IPinfo", reader.Metadata.DatabaseType)
	}
	return d, nil
}

// decode reads the record of a result, if there is one.
func decode(r maxminddb.Result) (p Place, ok bool, err error) {
	if !r.Found() {
		return p, false, r.Err()
	}
	x := record{budget: maxValues}
	if err := r.Decode(&x); err != nil {
		return p, false, err
	}
	return x.Place, true, nil
}
