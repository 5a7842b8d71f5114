package msgpack

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// walk lists the items of a chunk, with their bodies, up to the end or the first error.
func walk(chunk []byte) (items []string, c Cursor, err error) {
	c = NewCursor(chunk)
	var e Head
	for {
		ok, err := c.Next(&e)
		if err != nil || !ok {
			return items, c, err
		}
		item := fmt.Sprintf("%d: %s", e.Start, [...]string{"odd", "group", "end", "event"}[e.Item])
		if e.Item != Other {
			item += fmt.Sprintf(" %d.%09d %s", e.Sec, e.Nsec, describe(e.Metadata))
		}
		if e.Item == Record {
			body, end, err := Read(chunk, e.Body)
			if err != nil {
				return items, c, err
			}
			item += " " + describe(body)
			c.Resume(end)
		}
		items = append(items, item)
	}
}

func TestCursor(t *testing.T) {
	f := func(chunk []byte, want ...string) {
		t.Helper()
		items, c, err := walk(chunk)
		if err != nil || c.off != len(chunk) {
			t.Errorf("%x: stops at %d of %d: %v", chunk, c.off, len(chunk), err)
		}
		if !slices.Equal(items, want) {
			t.Errorf("%x:\n got %s\nwant %s", chunk, strings.Join(items, "\n     "), strings.Join(want, "\n     "))
		}
	}
	type m = map[string]any
	at, old := msgpacktest.At, msgpacktest.Old()
	event := func(options ...msgpacktest.Option) []byte { return msgpacktest.Event(t, m{"a": 1}, options...) }

	f(nil)
	f(event(), `0: event 1700000000.123456789 0{} 1{str "a": int 1}`)
	f(event(old), `0: event 1700000000.123456789 invalid 1{str "a": int 1}`)
	f(event(msgpacktest.Metadata(m{"k": "v"})), `0: event 1700000000.123456789 1{str "k": str "v"} 1{str "a": int 1}`)
	f(msgpacktest.Event(t, m{}), `0: event 1700000000.123456789 0{} 0{}`)
	f(msgpacktest.FromJSON(t, `{"b":[{}],"a":null,"b":2}`),
		`0: event 1700000000.123456789 0{} 3{str "b": 1[0{}], str "a": nil, str "b": int 2}`)

	// stamps
	f(event(old, at(1700000000)), `0: event 1700000000.000000000 invalid 1{str "a": int 1}`)
	f(event(at(0)), `0: event 0.000000000 0{} 1{str "a": int 1}`)
	f(event(at(-5)), `0: event -5.000000000 0{} 1{str "a": int 1}`)
	f(event(at(uint64(math.MaxUint64))), `0: event 9223372036854775807.000000000 0{} 1{str "a": int 1}`)
	f(event(at(1.5)), `0: event 1.500000000 0{} 1{str "a": int 1}`)
	f(event(at(float32(0.25))), `0: event 0.250000000 0{} 1{str "a": int 1}`)
	f(event(at(-1.5e18)), `0: event -1500000000000000000.000000000 0{} 1{str "a": int 1}`)
	f(event(at(msgpacktest.Time{Sec: 1<<32 - 3, Nsec: 1<<32 - 1})), `0: event 4294967293.4294967295 0{} 1{str "a": int 1}`)
	f(event(at(msgpacktest.Raw("\xc7\x08\x00\x00\x00\x00\x01\x00\x00\x00\x02"))), // ext8 instead of fixext8
		`0: event 1.000000002 0{} 1{str "a": int 1}`)

	// group markers, as EventTime and as integers
	f(event(at(msgpacktest.GroupStart)), `0: group 4294967295.000000000 0{}`)
	f(event(at(msgpacktest.GroupEnd)), `0: end 4294967294.000000000 0{}`)
	f(event(old, at(-1)), `0: group -1.000000000 invalid`)
	f(event(at(-2)), `0: end -2.000000000 0{}`)
	f(event(at(uint32(math.MaxUint32))), `0: group 4294967295.000000000 0{}`)
	// numbers with a marker in their lower half are not markers: they would hide a
	// record
	f(event(at(int64(0x1ffffffff))), `0: event 8589934591.000000000 0{} 1{str "a": int 1}`)
	f(event(at(int64(0x7ffffffffffffffe))), `0: event 9223372036854775806.000000000 0{} 1{str "a": int 1}`)
	f(event(at(int64(-1<<32-1))), `0: event -4294967297.000000000 0{} 1{str "a": int 1}`)

	// other items, each followed by a record that must be found
	rest := msgpacktest.OldEvent(t, m{"b": 2}, at(7))
	odd := func(item []byte) {
		t.Helper()
		f(append(slices.Clip(item), rest...), "0: odd", fmt.Sprintf(`%d: event 7.000000000 invalid 1{str "b": int 2}`, len(item)))
	}
	for _, v := range []any{nil, true, 5, -1.5, "text", []byte("bin"), msgpacktest.DefaultTime, m{}, m{"a": 1}, []any{}} {
		odd(msgpacktest.Value(t, v))
		odd(msgpacktest.Value(t, []any{v}))
		odd(msgpacktest.Value(t, []any{v, m{}, m{}}))
	}
	for _, stamp := range []any{nil, true, "1700000000", m{}, []any{}, []any{1}, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -math.Ldexp(1, 62),
		msgpacktest.Ext{Type: 1, Data: make([]byte, 8)}, msgpacktest.Ext{Type: 0, Data: make([]byte, 4)}} {
		odd(event(at(stamp)))
		odd(event(old, at(stamp)))
	}
	for _, metadata := range []any{nil, 1, "a", []any{}} {
		odd(event(msgpacktest.Metadata(metadata)))
	}
	for _, body := range []any{nil, 1, "a", []any{m{}}} {
		odd(msgpacktest.Event(t, body))
		odd(msgpacktest.OldEvent(t, body))
		odd(msgpacktest.Event(t, body, at(msgpacktest.GroupStart)))
	}
	odd(msgpacktest.Value(t, []any{[]any{1, m{}, m{}}, m{}}))      // a head of three
	odd(msgpacktest.Value(t, []any{[]any{[]any{1, 2}, m{}}, m{}})) // a head in a head

	// many, in both formats
	f(slices.Concat(event(), event(old), []byte{0xc0}, event(at(msgpacktest.GroupStart)), event(at(2)), event(at(msgpacktest.GroupEnd))),
		`0: event 1700000000.123456789 0{} 1{str "a": int 1}`,
		`25: event 1700000000.123456789 invalid 1{str "a": int 1}`,
		`44: odd`,
		`45: group 4294967295.000000000 0{}`,
		`70: event 2.000000000 0{} 1{str "a": int 1}`,
		`86: end 4294967294.000000000 0{}`)
}

