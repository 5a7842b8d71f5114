package msgpack

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	vmsgpack "github.com/vmihailenco/msgpack/v5"
)

// encoded returns what vmihailenco's Encoder writes.
func encoded(t *testing.T, write func(e *vmsgpack.Encoder) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(vmsgpack.NewEncoder(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Each function appends what vmihailenco's Encoder writes in its shortest form.
func TestAppend(t *testing.T) {
	f := func(got []byte, write func(e *vmsgpack.Encoder) error) {
		t.Helper()
		if want := encoded(t, write); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	}
	f(AppendNil(nil), func(e *vmsgpack.Encoder) error { return e.EncodeNil() })
	for _, b := range []bool{true, false} {
		f(AppendBool(nil, b), func(e *vmsgpack.Encoder) error { return e.EncodeBool(b) })
	}
	for bit := range 64 {
		for _, n := range []int64{1<<bit - 1, 1 << bit, -1 << bit, -1<<bit - 1} {
			f(AppendInt(nil, n), func(e *vmsgpack.Encoder) error { return e.EncodeInt(n) })
			f(AppendUint(nil, uint64(n)), func(e *vmsgpack.Encoder) error { return e.EncodeUint(uint64(n)) })
		}
	}
	for _, x := range []float64{0, -1.5, math.Inf(1)} {
		f(AppendFloat(nil, x), func(e *vmsgpack.Encoder) error { return e.EncodeFloat64(x) })
	}
	for _, n := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536} {
		text := strings.Repeat("x", n)
		f(AppendString(nil, text), func(e *vmsgpack.Encoder) error { return e.EncodeString(text) })
		f(AppendString(nil, []byte(text)), func(e *vmsgpack.Encoder) error { return e.EncodeString(text) })
		f(AppendBinHeader(nil, n), func(e *vmsgpack.Encoder) error { return e.EncodeBytesLen(n) })
		f(AppendMapHeader(nil, n), func(e *vmsgpack.Encoder) error { return e.EncodeMapLen(n) })
		f(AppendArrayHeader(nil, n), func(e *vmsgpack.Encoder) error { return e.EncodeArrayLen(n) })
	}
}

func TestAppendExt(t *testing.T) {
	v, _, err := Read(AppendExt(nil, -3, []byte("abc")), 0)
	if err != nil || v.Kind() != Ext || v.ExtType() != -3 || string(v.Bytes()) != "abc" {
		t.Errorf("got %v of type %d with %q, %v", v.Kind(), v.ExtType(), v.Bytes(), err)
	}
}

func TestAppendRecordHead(t *testing.T) {
	at := time.Unix(1_700_000_000, 123_456_789)
	chunk := AppendRecordHead(nil, at)
	if len(chunk) != RecordHeadSize {
		t.Errorf("the head has %d bytes, want %d", len(chunk), RecordHeadSize)
	}
	cursor := NewCursor(AppendMapHeader(chunk, 0))
	var e Head
	if ok, err := cursor.Next(&e); !ok || err != nil || e.Item != Record || e.Body != RecordHeadSize ||
		e.Sec != at.Unix() || int(e.Nsec) != at.Nanosecond() {
		t.Errorf("the cursor read %+v, %v", e, err)
	}
}

// A header keeps its form when its number of members is corrected.
func TestSetLen(t *testing.T) {
	for _, most := range []int{1, 15, 16, 65535, 65536} {
		for _, n := range []int{0, 1, most} {
			m, a := AppendMapHeader(nil, most), AppendArrayHeader(nil, most)
			size := len(m)
			SetLen(m, n)
			SetLen(a, n)
			if len(m) != size || len(a) != size {
				t.Errorf("%d of at most %d: the header changes its size", n, most)
			}
			m = append(m, make([]byte, 2*n)...)
			a = append(a, make([]byte, n)...)
			if v, end, err := Read(m, 0); err != nil || v.Kind() != Map || v.Len() != n || end != len(m) {
				t.Errorf("%d of at most %d: a %v of %d, %v", n, most, v.Kind(), v.Len(), err)
			}
			if v, end, err := Read(a, 0); err != nil || v.Kind() != Array || v.Len() != n || end != len(a) {
				t.Errorf("%d of at most %d: a %v of %d, %v", n, most, v.Kind(), v.Len(), err)
			}
		}
	}
}
