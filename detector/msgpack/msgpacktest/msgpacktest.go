// Package msgpacktest makes chunks for tests, laid out as Fluent Bit does: maps
// as map32 even when small, everything else in its shortest form. It uses the
// Encoder of vmihailenco/msgpack and encoding/json, so that it does not depend on
// the code under test.
//
// Chunks are concatenations: append(Event(t, a), OldEvent(t, b)...) is one. The
// caller owns the returned bytes. A value that cannot be encoded fails the test.
package msgpacktest

import "testing"

// Chunk returns a chunk of several events: a []byte is an encoded event, a string
// a JSON line as for [FromJSON], anything else the body of an [Event].
func Chunk(t testing.TB, events ...any) []byte {
	t.Helper()
	var chunk []byte
	for _, e := range events {
		switch e := e.(type) {
		case []byte:
			chunk = append(chunk, e...)
		case string:
			chunk = append(chunk, FromJSON(t, e)...)
		default:
			chunk = append(chunk, Event(t, e)...)
		}
	}
	return chunk
}

// Event returns one event with that body, in the format of Fluent Bit 2.1 and
// later by default: [[[DefaultTime], {}], body]. See
// [Value] for what the body may be.
func Event(t testing.TB, body any, options ...Option) []byte {
	t.Helper()
	h := head{stamp: DefaultTime, metadata: map[string]any{}}
	for _, set := range options {
		set(&h)
	}
	if h.old {
		return Value(t, []any{h.stamp, body})
	}
	return Value(t, []any{[]any{h.stamp, h.metadata}, body})
}

// OldEvent returns one event in the format of earlier versions and of
// forwarders, [timestamp, body].
func OldEvent(t testing.TB, body any, options ...Option) []byte {
	t.Helper()
	return Event(t, body, append([]Option{Old()}, options...)...)
}

// FromJSON returns one event whose body is the JSON text, as [JSON] reads it.
func FromJSON(t testing.TB, line string, options ...Option) []byte {
	t.Helper()
	return Event(t, JSON(line), options...)
}

// Option changes the head of an event.
type Option func(*head)

type head struct {
	stamp, metadata any
	old             bool
}

// Old selects the format [timestamp, body].
func Old() Option { return func(h *head) { h.old = true } }

// At sets the timestamp: a [Time], a number, or any invalid [Value].
func At(stamp any) Option { return func(h *head) { h.stamp = stamp } }

// Metadata sets the value after the timestamp in the newer format, a map unless
// the event is invalid.
func Metadata(m any) Option { return func(h *head) { h.metadata = m } }

// GroupStart and GroupEnd are the timestamps of Fluent Bit's group markers:
// -1 and -2 as 32-bit seconds.
var (
	GroupStart = Time{Sec: 1<<32 - 1}
	GroupEnd   = Time{Sec: 1<<32 - 2}
)

// DefaultTime is the timestamp of events without [At]: 2023-11-14T22:13:20 and
// 123456789 ns.
var DefaultTime = Time{Sec: 1_700_000_000, Nsec: 123_456_789}
