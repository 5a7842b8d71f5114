package program

import (
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/kql"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// dateForms says what a date may be, for messages.
const dateForms = "allowed are 2026, 2026-01, 2026-01-02, 2026-01-02T03:04:05.678Z with less of the time or another zone, and milliseconds since 1970; date math such as now-1d is not supported"

// timeSpan is what the text of a date denotes: missing hours and smaller units
// are the first in from and the last in to; a missing month or day is the first
// in both, as Elasticsearch has it.
type timeSpan struct{ from, to time.Time }

var dateLayouts = []struct {
	layout string
	unit   time.Duration // the smallest that is there
}{
	{"2006-01-02T15:04:05.999999999Z07:00", 0},
	{"2006-01-02T15:04:05.999999999", 0},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15Z07:00", time.Hour},
	{"2006-01-02T15", time.Hour},
	{"2006-01-02", 24 * time.Hour},
	{"2006-01", 24 * time.Hour},
	{"2006", 24 * time.Hour},
}

// parseDate reads a date in Elasticsearch's strict_date_optional_time or
// epoch_millis. Without a zone it is UTC.
func parseDate(text string) (timeSpan, bool) {
	for _, l := range dateLayouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		unit := l.unit
		if unit == 0 && !strings.Contains(text, ".") {
			unit = time.Second
		}
		if unit == 0 {
			return timeSpan{t, t}, true
		}
		return timeSpan{t, t.Add(unit - time.Nanosecond)}, true
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) > 4 {
		t := time.UnixMilli(ms)
		return timeSpan{t, t}, true
	}
	return timeSpan{}, false
}

// timeOf returns the time that a value is.
func timeOf(v record.Value) (time.Time, bool) {
	switch v.Kind() {
	case record.Str, record.Bin:
		if len(v.Bytes()) > 64 {
			return time.Time{}, false
		}
		span, ok := parseDate(string(v.Bytes()))
		return span.from, ok
	case record.Int:
		return time.UnixMilli(v.Int()), true
	case record.Float:
		return time.UnixMilli(int64(v.Float())), true
	}
	return time.Time{}, false
}

// dateSpan matches times within a span, ends included.
type dateSpan timeSpan

func (m dateSpan) match(v record.Value) bool {
	t, ok := timeOf(v)
	return ok && !t.Before(m.from) && !t.After(m.to)
}

// dateOrder matches times on one side of another.
type dateOrder struct {
	op kql.RangeOp
	t  time.Time
}

// newDateOrder takes the end of the span that the operator means: after a day is
// after its end, from a day on is from its beginning.
func newDateOrder(o kql.RangeOp, s timeSpan) dateOrder {
	if o == kql.Gt || o == kql.Lte {
		return dateOrder{o, s.to}
	}
	return dateOrder{o, s.from}
}

func (m dateOrder) match(v record.Value) bool {
	t, ok := timeOf(v)
	return ok && in(m.op, t.Compare(m.t))
}
