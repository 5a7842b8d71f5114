package geo

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2/mmdbdata"
)

// Place is what a database says of an address. What it does not say is zero. A Place
// never changes.
type Place struct {
	ContinentName  string
	CountryISOCode string // two letters
	CountryName    string // in English, as all names
	RegionISOCode  string // with that of the country: US-CA
	RegionName     string
	CityName       string
	TimeZone       string // of the IANA

	HasLocation         bool
	Latitude, Longitude float64

	ASNumber uint32
	ASName   string // the organization
}

// HasGeo reports whether it says where the address is.
func (p *Place) HasGeo() bool {
	return p.HasLocation || p.ContinentName+p.CountryISOCode+p.CountryName+p.RegionISOCode+p.RegionName+p.CityName+p.TimeZone != ""
}

// HasAS reports whether it says which autonomous system the address belongs to.
func (p *Place) HasAS() bool { return p.ASNumber != 0 || p.ASName != "" }

// record is a record of a database in any of the layouts.
type record struct {
	Place
	budget int // how many values may still be read

	// MaxMind's layout has maps, with names by language.
	nested         bool
	region         string // the ISO code, without that of the country
	latitude       float64
	longitude      float64
	hasLat, hasLon bool
	country        string // a text
	countryCode    string
	continent      string // a text
	continentName  string
	name           string
}

// maxValues is how many values of a record are read.
const maxValues = 512

var errTooLarge = errors.New("a record has too many members")

// UnmarshalMaxMindDBCursor reads a record. It is called by the library.
func (r *record) UnmarshalMaxMindDBCursor(c mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	if kind, err := c.Kind(); err != nil || kind != mmdbdata.KindMap {
		return skip(c, err)
	}
	next, err := r.members(c, r.member)
	if err != nil {
		return next, err
	}
	r.finish()
	return next, nil
}

func skip(c mmdbdata.Cursor, err error) (mmdbdata.Cursor, error) {
	if err != nil {
		return c, err
	}
	return c.Skip()
}

// members calls do with each member of a map; do returns the cursor behind the value.
// What is no map is skipped.
func (r *record) members(c mmdbdata.Cursor, do func(key []byte, value mmdbdata.Cursor) (mmdbdata.Cursor, error)) (mmdbdata.Cursor, error) {
	if kind, err := c.Kind(); err != nil || kind != mmdbdata.KindMap {
		return skip(c, err)
	}
	m, err := c.Map()
	if err != nil {
		return c, err
	}
	var at mmdbdata.Cursor
	for {
		key, value, ok := m.Next(at)
		if !ok {
			return m.End()
		}
		if r.budget--; r.budget < 0 {
			return c, errTooLarge
		}
		if at, err = do(key, value); err != nil {
			return c, err
		}
	}
}

// member reads a member at the top of a record.
func (r *record) member(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	switch string(key) {
	case "country":
		return r.textOrMap(v, &r.country, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			r.nested = true
			if string(key) == "iso_code" {
				return text(v, &r.CountryISOCode)
			}
			return r.names(key, v, &r.CountryName)
		})
	case "continent":
		return r.textOrMap(v, &r.continent, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			r.nested = true
			return r.names(key, v, &r.ContinentName)
		})
	case "city":
		return r.textOrMap(v, &r.CityName, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			return r.names(key, v, &r.CityName)
		})
	case "subdivisions":
		return r.subdivisions(v)
	case "location":
		return r.members(v, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			switch string(key) {
			case "latitude":
				return number(v, &r.latitude, &r.hasLat)
			case "longitude":
				return number(v, &r.longitude, &r.hasLon)
			case "time_zone":
				return text(v, &r.TimeZone)
			}
			return v.Skip()
		})
	case "traits": // DB-IP's files of providers
		return r.members(v, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			switch string(key) {
			case "autonomous_system_number", "autonomous_system_organization":
				return r.member(key, v)
			}
			return v.Skip()
		})
	case "autonomous_system_number", "asn":
		return asNumber(v, &r.ASNumber)
	case "autonomous_system_organization", "as_name":
		return text(v, &r.ASName)
	case "name": // beside asn
		return text(v, &r.name)
	case "country_code":
		return text(v, &r.countryCode)
	case "country_name":
		return text(v, &r.CountryName)
	case "continent_name":
		return text(v, &r.continentName)
	case "region":
		return text(v, &r.RegionName)
	case "region_code":
		return text(v, &r.region)
	case "timezone":
		return text(v, &r.TimeZone)
	case "lat", "latitude":
		return number(v, &r.latitude, &r.hasLat)
	case "lng", "longitude":
		return number(v, &r.longitude, &r.hasLon)
	}
	return v.Skip()
}

// subdivisions reads the most specific of a list of subdivisions, which comes last.
func (r *record) subdivisions(c mmdbdata.Cursor) (mmdbdata.Cursor, error) {
	if kind, err := c.Kind(); err != nil || kind != mmdbdata.KindSlice {
		return skip(c, err)
	}
	list, err := c.Slice()
	if err != nil {
		return c, err
	}
	var at mmdbdata.Cursor
	for {
		_, element, ok := list.Next(at)
		if !ok {
			return list.End()
		}
		if r.budget--; r.budget < 0 {
			return c, errTooLarge
		}
		r.region, r.RegionName = "", ""
		at, err = r.members(element, func(key []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
			if string(key) == "iso_code" {
				return text(v, &r.region)
			}
			return r.names(key, v, &r.RegionName)
		})
		if err != nil {
			return c, err
		}
	}
}

