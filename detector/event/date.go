package event

import "time"

const (
	second = 1000 // milliseconds
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// ParseDate parses a date in Elasticsearch's format strict_date_optional_time, such as
// 2026-01-02T03:04:05.678+01:00. The text may end after each part of the date or of the
// time, and each part of the time may be followed by a zone. It returns the first and
// the last millisecond that the text denotes, since 1970: missing hours and smaller
// units are their minimum in first and their maximum in last.
func ParseDate(text []byte) (first, last int64, ok bool) {
	year, text, ok := cutYear(text)
	month, dayOfMonth := 1, 1
	for _, part := range [...]*int{&month, &dayOfMonth} {
		if ok && len(text) > 0 {
			*part, text, ok = cutNumber(text, '-')
		}
	}
	start := time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC)
	if !ok || start.Month() != time.Month(month) || start.Day() != dayOfMonth { // not in the calendar
		return 0, 0, false
	}
	ms := start.UnixMilli()
	if len(text) == 0 || string(text) == "T" {
		return ms, ms + day - 1, true
	}
	for _, part := range [...]struct {
		before byte
		below  int
		unit   int64
	}{{'T', 24, hour}, {':', 60, minute}, {':', 60, second}} {
		n, rest, ok := cutNumber(text, part.before)
		if !ok || n >= part.below {
			return 0, 0, false
		}
		ms += int64(n) * part.unit
		if offset, ok := parseZone(rest); ok {
			ms -= offset
			return ms, ms + part.unit - 1, true
		}
		text = rest
	}
	fraction, text, ok := cutFraction(text)
	if !ok {
		return 0, 0, false
	}
	offset, ok := parseZone(text)
	ms += fraction - offset
	return ms, ms, ok
}

// cutYear parses the four digits of a year, which may be negative.
func cutYear(text []byte) (year int, rest []byte, ok bool) {
	sign := 1
	if len(text) > 0 && text[0] == '-' {
		sign, text = -1, text[1:]
	}
	if len(text) < 4 || !areDigits(text[:4]) {
		return 0, text, false
	}
	for _, c := range text[:4] {
		year = 10*year + int(c-'0')
	}
	return sign * year, text[4:], true
}

// cutNumber parses two digits after the byte before.
func cutNumber(text []byte, before byte) (n int, rest []byte, ok bool) {
	if len(text) < 3 || text[0] != before || !areDigits(text[1:3]) {
		return 0, text, false
	}
	return int(text[1]-'0')*10 + int(text[2]-'0'), text[3:], true
}

// cutFraction parses a fraction of a second, up to nine digits after a point or a
// comma, and returns milliseconds.
func cutFraction(text []byte) (ms int64, rest []byte, ok bool) {
	if len(text) < 2 || text[0] != '.' && text[0] != ',' {
		return 0, text, false
	}
	digits := 0
	for digits+1 < len(text) && areDigits(text[digits+1:digits+2]) {
		digits++
	}
	if digits == 0 || digits > 9 {
		return 0, text, false
	}
	for i, unit := 1, int64(100); i <= digits; i, unit = i+1, unit/10 {
		ms += int64(text[i]-'0') * unit
	}
	return ms, text[1+digits:], true
}

// parseZone parses Z, UTC, +01, +0100, +01:00, +01:00:00 or nothing, and returns the
// offset in milliseconds. Regions such as Europe/Paris are not supported.
func parseZone(text []byte) (offset int64, ok bool) {
	switch string(text) {
	case "", "Z", "UTC", "GMT", "UT":
		return 0, true
	}
	if len(text) < 3 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	sign, separator := int64(1), ""
	if text[0] == '-' {
		sign = -1
	}
	text = text[1:]
	if len(text) > 2 && text[2] == ':' {
		separator = ":"
	}
	for i, unit := range [...]int64{hour, minute, second} {
		if i > 0 && separator != "" {
			if text[0] != ':' {
				return 0, false
			}
			text = text[1:]
		}
		if len(text) < 2 || !areDigits(text[:2]) {
			return 0, false
		}
		offset += (int64(text[0]-'0')*10 + int64(text[1]-'0')) * unit
		if text = text[2:]; len(text) == 0 {
			return sign * offset, offset <= 18*hour
		}
	}
	return 0, false
}

// areDigits reports whether a text consists of digits.
func areDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