// TestCursorOtherWidths: headers of every width around a record.
func TestCursorOtherWidths(t *testing.T) {
	for _, pair := range []string{"92", "dc0002", "dd00000002"} {
		for _, empty := range []string{"80", "de0000", "df00000000"} {
			for _, one := range []string{"81", "de0001", "df00000001"} {
				items, _, err := walk(fromHex(t, pair+pair+"05"+empty+one+"a161c3"))
				if want := `0: event 5.000000000 0{} 1{str "a": bool true}`; err != nil || len(items) != 1 || items[0] != want {
					t.Errorf("%s %s %s: got %v, %v", pair, empty, one, items, err)
				}
			}
		}
	}
}

// TestCursorBroken: the items before an error are returned, and the error has its offset.
func TestCursorBroken(t *testing.T) {
	good := msgpacktest.Chunk(t, map[string]any{"a": 1}, `{"b":[1,2]}`)
	before, _, err := walk(good)
	if err != nil || len(before) != 2 {
		t.Fatal(before, err)
	}
	f := func(digits string, offset int, fault Fault) {
		t.Helper()
		items, c, err := walk(append(slices.Clip(good), fromHex(t, digits)...))
		if !slices.Equal(items, before) {
			t.Errorf("%s: got %v", digits, items)
		}
		var e *Error
		if !errors.As(err, &e) || *e != (Error{len(good) + offset, fault}) {
			t.Errorf("%s: %v; want byte %d: %s", digits, err, len(good)+offset, faultTexts[fault])
		}
		if c.off != len(good) {
			t.Errorf("%s: the cursor stands at %d, the item begins at %d", digits, c.off, len(good))
		}
	}
	f("c1", 0, BadCode)
	f("92", 0, Truncated)
	f("dc", 0, Truncated)
	f("dd ffffffff", 0, Truncated)
	f("dd 00000002 05", 0, Truncated)
	f("df ffffffff c0c0", 0, Truncated)
	f("db 7fffffff", 0, Truncated)
	f("92 c1 80", 1, BadCode)
	f("92 05 c1", 2, BadCode)
	f("92 05 82 a161 01", 2, Truncated)            // the body is cut off
	f("92 05 82 a161 01 a162", 2+3+1+2, Truncated) // in its last value
	f("92 05 81 a161 c1", 5, BadCode)
	f("92 05 81 a161 dd ffffffff c0", 5, Truncated)
	f("92 92 d700 00000001", 2, Truncated)
	f("92 92 05 81 a161 c1 80", 6, BadCode) // in the metadata
	f("92 92 05 80", 4, Truncated)          // no body
	f("92 92 c1 80 80", 2, BadCode)
	f("92 92 05 c1 80", 3, BadCode)
}

// TestCursorTruncations cuts a chunk at every byte: the complete records are returned, and
// then an error unless the cut is between two.
func TestCursorTruncations(t *testing.T) {
	chunk := msgpacktest.Chunk(t, msgpacktest.Lines()[0], []byte{0xc0}, msgpacktest.OldEvent(t, msgpacktest.JSON(msgpacktest.Lines()[3])),
		msgpacktest.Event(t, map[string]any{}, msgpacktest.At(msgpacktest.GroupStart)), msgpacktest.Event(t, "odd"), msgpacktest.Lines()[4])
	all, _, err := walk(chunk)
	if err != nil || len(all) != 6 {
		t.Fatal(len(all), err)
	}
	starts := map[int]int{len(chunk): len(all)} // how many items end up to there
	for i, item := range all {
		var start int
		fmt.Sscanf(item, "%d:", &start)
		starts[start] = i
	}
	whole := 0
	for n := range len(chunk) + 1 {
		items, c, err := walk(chunk[:n:n])
		k, between := starts[n]
		if between {
			whole = k
		}
		if !slices.Equal(items, all[:whole]) {
			t.Fatalf("cut to %d bytes: %d items, want %d", n, len(items), whole)
		}
		if (err == nil) != between {
			t.Fatalf("cut to %d bytes: error %v", n, err)
		}
		var e *Error
		if errors.As(err, &e) && (e.Fault != Truncated || e.Offset > n || e.Offset < c.off) {
			t.Fatalf("cut to %d bytes: %v, cursor at %d", n, err, c.off)
		}
	}
}
