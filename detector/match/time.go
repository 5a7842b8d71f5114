package match

import (
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// timeSpan is the time that the text of a date denotes: its first and its last
// millisecond, since 1970. As in Elasticsearch, missing hours and smaller units are
// their minimum in first and their maximum in last, and a missing month or day is
// the first one in both. The value of a date field is the first.
type timeSpan struct{ first, last int64 }

// parseTime parses a date in Elasticsearch's formats strict_date_optional_time and
// epoch_millis, the default of date fields. Without a zone it is UTC.
func parseTime(text []byte) (timeSpan, bool) {
	if first, last, ok := event.ParseDate(text); ok {
		return timeSpan{first, last}, true
	}
	return parseMillis(text)
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
