package mmdb

// names are the names of something by language, the English one last by the alphabet
// of keys.
func names(en string) map[string]any {
	return map[string]any{"en": en, "de": en + " (de)", "zh-CN": "名"}
}

// City is a file in MaxMind's layout of places, with an address of documentation, in
// 203.0.113.0/24, in each of a few cities.
func City() Database {
	place := func(continent, iso, country, region, regionName, city string, lat, lon float64, zone string) map[string]any {
		return map[string]any{
			"continent":          map[string]any{"code": "XX", "names": names(continent)},
			"country":            map[string]any{"iso_code": iso, "names": names(country), "geoname_id": uint32(1)},
			"registered_country": map[string]any{"iso_code": "ZZ", "names": names("Elsewhere")},
			"subdivisions":       []any{map[string]any{"iso_code": "00", "names": names("Above")}, map[string]any{"iso_code": region, "names": names(regionName)}},
			"city":               map[string]any{"names": names(city)},
			"location":           map[string]any{"latitude": lat, "longitude": lon, "time_zone": zone, "accuracy_radius": uint16(20)},
			"postal":             map[string]any{"code": "12345"},
		}
	}
	return Database{Type: "GeoLite2-City", RecordSize: 28, Records: map[string]any{
		"203.0.113.0/26":     place("Europe", "DE", "Germany", "BE", "Land Berlin", "Berlin", 52.52, 13.405, "Europe/Berlin"),
		"203.0.113.64/26":    place("North America", "US", "United States", "CA", "California", "Los Angeles", 34.05, -118.24, "America/Los_Angeles"),
		"203.0.113.128/26":   map[string]any{"country": map[string]any{"iso_code": "FR", "names": names("France")}},
		"2001:db8:1::/48":    place("Asia", "JP", "Japan", "13", "Tokyo", "Tokyo", 35.69, 139.69, "Asia/Tokyo"),
		"198.51.100.128/25":  place("Europe", "DE", "Germany", "BE", "Land Berlin", "Berlin", 52.52, 13.405, "Europe/Berlin"),
		"198.51.100.0/25":    place("Oceania", "AU", "Australia", "NSW", "New South Wales", "Sydney", -33.87, 151.21, "Australia/Sydney"),
		"2001:db8:2:3::/120": map[string]any{"traits": map[string]any{"is_anycast": true}},
	}}
}

// ASN is a file in MaxMind's layout of autonomous systems.
func ASN() Database {
	system := func(n uint32, name string) map[string]any {
		return map[string]any{"autonomous_system_number": n, "autonomous_system_organization": name}
	}
	return Database{Type: "GeoLite2-ASN", Records: map[string]any{
		"203.0.113.0/26":   system(64500, "Example Networks"),
		"203.0.113.64/26":  system(64501, "Amazon.com, Inc."),
		"203.0.113.128/26": map[string]any{"autonomous_system_number": uint32(209)},
		"198.51.100.0/24":  system(64502, "Google LLC"),
		"2001:db8:1::/48":  system(64503, "Six Networks"),
	}}
}

// DBIP is a file of DB-IP for providers: MaxMind's layout, with the autonomous system
// under traits.
func DBIP() Database {
	return Database{Type: "DBIP-ISP (compat=Enterprise)", RecordSize: 32, Records: map[string]any{
		"203.0.113.0/24": map[string]any{
			"continent": map[string]any{"code": "EU", "names": names("Europe")},
			"country":   map[string]any{"iso_code": "NL", "names": names("Netherlands")},
			"city":      map[string]any{"names": map[string]any{"en": "Amsterdam"}},
			"location":  map[string]any{"latitude": 52.37, "longitude": 4.9},
			"subdivisions": []any{
				map[string]any{"names": map[string]any{"en": "North Holland"}}, // without a code
			},
			"traits": map[string]any{"autonomous_system_number": uint32(64510), "autonomous_system_organization": "Dutch Networks", "isp": "Dutch"},
		},
	}}
}

// IPinfoLite is a file of IPinfo with countries and autonomous systems: country is the
// name.
func IPinfoLite() Database {
	return Database{Type: "ipinfo bundle_location_lite.mmdb", Records: map[string]any{
		"203.0.113.0/24": map[string]any{
			"continent": "Europe", "continent_code": "EU", "country": "Germany", "country_code": "DE",
			"asn": "AS64500", "as_name": "Example Networks", "as_domain": "example.net",
		},
	}}
}

// IPinfoOld is one of IPinfo's older files: country is the code, and numbers are
// texts.
func IPinfoOld() Database {
	return Database{Type: "ipinfo generic_location.mmdb", IPv4: true, Records: map[string]any{
		"203.0.113.0/24": map[string]any{
			"city": "Berlin", "region": "Land Berlin", "region_code": "BE", "country": "DE", "country_name": "Germany", "continent": "EU", "continent_name": "Europe",
			"lat": "52.52", "lng": "13.405", "timezone": "Europe/Berlin", "asn": "AS64500", "name": "Example Networks", "postal_code": "10115",
		},
	}}
}
