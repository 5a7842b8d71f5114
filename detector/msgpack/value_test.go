package msgpack

import (
	"math"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// read reads the one value that b is.
func read(t testing.TB, b []byte) Value {
	t.Helper()
	v, end, err := Read(b, 0)
	if err != nil || end != len(b) {
		t.Fatalf("%x: end %d of %d, %v", b, end, len(b), err)
	}
	return v
}

// TestAccessors: each accessor returns the value for its kinds and zero for all others.
func TestAccessors(t *testing.T) {
	type answers struct {
		kind  Kind
		b     bool
		i     int64
		u     uint64
		f     float64
		bytes string
		text  bool
		ext   int8
		n     int
		inner string
	}
	f := func(v Value, want answers) {
		t.Helper()
		got := answers{v.Kind(), v.Bool(), v.Int(), v.Uint(), v.Float(), string(v.Bytes()), v.IsText(), v.ExtType(), v.Len(), string(v.Encoded())}
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", describe(v), got, want)
		}
	}
	value := func(v any) Value { return read(t, msgpacktest.Value(t, v)) }
	f(Value{}, answers{})
	f(value(nil), answers{kind: Nil})
	f(value(true), answers{kind: Bool, b: true})
	f(value(false), answers{kind: Bool})
	f(value(5), answers{kind: Int, i: 5, u: 5, f: 5})
	f(value(-5), answers{kind: Int, i: -5, f: -5})
	f(value(int64(math.MaxInt64)), answers{kind: Int, i: math.MaxInt64, u: math.MaxInt64, f: 1 << 63})
	f(value(uint64(math.MaxUint64)), answers{kind: Uint, u: math.MaxUint64, f: 1 << 64})
	f(value(2.5), answers{kind: Float, f: 2.5})
	f(value("ab"), answers{kind: Str, bytes: "ab", text: true, n: 2})
	f(value([]byte("ab")), answers{kind: Bin, bytes: "ab", text: true, n: 2})
	f(value(msgpacktest.Ext{Type: -7, Data: []byte("abc")}), answers{kind: Ext, bytes: "abc", ext: -7, n: 3})
	f(value([]any{1, 2, 3}), answers{kind: Array, n: 3, inner: "\x01\x02\x03"})
	f(value(msgpacktest.Members{1, 2, 3, 4}), answers{kind: Map, n: 2, inner: "\x01\x02\x03\x04"})

	f(TextOf([]byte("x")), answers{kind: Str, bytes: "x", text: true, n: 1})
	f(BoolOf(true), answers{kind: Bool, b: true})
	f(BoolOf(false), answers{kind: Bool})
	f(MapOf(1, []byte{1, 2}), answers{kind: Map, n: 1, inner: "\x01\x02"})
}

// TestAliases: values alias the bytes.
func TestAliases(t *testing.T) {
	chunk := []byte{0x92, 0xa2, 'a', 'b', 0xc4, 0x01, 'c', 0x7f}
	v, _, err := Read(chunk, 0)
	if err != nil {
		t.Fatal(err)
	}
	elements := v.Elements()
	first, _ := elements.Next()
	chunk[2] = 'X'
	if string(first.Bytes()) != "Xb" {
		t.Errorf("got %q: a copy", first.Bytes())
	}
	if string(v.Encoded()) != string(chunk[1:7]) {
		t.Errorf("the array has %x", v.Encoded())
	}
}

func TestMembersElements(t *testing.T) {
	v := read(t, msgpacktest.Value(t, msgpacktest.Members{"a", 1, "a", []any{2}, 3, nil}))
	if got, want := describe(v), `3{str "a": int 1, str "a": 1[int 2], int 3: nil}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// other kinds have none, and there is none after the end
	members, elements := v.Members(), v.Elements()
	if _, ok := elements.Next(); ok {
		t.Error("a map has elements")
	}
	for range 3 {
		members.Next()
	}
	for range 2 {
		if key, value, ok := members.Next(); ok || key.Kind() != Invalid || value.Kind() != Invalid {
			t.Error("a member after the last")
		}
	}
	array := read(t, []byte{0x91, 0x01})
	members, elements = array.Members(), array.Elements()
	if _, _, ok := members.Next(); ok {
		t.Error("an array has members")
	}
	elements.Next()
	if element, ok := elements.Next(); ok || element.Kind() != Invalid {
		t.Error("an element after the last")
	}
	// a map that was made with too few members ends with them
	made := MapOf(3, []byte{1, 2, 3})
	if got, want := describe(made), "3{int 1: int 2}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadKey(t *testing.T) {
	f := func(digits, want string, text bool, wantEnd int) {
		t.Helper()
		key, end, err := ReadKey(append([]byte{0xc1}, fromHex(t, digits)...), 1)
		if err != nil || end != wantEnd+1 || string(key) != want || (key != nil) != text {
			t.Errorf("%s: got %q, end %d, %v", digits, key, end, err)
		}
	}
	f("a0 01", "", true, 1)
	f("a2 6162 01", "ab", true, 3)
	f("d9 02 6162 01", "ab", true, 4)
	f("db 00000002 6162", "ab", true, 7)
	f("c4 02 6162", "ab", true, 4)
	f("05 06", "", false, 1)
	f("c0", "", false, 1)
	f("92 01 02 03", "", false, 3)
	f("d4 00 61", "", false, 3)

	broken := func(digits string) {
		t.Helper()
		if key, _, err := ReadKey(fromHex(t, digits), 0); err == nil || key != nil {
			t.Errorf("%s: got %q, %v", digits, key, err)
		}
	}
	broken("")
	broken("a2 61")
	broken("d9 02 61")
	broken("92 01")
	broken("c1")
}

func TestKindString(t *testing.T) {
	for k, want := range []string{"invalid", "nil", "bool", "int", "uint", "float", "str", "bin", "array", "map", "ext", "invalid"} {
		if got := Kind(k).String(); got != want {
			t.Errorf("%d: %s, want %s", k, got, want)
		}
	}
}
