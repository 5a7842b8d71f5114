package msgpack_test

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

func TestCount(t *testing.T) {
	type m = map[string]any
	var chunk []byte
	for i, c := range []struct {
		add    []byte
		events int
	}{
		{msgpacktest.Event(t, m{"a": 1}), 1},
		{msgpacktest.Event(t, m{"\u05d7": "\u05d7 \u2014 \u0092\u0092\u00d7\x00"}), 2},
		{msgpacktest.Event(t, m{}, msgpacktest.At(-1)), 2}, // OpenTelemetry's markers of a group
		{msgpacktest.Event(t, m{"b": []byte{0xd7, 0x00, 0x92, 0x92}}, msgpacktest.Metadata(m{"k": "v"})), 3},
		{msgpacktest.Event(t, m{"b": "\x92\x92\xd7"}), 4},
	} {
		last := len(chunk)
		if c.events == 2 && i > 1 {
			last = 0
		}
		chunk = append(chunk, c.add...)
		events, at := msgpack.Count(chunk)
		if events != c.events || last > 0 && at != last {
			t.Errorf("%d: %d events, the last at %d; want %d, the last at %d", i, events, at, c.events, last)
		}
	}
	for name, chunk := range map[string][]byte{
		"nothing":       nil,
		"an old event":  msgpacktest.OldEvent(t, m{"a": 1}),
		"another value": append([]byte{0xc0}, chunk...),
		"cut head":      chunk[:10],
	} {
		if events, _ := msgpack.Count(chunk); events != 0 {
			t.Errorf("%s: %d events", name, events)
		}
	}
}
