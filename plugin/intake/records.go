package intake

import (
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// listNames are the members that have the events of an object.
var listNames = []string{"Records", "records", "Events"}

// eventsOf calls use with each event in a record's body: with the elements of the list if
// the body is an object that has nothing but a list of events, otherwise with the body. An
// element that is not an object becomes {"log": element}. The bytes are valid until use
// returns.
func eventsOf(body []byte, scratch *[]byte, use func(event []byte) error) error {
	v, _, err := msgpack.Read(body, 0)
	if err != nil || v.Kind() != msgpack.Map || v.Len() != 1 {
		return use(body)
	}
	members := v.Members()
	key, list, ok := members.Next()
	if !ok || list.Kind() != msgpack.Array || list.Len() == 0 || !slices.Contains(listNames, string(key.Bytes())) {
		return use(body)
	}
	encoded := list.Encoded()
	for off := 0; off < len(encoded); {
		e, end, err := msgpack.Read(encoded, off)
		if err != nil {
			return use(body) // impossible: the list came from Read
		}
		element := encoded[off:end]
		if e.Kind() != msgpack.Map {
			*scratch = append(msgpack.AppendString(msgpack.AppendMapHeader((*scratch)[:0], 1), "log"), element...)
			element = *scratch
		}
		if err := use(element); err != nil {
			return err
		}
		off = end
	}
	return nil
}

// timeOf returns the time of an event: its eventTime, also as an event of EventBridge has
// it, or its @timestamp. Of other records, and of times that a record cannot have, it
// returns otherwise.
func timeOf(event []byte, otherwise time.Time) time.Time {
	v, _, err := msgpack.Read(event, 0)
	if err != nil {
		return otherwise
	}
	if t, ok := memberTime(v, true); ok {
		return t
	}
	return otherwise
}

func memberTime(v msgpack.Value, wrapped bool) (t time.Time, ok bool) {
	members := v.Members()
	for {
		key, value, more := members.Next()
		if !more {
			return t, ok
		}
		switch string(key.Bytes()) {
		case "eventTime":
			if t, ok := parseTime(value.Bytes()); ok {
				return t, true
			}
		case "@timestamp":
			t, ok = parseTime(value.Bytes())
		case "detail":
			if wrapped && value.Kind() == msgpack.Map {
				t, ok = memberTime(value, false)
			}
		}
	}
}

// The years that a record's time can have: its seconds are a number of 32 bits.
const firstYear, lastYear = 1970, 2104

func parseTime(text []byte) (t time.Time, ok bool) {
	if len(text) < len("2006-01-02T15:04:05Z") || len(text) > len("2006-01-02T15:04:05.999999999+00:00") || t.UnmarshalText(text) != nil {
		return time.Time{}, false
	}
	year := t.UTC().Year()
	return t, firstYear <= year && year <= lastYear
}

// appendRecord appends a record in Fluent Bit's format, with that metadata and body.
func appendRecord(dst []byte, at time.Time, metadata, body []byte) []byte {
	dst = msgpack.AppendRecordHead(dst, at)
	if len(metadata) > 0 {
		dst = append(dst[:len(dst)-1], metadata...) // instead of the empty one
	}
	return append(dst, body...)
}
