package geo

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Databases are the databases that addresses are looked up in, in the order of
// preference. Its methods are safe for concurrent use.
type Databases struct {
	files   []*file
	assumed bool
}

// Assumed returns databases that are not here: they are said to have everything, and
// nothing is found in them. It is for the check of a configuration for another machine.
func Assumed() *Databases { return &Databases{assumed: true} }

// Open opens the files. The error joins what is wrong with each of them.
func Open(paths []string) (*Databases, error) {
	d := &Databases{}
	var errs []error
	for _, path := range paths {
		f, err := openFile(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		d.files = append(d.files, f)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return d, nil
}

// Has reports whether some database says where addresses are, and whether some says
// which autonomous systems they belong to.
func (d *Databases) Has() (geo, as bool) {
	if d.assumed {
		return true, true
	}
	for _, f := range d.files {
		db := f.current.Load()
		geo, as = geo || db.geo, as || db.as
	}
	return geo, as
}

// Lookup returns where the address is, and which autonomous system it belongs to, each
// by the first database that says something about it; nil if none does. Once the cache
// has a record, no memory is allocated for it.
func (d *Databases) Lookup(a netip.Addr, c *Cache) (where, network *Place) {
	for _, f := range d.files {
		db := f.current.Load()
		p, err := c.lookup(db, a)
		if err != nil {
			f.broken.Add(1)
			continue
		}
		if where == nil && p.HasGeo() {
			where = p
		}
		if network == nil && p.HasAS() {
			network = p
		}
		if where != nil && network != nil {
			break
		}
	}
	return where, network
}

// Cache has records that were read before, a few hundred at most. It is not for
// concurrent use; its zero value is ready for use.
type Cache struct{ entries [256]cached }

type cached struct {
	database uint64
	offset   uintptr
	place    *Place
}

// nowhere is the place of an address that a database does not know.
var nowhere Place

// lookup returns what the database says of an address.
func (c *Cache) lookup(db *database, a netip.Addr) (p *Place, err error) {
	if db.reader.Metadata.IPVersion == 4 && !a.Unmap().Is4() {
		return &nowhere, nil
	}
	r := db.reader.Lookup(a)
	if !r.Found() {
		return &nowhere, r.Err()
	}
	entry := &c.entries[(r.Offset()*0x9e3779b1>>7^r.Offset())%uintptr(len(c.entries))]
	if entry.database == db.number && entry.offset == r.Offset() {
		return entry.place, nil
	}
	place, _, err := decode(r)
	if err != nil {
		return nil, err
	}
	*entry = cached{db.number, r.Offset(), &place}
	return &place, nil
}

// RefreshInterval is how often [Databases.Refresh] should be called.
const RefreshInterval = 5 * time.Second

// Refresh reads the files again that have changed, once they do not change any more.
// It returns a line for each database that was replaced, and an error for each file
// that cannot be used, once; what was read before stays in use.
func (d *Databases) Refresh() (lines []string, errs []error) {
	for _, f := range d.files {
		replaced, err := f.refresh()
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%w; the database from before stays in use", err))
		case replaced:
			lines = append(lines, fmt.Sprintf("%s was replaced; it was built on %s", f.path, f.current.Load().built.UTC().Format(time.DateOnly)))
		}
	}
	return lines, errs
}

// Stat is what can be told about one of the databases.
type Stat struct {
	Path  string
	Built time.Time
	Bytes int
	// Replaced and Refused count changes of the file with and without success, and
	// Broken look-ups that met damaged data.
	Replaced, Refused, Broken uint64
}

// Stats returns what can be told about each database. Of nil it is nothing.
func (d *Databases) Stats() (all []Stat) {
	if d == nil {
		return nil
	}
	for _, f := range d.files {
		db := f.current.Load()
		all = append(all, Stat{f.path, db.built, db.size, f.replaced.Load(), f.refused.Load(), f.broken.Load()})
	}
	return all
}
