package match

import (
	"strconv"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// timeSpan is the time that the text of a date denotes: its first and its last
// millisecond, since 1970. As in Elasticsearch, missing hours and smaller units are
// their minimum in first and their maximum in last, and a missing month or day is
// the first one in both. The value of a date field is the first.
type timeSpan struct{ first, last int64 }

const (
	second = 1000 // milliseconds
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// parseTime parses a date in Elasticsearch's formats strict_date_optional_time and
// epoch_millis, the default of date fields. Without a zone it is UTC.
func parseTime(text []byte) (timeSpan, bool) {
	if s, ok := parseISO(text); ok {
		return s, true
	}
	return parseMillis(text)
}

// parseISO parses 2026-01-02T03:04:05.678+01:00. The text may end after each part of
// the date or of the time, and each part of the time may be followed by a zone.
func parseISO(text []byte) (timeSpan, bool) {
	year, text, ok := cutYear(text)
	month, dayOfMonth := 1, 1
	for _, part := range [...]*int{&month, &dayOfMonth} {
		if ok && len(text) > 0 {
			*part, text, ok = cutNumber(text, '-')
		}
	}
	start := time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC)
	if !ok || start.Month() != time.Month(month) || start.Day() != dayOfMonth { // not in the calendar
		return timeSpan{}, false
	}
	ms := start.UnixMilli()
	if len(text) == 0 || string(text) == "T" {
		return timeSpan{ms, ms + day - 1}, true
	}
	for _, part := range [...]struct {
		before byte
		below  int
		unit   int64
	}{{'T', 24, hour}, {':', 60, minute}, {':', 60, second}} {
		n, rest, ok := cutNumber(text, part.before)
		if !ok || n >= part.below {
			return timeSpan{}, false
		}
		ms += int64(n) * part.unit
		if offset, ok := parseZone(rest); ok {
			ms -= offset
			return timeSpan{ms, ms + part.unit - 1}, true
		}
		text = rest
	}
	fraction, text, ok := cutFraction(text)
	if !ok {
		return timeSpan{}, false
	}
	offset, ok := parseZone(text)
	ms += fraction - offset
	return timeSpan{ms, ms}, ok
}

// cutYear parses the four digits of a year, which may be negative.
func cutYear(text []byte) (year int, rest []byte, ok bool) {
	sign := 1
	if len(text) > 0 && text[0] == '-' {
		sign, text = -1, text[1:]
	}
	if len(text) < 4 || skipDigits(text[:4], 0) < 4 {
		return 0, text, false
	}
	for _, c := range text[:4] {
		year = 10*year + int(c-'0')
	}
	return sign * year, text[4:], true
}

// cutNumber parses two digits after the byte before.
func cutNumber(text []byte, before byte) (n int, rest []byte, ok bool) {
	if len(text) < 3 || text[0] != before || skipDigits(text[1:3], 0) < 2 {
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
	digits := skipDigits(text[1:], 0)
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
		if len(text) < 2 || skipDigits(text[:2], 0) < 2 {
			return 0, false
		}
		offset += (int64(text[0]-'0')*10 + int64(text[1]-'0')) * unit
		if text = text[2:]; len(text) == 0 {
			return sign * offset, offset <= 18*hour
		}
	}
	return 0, false
}

// parseMillis parses milliseconds since 1970, with or without a fraction.
func parseMillis(text []byte) (timeSpan, bool) {
	digits := text
	if len(text) > 0 && text[0] == '-' {
		digits = text[1:]
	}
	n := skipDigits(digits, 0)
	if n == 0 || n > 19 {
		return timeSpan{}, false
	}
	if rest := digits[n:]; len(rest) > 0 && (rest[0] != '.' || skipDigits(rest, 1) < len(rest) || len(rest) > 7) {
		return timeSpan{}, false
	}
	whole, ok := parseWhole(text)
	if !ok || whole.magnitude > 1<<62 {
		return timeSpan{}, false
	}
	ms := int64(whole.magnitude)
	if whole.negative {
		ms = -ms
	}
	return timeSpan{ms, ms}, true
}

// timeOf returns a value that is a time, in milliseconds since 1970.
func timeOf(v msgpack.Value) (int64, bool) {
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		s, ok := parseTime(v.Bytes())
		return s.first, ok
	case msgpack.Int: // parsed as text: 2026 is a year
		var buf [maxNumberText]byte
		s, ok := parseTime(strconv.AppendInt(buf[:0], v.Int(), 10))
		return s.first, ok
	case msgpack.Float:
		ms, ok := truncate(v.Float())
		if !ok || ms.magnitude > 1<<62 {
			return 0, false
		}
		if ms.negative {
			return -int64(ms.magnitude), true
		}
		return int64(ms.magnitude), true
	}
	return 0, false
}