// names reads the English one of names.
func (r *record) names(key []byte, v mmdbdata.Cursor, to *string) (mmdbdata.Cursor, error) {
	if string(key) != "names" {
		return v.Skip()
	}
	return r.members(v, func(language []byte, v mmdbdata.Cursor) (mmdbdata.Cursor, error) {
		if string(language) == "en" {
			return text(v, to)
		}
		return v.Skip()
	})
}

// textOrMap reads a text, or the members of a map.
func (r *record) textOrMap(v mmdbdata.Cursor, to *string, do func([]byte, mmdbdata.Cursor) (mmdbdata.Cursor, error)) (mmdbdata.Cursor, error) {
	if kind, err := v.Kind(); err != nil || kind != mmdbdata.KindMap {
		if err != nil {
			return v, err
		}
		return text(v, to)
	}
	return r.members(v, do)
}

// maxText is how many bytes a text has at most.
const maxText = 256

// text reads a text. What is none, or too long, is skipped.
func text(v mmdbdata.Cursor, to *string) (mmdbdata.Cursor, error) {
	kind, err := v.Kind()
	if err != nil || kind != mmdbdata.KindString {
		return skip(v, err)
	}
	if v.CheckMaxSize(mmdbdata.NewKindSet(mmdbdata.KindString), maxText) != nil {
		return v.Skip()
	}
	s, next, err := v.ReadString()
	if err == nil {
		*to = s
	}
	return next, err
}

// number reads a number, or the text of one.
func number(v mmdbdata.Cursor, to *float64, has *bool) (next mmdbdata.Cursor, err error) {
	kind, err := v.Kind()
	if err != nil {
		return v, err
	}
	var f float64
	switch kind {
	case mmdbdata.KindFloat64, mmdbdata.KindFloat32:
		if f, next, err = v.ReadFloat(); err != nil {
			return v, err
		}
	case mmdbdata.KindString:
		var s string
		if next, err = text(v, &s); err != nil {
			return v, err
		}
		var bad error
		if f, bad = strconv.ParseFloat(s, 64); bad != nil {
			return next, nil
		}
	default:
		return v.Skip()
	}
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		*to, *has = f, true
	}
	return next, nil
}

// asNumber reads the number of an autonomous system: 13335 or "AS13335".
func asNumber(v mmdbdata.Cursor, to *uint32) (next mmdbdata.Cursor, err error) {
	kind, err := v.Kind()
	if err != nil {
		return v, err
	}
	switch kind {
	case mmdbdata.KindUint16, mmdbdata.KindUint32, mmdbdata.KindUint64:
		var n uint64
		if n, next, err = v.ReadUint(); err != nil {
			return v, err
		}
		if n <= math.MaxUint32 {
			*to = uint32(n)
		}
		return next, nil
	case mmdbdata.KindString:
		var s string
		if next, err = text(v, &s); err != nil {
			return v, err
		}
		if n, bad := strconv.ParseUint(strings.TrimPrefix(s, "AS"), 10, 32); bad == nil {
			*to = uint32(n)
		}
		return next, nil
	}
	return v.Skip()
}

// finish decides what fields mean that have another meaning in another layout.
func (r *record) finish() {
	switch {
	case r.nested:
	case r.countryCode != "": // IPinfo Lite, Core, Plus
		r.CountryISOCode = r.countryCode
		if r.CountryName == "" {
			r.CountryName = r.country
		}
	case r.country != "": // IPinfo's older files
		r.CountryISOCode = r.country
	}
	if !r.nested {
		r.ContinentName = r.continentName
		if r.ContinentName == "" && len(r.continent) > len("EU") { // else it is the code
			r.ContinentName = r.continent
		}
	}
	if r.ASName == "" && r.ASNumber != 0 {
		r.ASName = r.name
	}
	if r.region != "" && r.CountryISOCode != "" {
		r.RegionISOCode = r.region
		if !strings.HasPrefix(r.region, r.CountryISOCode+"-") {
			r.RegionISOCode = r.CountryISOCode + "-" + r.region
		}
	}
	if r.hasLat && r.hasLon && math.Abs(r.latitude) <= 90 && math.Abs(r.longitude) <= 180 {
		r.HasLocation, r.Latitude, r.Longitude = true, r.latitude, r.longitude
	}
	for _, s := range []*string{&r.ContinentName, &r.CountryISOCode, &r.CountryName, &r.RegionISOCode, &r.RegionName, &r.CityName, &r.TimeZone, &r.ASName} {
		*s = string(bytes.ToValidUTF8([]byte(*s), []byte("\uFFFD")))
		if *s == "-" || *s == "None" { // what some files have in the place of nothing
			*s = ""
		}
	}
}
