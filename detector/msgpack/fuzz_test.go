package msgpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// maxFuzz is the maximum size of the input: the oracle takes quadratic time for deep
// nesting.
const maxFuzz = 4096

// oracle reads one value with vmihailenco's Decoder, one primitive at a time: its
// DecodeInterface knows neither unregistered exts nor duplicate keys, its DecodeMapLen
// skips an ext before a map, its lengths are -1 for nil. Checking the code first avoids
// all four. On 32-bit machines a length of 4294967295 is -1 too, and is not tested.
// Otherwise both accept the same values, with the same end. Only the offset of an error
// differs, because Read refuses a count above the number of bytes left, where the Decoder
// reads until the end.
func oracle(d *msgpack.Decoder) (any, error) {
	c, err := d.PeekCode()
	if err != nil {
		return nil, err
	}
	switch {
	case msgpcode.IsFixedNum(c), msgpcode.Uint8 <= c && c <= msgpcode.Int64:
		n, err := d.DecodeInterfaceLoose()
		return n, err
	case c == msgpcode.Nil:
		return nil, d.DecodeNil()
	case c == msgpcode.False, c == msgpcode.True:
		return d.DecodeBool()
	case c == msgpcode.Float, c == msgpcode.Double:
		return d.DecodeFloat64()
	case msgpcode.IsString(c):
		return d.DecodeString()
	case msgpcode.IsBin(c):
		s, err := d.DecodeString() // DecodeBytes makes room for whatever length is claimed
		return []byte(s), err
	case msgpcode.IsFixedArray(c), c == msgpcode.Array16, c == msgpcode.Array32:
		n, err := d.DecodeArrayLen()
		if err != nil {
			return nil, err
		}
		return oracleList(d, n)
	case msgpcode.IsFixedMap(c), c == msgpcode.Map16, c == msgpcode.Map32:
		n, err := d.DecodeMapLen()
		if err != nil {
			return nil, err
		}
		list, err := oracleList(d, 2*n)
		return msgpacktest.Members(list), err
	case msgpcode.IsExt(c):
		kind, n, err := d.DecodeExtHeader()
		if err != nil {
			return nil, err
		}
		var data []byte
		for range n { // no room made for a length that is only claimed
			var b [1]byte
			if err := d.ReadFull(b[:]); err != nil {
				return nil, err
			}
			data = append(data, b[0])
		}
		return msgpacktest.Ext{Type: kind, Data: data}, nil
	}
	return nil, fmt.Errorf("code %#x", c)
}

