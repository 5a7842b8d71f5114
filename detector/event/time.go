package event

import (
	"bytes"
	"strconv"
	"time"
	"unsafe"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// ParseTime reads the time of an event: RFC 3339, or a number of milliseconds
// since 1970 as documents in ECS form may have it. It returns the zero time for
// everything else and for times that are not [InRange].
func ParseTime(v msgpack.Value) time.Time {
	var t time.Time
	switch v.Kind() {
	case msgpack.Str, msgpack.Bin:
		b := bytes.TrimSpace(v.Bytes())
		if len(b) > 64 {
			return time.Time{}
		}
		text := unsafe.String(unsafe.SliceData(b), len(b)) // ends with this call
		var err error
		if t, err = time.Parse(time.RFC3339Nano, text); err != nil {
			ms, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return time.Time{}
			}
			t = fromMillis(ms)
		}
	case msgpack.Int:
		t = fromMillis(v.Int())
	case msgpack.Float:
		if f := v.Float(); f >= 0 && f < maxMillis {
			t = time.UnixMilli(int64(f))
		}
	}
	if !InRange(t) {
		return time.Time{}
	}
	return t
}

// InRange reports whether Elasticsearch and other readers of documents can read
// a time: whether it is in the years 1970 to 9998.
func InRange(t time.Time) bool { return t.Unix() >= 0 && t.Unix() < maxMillis/1000 }

// maxMillis is the beginning of the year 9999, in milliseconds since 1970.
const maxMillis = 253_370_764_800_000

func fromMillis(ms int64) time.Time {
	if ms < 0 || ms >= maxMillis {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
