// Package msgpacktest makes chunks for tests, laid out as Fluent Bit lays them
// out: maps as map32 even when small, everything else in its shortest form.
// It is built on the Encoder of vmihailenco/msgpack and on encoding/json, so
// that what it makes owes nothing to the code under test.
//
// Chunks are concatenations: append(Event(t, a), OldEvent(t, b)...) is one.
// Whoever calls owns the bytes that are returned. What cannot be encoded fails
// the test.
package msgpacktest

import "testing"

// Chunk returns a chunk of several events. A []byte among them is an event
// already and is taken as it is; a string is a JSON line, as for [FromJSON];
// anything else is the body of an [Event].
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
// later unless an option says otherwise: [[[DefaultTime], {}], body]. See
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

// Old asks for the format [timestamp, body].
func Old() Option { return func(h *head) { h.old = true } }

// At sets the timestamp: a [Time], a number, or any odd [Value] that a test
// wants to see refused.
func At(stamp any) Option { return func(h *head) { h.stamp = stamp } }

// Metadata sets what follows the timestamp in the newer format, a map in all
// but odd events.
func Metadata(m any) Option { return func(h *head) { h.metadata = m } }

// GroupStart and GroupEnd are the timestamps of Fluent Bit's group markers:
// -1 and -2 as 32-bit seconds.
var (
	GroupStart = Time{Sec: 1<<32 - 1}
	GroupEnd   = Time{Sec: 1<<32 - 2}
)

// DefaultTime is the timestamp of events that do not say: 2023-11-14T22:13:20
// and 123456789 ns.
var DefaultTime = Time{Sec: 1_700_000_000, Nsec: 123_456_789}
