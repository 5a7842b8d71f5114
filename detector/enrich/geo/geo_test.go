package geo

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// write writes databases into files and opens them.
func write(t testing.TB, all ...mmdb.Database) (d *Databases, paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, one := range all {
		path := filepath.Join(dir, string(rune('a'+i))+".mmdb")
		if err := os.WriteFile(path, one.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	d, err := Open(paths)
	if err != nil {
		t.Fatal(err)
	}
	return d, paths
}

// merged is what the databases say of an address together.
func merged(d *Databases, address string) (p Place) {
	where, network := d.Lookup(netip.MustParseAddr(address), new(Cache))
	if where != nil {
		p = *where
		p.ASNumber, p.ASName = 0, ""
	}
	if network != nil {
		p.ASNumber, p.ASName = network.ASNumber, network.ASName
	}
	return p
}

var berlin = Place{
	ContinentName: "Europe", CountryISOCode: "DE", CountryName: "Germany", RegionISOCode: "DE-BE", RegionName: "Land Berlin",
	CityName: "Berlin", TimeZone: "Europe/Berlin", HasLocation: true, Latitude: 52.52, Longitude: 13.405,
}

func (p Place) with(number uint32, name string) Place {
	p.ASNumber, p.ASName = number, name
	return p
}

func TestLayouts(t *testing.T) {
	example := func(p Place) Place { return p.with(64500, "Example Networks") }
	for _, c := range []struct {
		name      string
		databases []mmdb.Database
		address   string
		want      Place
	}{
		{"MaxMind's places", []mmdb.Database{mmdb.City()}, "203.0.113.7", berlin},
		{"MaxMind's systems", []mmdb.Database{mmdb.ASN()}, "203.0.113.7", example(Place{})},
		{"both", []mmdb.Database{mmdb.ASN(), mmdb.City()}, "203.0.113.7", example(berlin)},
		{"only a country", []mmdb.Database{mmdb.City()}, "203.0.113.130", Place{CountryISOCode: "FR", CountryName: "France"}},
		{"a system without a name", []mmdb.Database{mmdb.ASN()}, "203.0.113.130", Place{ASNumber: 209}},
		{"IPv4 in IPv6", []mmdb.Database{mmdb.City()}, "::ffff:203.0.113.7", berlin},
		{"6to4", []mmdb.Database{mmdb.City()}, "2002:cb00:7107::1", berlin},
		{"IPv6", []mmdb.Database{mmdb.ASN()}, "2001:db8:1::9", Place{ASNumber: 64503, ASName: "Six Networks"}},
		{"IPv6 in a file of IPv4", []mmdb.Database{mmdb.IPinfoOld()}, "2001:db8:1::9", Place{}},
		{"nothing", []mmdb.Database{mmdb.City(), mmdb.ASN()}, "192.0.2.1", Place{}},
		{"a record that says nothing of places", []mmdb.Database{mmdb.City()}, "2001:db8:2:3::7", Place{}},
		{"DB-IP", []mmdb.Database{mmdb.DBIP()}, "203.0.113.7", Place{
			ContinentName: "Europe", CountryISOCode: "NL", CountryName: "Netherlands", RegionName: "North Holland", CityName: "Amsterdam",
			HasLocation: true, Latitude: 52.37, Longitude: 4.9, ASNumber: 64510, ASName: "Dutch Networks"}},
		{"IPinfo Lite", []mmdb.Database{mmdb.IPinfoLite()}, "203.0.113.7",
			example(Place{ContinentName: "Europe", CountryISOCode: "DE", CountryName: "Germany"})},
		{"IPinfo's older files", []mmdb.Database{mmdb.IPinfoOld()}, "203.0.113.7", example(berlin)},
		{"the first that says something", []mmdb.Database{mmdb.IPinfoLite(), mmdb.DBIP()}, "203.0.113.7",
			example(Place{ContinentName: "Europe", CountryISOCode: "DE", CountryName: "Germany"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := write(t, c.databases...)
			if got := merged(d, c.address); got != c.want {
				t.Errorf("%s is in\n%+v, want\n%+v", c.address, got, c.want)
			}
		})
	}
}

// A file that cannot be used is refused, and the error says which and why.
func TestRefused(t *testing.T) {
	city := mmdb.City().Bytes()
	marker := bytes.Index(city, []byte("MaxMind.com"))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":                  {nil, "invalid MaxMind DB file"},
		"text":                   {[]byte("<html>Your license key is wrong</html>"), "invalid MaxMind DB file"},
		"the first half":         {city[:len(city)/2], "invalid MaxMind DB file"},
		"the last half":          {city[marker-40:], "invalid"},
		"no records":             {mmdb.Database{Type: "GeoLite2-City"}.Bytes(), "no records"},
		"neither place nor AS":   {mmdb.Database{Type: "Anonymous", Records: map[string]any{"203.0.113.0/24": map[string]any{"is_vpn": true}}}.Bytes(), `"Anonymous"`},
		"records that are texts": {mmdb.Database{Type: "X", Records: map[string]any{"203.0.113.0/24": "DE"}}.Bytes(), "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.mmdb")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open([]string{path}); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	if _, err := Open([]string{t.TempDir()}); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("of a directory the error is %v", err)
	}
	if _, err := Open([]string{filepath.Join(t.TempDir(), "none.mmdb")}); err == nil {
		t.Error("a missing file is opened")
	}
}

// settle makes a change of the file count at once.
func settle(t *testing.T) {
	before := settled
	settled = 0
	t.Cleanup(func() { settled = before })
}

// replace writes the content beside the file and renames it, with another time.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	next := path + ".new"
	if err := os.WriteFile(next, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

// refresh calls Refresh as often as it takes to notice a change.
func refresh(d *Databases) (lines []string, errs []error) {
	for range 2 {
		l, e := d.Refresh()
		lines, errs = append(lines, l...), append(errs, e...)
	}
	return lines, errs
}

func TestReplaced(t *testing.T) {
	settle(t)
	d, paths := write(t, mmdb.ASN())
	is := func(what string, want Place, wantLines, wantErrs int) {
		t.Helper()
		lines, errs := refresh(d)
		if len(lines) != wantLines || len(errs) != wantErrs {
			t.Errorf("%s: %q, %v", what, lines, errs)
		}
		if got := merged(d, "203.0.113.7"); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	example := Place{ASNumber: 64500, ASName: "Example Networks"}
	is("unchanged", example, 0, 0)
	replace(t, paths[0], []byte("garbage"))
	is("garbage", example, 0, 1)
	is("garbage, still", example, 0, 0)
	replace(t, paths[0], mmdb.ASN().Bytes()[:200])
	is("half a file", example, 0, 1)
	if err := os.Remove(paths[0]); err != nil {
		t.Fatal(err)
	}
	is("removed", example, 0, 1)
	is("removed, still", example, 0, 0)
	other := mmdb.ASN()
	other.Records["203.0.113.0/26"] = map[string]any{"autonomous_system_number": uint32(64999), "autonomous_system_organization": "New Networks"}
	replace(t, paths[0], other.Bytes())
	is("another", Place{ASNumber: 64999, ASName: "New Networks"}, 1, 0)
	if err := os.WriteFile(paths[0], mmdb.ASN().Bytes(), 0o600); err != nil { // in place
		t.Fatal(err)
	}
	is("in place", example, 1, 0)
	if s := d.Stats()[0]; s.Replaced != 2 || s.Refused != 3 || s.Broken != 0 || s.Bytes == 0 || s.Built.Year() != 2025 {
		t.Errorf("the counters are %+v", s)
	}
}

// A file that was written just now is not read before it is at rest.
func TestAtRest(t *testing.T) {
	d, paths := write(t, mmdb.ASN())
	replace(t, paths[0], mmdb.IPinfoLite().Bytes())
	if lines, errs := refresh(d); len(lines)+len(errs) > 0 {
		t.Errorf("it was read at once: %q %v", lines, errs)
	}
	d.files[0].since = time.Now().Add(-settled)
	if lines, errs := d.Refresh(); len(lines) != 1 || len(errs) > 0 {
		t.Errorf("it was not read: %q %v", lines, errs)
	}
}

// Look-ups go on while the file is replaced, by good and by bad ones.
func TestReplacedUnderLoad(t *testing.T) {
	settle(t)
	d, paths := write(t, mmdb.ASN(), mmdb.City())
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			cache := new(Cache)
			for address := netip.MustParseAddr("203.0.113.7"); ; {
				select {
				case <-stop:
					return
				default:
				}
				where, network := d.Lookup(address, cache)
				if where == nil || where.CityName != "Berlin" || network == nil || network.ASName != "Example Networks" && network.ASName != "New Networks" {
					t.Errorf("%+v %+v", where, network)
					return
				}
			}
		})
	}
	other := mmdb.ASN()
	other.Records["203.0.113.0/26"] = map[string]any{"autonomous_system_number": uint32(1), "autonomous_system_organization": "New Networks"}
	contents := [][]byte{other.Bytes(), []byte("garbage"), mmdb.ASN().Bytes(), mmdb.ASN().Bytes()[:99]}
	for i := range 60 {
		replace(t, paths[0], contents[i%len(contents)])
		refresh(d)
	}
	close(stop)
	readers.Wait()
	if s := d.Stats()[0]; s.Replaced < 20 || s.Refused < 20 {
		t.Errorf("the counters are %+v", s)
	}
}

// Detectors of a process that name the same file have it in memory once.
func TestShared(t *testing.T) {
	a, paths := write(t, mmdb.ASN())
	b, err := Open(paths)
	if err != nil {
		t.Fatal(err)
	}
	if a.files[0] != b.files[0] || a.files[0].current.Load() != b.files[0].current.Load() {
		t.Error("the file is there twice")
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	d, _ := write(t, mmdb.ASN(), mmdb.City())
	cache := new(Cache)
	addresses := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.70"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8:1::1")}
	look := func() {
		for _, a := range addresses {
			d.Lookup(a, cache)
		}
	}
	look()
	if n := testing.AllocsPerRun(100, look); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	d, _ := write(b, mmdb.ASN(), mmdb.City())
	address := netip.MustParseAddr("203.0.113.7")
	b.Run("cached", func(b *testing.B) {
		cache := new(Cache)
		for b.Loop() {
			d.Lookup(address, cache)
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Lookup(address, new(Cache))
		}
	})
}

// Whatever a file has, it is refused or can be used: no panic, and no end of time or
// memory.
func FuzzDatabase(f *testing.F) {
	for _, d := range []mmdb.Database{mmdb.City(), mmdb.ASN(), mmdb.DBIP(), mmdb.IPinfoLite(), mmdb.IPinfoOld()} {
		f.Add(d.Bytes())
	}
	city := mmdb.City().Bytes()
	f.Add(city[:len(city)/2])
	loop := bytes.Clone(city)
	clear(loop[:1000]) // every record leads to the root
	f.Add(loop)
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := newDatabase(content)
		if err != nil {
			return
		}
		cache := new(Cache)
		for _, a := range []string{"203.0.113.7", "198.51.100.200", "2001:db8:1::1", "::", "255.255.255.255"} {
			p, err := cache.lookup(d, netip.MustParseAddr(a))
			if err == nil && len(p.CityName) > 3*maxText {
				t.Errorf("a name of %d bytes", len(p.CityName))
			}
		}
	})
}
