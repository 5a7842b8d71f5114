package detector

import (
	"slices"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// TestOddTimes: an event is found whatever its record has in the place of the time,
// and the markers of groups are not records.
func TestOddTimes(t *testing.T) {
	type m = map[string]any
	at, old := msgpacktest.At, msgpacktest.Old()
	event := m{"log": push(1)}
	otlp := m{"resource": m{"attributes": m{"service.name": "x"}}, "scope": m{"name": "eventName"}}
	ids := msgpacktest.Metadata(m{"schema": "otlp", "resource_id": 0, "scope_id": 0})
	record := func(body any, options ...msgpacktest.Option) []byte { return msgpacktest.Event(t, body, options...) }
	for _, c := range []struct {
		name            string
		chunk           []byte
		records, alerts int
		odd             int
	}{
		{"a group as Fluent Bit writes it", slices.Concat(record(otlp, at(msgpacktest.GroupStart), ids), record(event), record(m{}, at(msgpacktest.GroupEnd))), 1, 1, 0},
		{"group start", record(event, at(msgpacktest.GroupStart)), 1, 1, 0},
		{"group end", record(event, at(msgpacktest.GroupEnd)), 1, 1, 0},
		{"group start in the old form", record(event, at(-1), old), 1, 1, 0},
		{"group end with metadata", record(event, at(-2), ids), 1, 1, 0},
		{"a group start of nanoseconds", record(event, at(msgpacktest.Time{Sec: 1<<32 - 1, Nsec: 5})), 1, 1, 0},
		{"parsed", record(msgpacktest.JSON(push(1)), at(msgpacktest.GroupStart)), 1, 1, 0},
		{"an event that is cut short", record(m{"log": push(1)[:200]}, at(msgpacktest.GroupStart)), 1, 0, 0},
		{"other events", record(m{"log": other}, at(msgpacktest.GroupStart)), 1, 0, 0},
		{"no event", record(m{"a": 1}, at(msgpacktest.GroupStart)), 0, 0, 0},
		{"no time", record(event, at(nil)), 1, 1, 0},
		{"a text as the time", record(event, at("2026-03-04T09:01:00Z"), old), 1, 1, 0},
		{"no metadata", record(event, msgpacktest.Metadata(nil)), 1, 1, 0},
		{"no time and no event", record(m{"a": 1}, at(nil)), 0, 0, 1},
		{"no map", record("x", at(nil)), 0, 0, 1},
	} {
		b := newBench(t)
		r, err := b.engine.Scan("t", slices.Concat(record(m{"a": 1}), c.chunk, record(m{"a": 1})))
		if err != nil || r.Records != 2+c.records || r.Alerts != c.alerts || r.Odd != c.odd {
			t.Errorf("%s: %+v, %v", c.name, r, err)
		}
	}
}

// TestDeepValuesInChunks: a value of a million levels is skipped like any other.
func TestDeepValuesInChunks(t *testing.T) {
	for _, open := range []string{"\x91", "\x81\xa1a", "\x81"} {
		deep := slices.Repeat([]byte(open), 1_000_000)
		if open == "\x81" { // maps as keys, and a value for each
			deep = slices.Concat(deep, slices.Repeat([]byte{0xc0}, 1_000_000))
		}
		deep = append(deep, 0xc0)
		for _, body := range []any{msgpacktest.Members{"x", msgpacktest.Raw(deep)}, msgpacktest.Members{"eventName", "A", "requestParameters", msgpacktest.Raw(deep)}} {
			b := newBench(t)
			chunk := slices.Concat(chunkOf(t, push(1)), msgpacktest.Event(t, body), msgpacktest.Value(t, msgpacktest.Raw(deep)), chunkOf(t, push(2)))
			if r, err := b.engine.Scan("t", chunk); err != nil || r.Alerts != 2 || r.Records != 3 || r.Odd != 1 {
				t.Errorf("%q: %+v, %v", open, r, err)
			}
		}
	}
}