func oracleList(d *msgpack.Decoder, n int) (list []any, err error) {
	for range n {
		v, err := oracle(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// differ returns how v differs from what the oracle read, or nil.
func differ(v Value, want any) error {
	ok := false
	switch w := want.(type) {
	case nil:
		ok = v.Kind() == Nil
	case bool:
		ok = v.Kind() == Bool && v.Bool() == w
	case int64:
		ok = v.Kind() == Int && v.Int() == w
	case uint64:
		ok = v.Uint() == w && (v.Kind() == Uint) == (w > math.MaxInt64)
	case float64:
		ok = v.Kind() == Float && (math.Float64bits(v.Float()) == math.Float64bits(w) || v.Float() != v.Float() && w != w)
	case string:
		ok = v.Kind() == Str && string(v.Bytes()) == w
	case []byte:
		ok = v.Kind() == Bin && bytes.Equal(v.Bytes(), w)
	case msgpacktest.Ext:
		ok = v.Kind() == Ext && v.ExtType() == w.Type && bytes.Equal(v.Bytes(), w.Data)
	case []any:
		if ok = v.Kind() == Array && v.Len() == len(w); ok {
			elements := v.Elements()
			for _, want := range w {
				element, _ := elements.Next()
				if err := differ(element, want); err != nil {
					return err
				}
			}
		}
	case msgpacktest.Members:
		if ok = v.Kind() == Map && 2*v.Len() == len(w); ok {
			members := v.Members()
			for pair := range slices.Chunk(w, 2) {
				key, value, _ := members.Next()
				if err := errors.Join(differ(key, pair[0]), differ(value, pair[1])); err != nil {
					return err
				}
			}
		}
	}
	if !ok {
		return fmt.Errorf("%s, want %#v", describe(v), want)
	}
	return nil
}

func FuzzRead(f *testing.F) {
	for _, digits := range []string{
		"c0", "c1", "cf ffffffffffffffff", "d3 8000000000000000", "ca 7fc00001", "d9 02 6162", "c5 0001 00",
		"dd ffffffff", "df 00000001 a161 dc 0001 de 0001 c2 c3", "c7 03 05 010203", "c9 00000001 ff 00", "d8 0000112233445566778899aabbccddeeff",
		"92 c9 ffffffff 00", "91 91 91 80",
	} {
		f.Add(fromHex(f, digits))
	}
	for _, line := range msgpacktest.Lines() {
		f.Add(msgpacktest.Value(f, msgpacktest.JSON(line)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzz || math.MaxInt == math.MaxInt32 {
			return
		}
		v, end, err := Read(b, 0)
		skipped, skipErr := Skip(b, 0)
		if fmt.Sprint(err) != fmt.Sprint(skipErr) {
			t.Fatalf("Read says %v, Skip %v", err, skipErr)
		}
		// The result is the same among other bytes.
		moved := append([]byte{0x92, 0xc1, 0xff}, b...)
		v3, end3, err3 := Read(moved[:len(moved):len(moved)], 3)
		key, keyEnd, keyErr := ReadKey(b, 0)

		reader := bytes.NewReader(b)
		want, wantErr := oracle(msgpack.NewDecoder(reader))
		if err != nil {
			var e, e3 *Error
			if wantErr == nil {
				t.Fatalf("%v, but there is %#v", err, want)
			}
			if !errors.As(err, &e) || !errors.As(err3, &e3) || e.Offset < 0 || e.Offset > len(b) ||
				(e.Fault == BadCode) != (e.Offset < len(b) && b[e.Offset] == 0xc1) || *e3 != (Error{e.Offset + 3, e.Fault}) {
				t.Fatalf("error %v, moved %v", err, err3)
			}
			if end != 0 || v.Kind() != Invalid || keyErr == nil {
				t.Fatalf("an error and also %s, end %d, key error %v", describe(v), end, keyErr)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("got %s, but %v", describe(v), wantErr)
		}
		if wantEnd := len(b) - reader.Len(); end != wantEnd || skipped != end || end3 != end+3 || keyEnd != end {
			t.Fatalf("ends: Read %d, Skip %d, moved %d, ReadKey %d, want %d", end, skipped, end3, keyEnd, wantEnd)
		}
		if err := errors.Join(differ(v, want), differ(v3, want), keyErr); err != nil {
			t.Fatal(err)
		}
		if v.IsText() != (key != nil) || v.IsText() && !bytes.Equal(key, v.Bytes()) {
			t.Fatalf("key %q of %s", key, describe(v))
		}
	})
}

// classify returns, from the whole value, what the cursor must return for an item.
func classify(item any, start int) string {
	odd := fmt.Sprintf("%d: odd", start)
	outer, ok := item.([]any)
	if !ok || len(outer) != 2 {
		return odd
	}
	stamp, metadata := outer[0], any(nil)
	if head, ok := stamp.([]any); ok {
		if len(head) != 2 {
			return odd
		}
		stamp, metadata = head[0], head[1]
		if _, ok := metadata.(msgpacktest.Members); !ok {
			return odd
		}
	}
	if _, ok := outer[1].(msgpacktest.Members); !ok {
		return odd
	}
	var sec int64
	var nsec uint32
	switch s := stamp.(type) {
	case int64:
		sec = s
	case uint64:
		sec = int64(min(s, math.MaxInt64))
	case float64:
		if math.IsNaN(s) || math.Abs(math.Trunc(s)) >= 1<<62 {
			return odd
		}
		sec = int64(s)
		if s > 0 {
			nsec = uint32((s - math.Trunc(s)) * 1e9)
		}
	case msgpacktest.Ext:
		if s.Type != 0 || len(s.Data) != 8 {
			return odd
		}
		sec, nsec = int64(binary.BigEndian.Uint32(s.Data)), binary.BigEndian.Uint32(s.Data[4:])
	default:
		return odd
	}
	word := "event"
	switch sec {
	case -1, 1<<32 - 1:
		word = "group"
	case -2, 1<<32 - 2:
		word = "end"
	}
	return fmt.Sprintf("%d: %s %d.%09d", start, word, sec, nsec)
}

// FuzzCursor compares the cursor with the oracle, which reads the chunk value by value:
// both find the same items up to the same offset.
func FuzzCursor(f *testing.F) {
	type m = map[string]any
	for _, chunk := range [][]byte{
		msgpacktest.Chunk(f, m{"a": 1}, `{"b":[2]}`, []byte{0xc0}),
		msgpacktest.OldEvent(f, m{}, msgpacktest.At(1.5)),
		msgpacktest.OldEvent(f, m{}, msgpacktest.At(uint64(math.MaxUint64))),
		msgpacktest.Event(f, m{}, msgpacktest.At(msgpacktest.GroupStart)),
		msgpacktest.Event(f, m{}, msgpacktest.At(-2), msgpacktest.Metadata(m{"a": nil})),
		msgpacktest.Event(f, "no map", msgpacktest.Metadata(nil)),
		append(msgpacktest.OldEvent(f, m{"a": "b"}), 0x92, 0x05, 0x81, 0xa1),
		msgpacktest.Chunk(f, []byte{0xdd, 0xff, 0xff, 0xff, 0xff}),
	} {
		f.Add(chunk)
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		if len(chunk) > maxFuzz || math.MaxInt == math.MaxInt32 {
			return
		}
		reader := bytes.NewReader(chunk)
		d := msgpack.NewDecoder(reader)
		c := NewCursor(chunk)
		for {
			var e Head
			start := c.off
			ok, err := c.Next(&e)
			if err == nil && !ok {
				if reader.Len() != 0 {
					t.Fatalf("ends with %d bytes left", reader.Len())
				}
				return
			}
			var body Value
			if err == nil && e.Item == Record {
				if c.off != start {
					t.Fatalf("at %d before its body is read, at %d", start, c.off)
				}
				var end int
				if body, end, err = Read(chunk, e.Body); err == nil {
					c.Resume(end)
				}
			}
			item, wantErr := oracle(d)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("at %d: error %v, want %v", start, err, wantErr)
			}
			if err != nil {
				var broken *Error
				if !errors.As(err, &broken) || broken.Offset < start || broken.Offset > len(chunk) || c.off != start {
					t.Fatalf("at %d: %v, cursor at %d", start, err, c.off)
				}
				return
			}
			if want := len(chunk) - reader.Len(); c.off != want {
				t.Fatalf("the item at %d ends at %d, want %d", start, c.off, want)
			}
			got := fmt.Sprintf("%d: %s", e.Start, [...]string{"odd", "group", "end", "event"}[e.Item])
			if e.Item != Other {
				got += fmt.Sprintf(" %d.%09d", e.Sec, e.Nsec)
			}
			if want := classify(item, start); got != want {
				t.Fatalf("%#v: got %s, want %s", item, got, want)
			}
			if e.Item == Record {
				outer := item.([]any)
				if err := differ(body, outer[1]); err != nil {
					t.Fatal(err)
				}
				if head, ok := outer[0].([]any); !ok && e.Metadata.Kind() != Invalid || ok && differ(e.Metadata, head[1]) != nil {
					t.Fatalf("metadata %s", describe(e.Metadata))
				}
			}
		}
	})
}
