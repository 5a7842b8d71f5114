package jsontext

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

type members = msgpacktest.Members

func TestAppendJSON(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		got := AppendJSON([]byte("before"), readAll(t, msgpacktest.Value(t, v)))
		if string(got) != "before"+want {
			t.Errorf("%#v:\n got %s\nwant %s", v, got, want)
		}
		if !json.Valid(got[len("before"):]) {
			t.Errorf("%#v: not JSON: %s", v, got)
		}
	}
	f(nil, "null")
	f(true, "true")
	f(false, "false")

	f(0, "0")
	f(-1, "-1")
	f(int64(math.MinInt64), "-9223372036854775808")
	f(uint64(math.MaxUint64), "18446744073709551615")

	f(1.0, "1.0")
	f(math.Copysign(0, -1), "-0.0")
	f(0.1, "0.1")
	f(-1.5e300, "-1.5e+300")
	f(1e20, "100000000000000000000.0")
	f(1e21, "1e+21")
	f(1e-6, "0.000001")
	f(1e-7, "1e-7")
	f(-1e-10, "-1e-10")
	f(1.5e-9, "1.5e-9")
	f(5e-324, "5e-324")
	f(float32(0.5), "0.5")
	f(float32(0.1), "0.10000000149011612") // a float32 is not the shorter float64
	f(math.NaN(), "null")
	f(math.Inf(1), "null")
	f(math.Inf(-1), "null")

	f("", `""`)
	f("aé\u2028", "\"aé\u2028\"")
	f([]byte("bin"), `"bin"`)
	f(strings.Repeat("x", 70_000), `"`+strings.Repeat("x", 70_000)+`"`)

	f([]any{}, "[]")
	f([]any{1, []any{}, nil}, "[1,[],null]")
	f(members{}, "{}")
	f(members{"b", 1, "a", members{"c", []any{2}}, "b", 3}, `{"b":1,"a":{"c":[2]},"b":3}`)

	// keys that are not text
	f(members{1, 2}, `{"1":2}`)
	f(members{nil, 2, true, 3, 1.5, 4, math.NaN(), 5}, `{"null":2,"true":3,"1.5":4,"null":5}`)
	f(members{[]byte("k"), 1}, `{"k":1}`)
	f(members{msgpacktest.Time{}, 1}, `{"1970-01-01T00:00:00Z":1}`)
	f(members{[]any{1, "a", []any{}}, 2}, `{"[1,\"a\",[]]":2}`)
	f(members{members{"a", "\x01"}, 2}, `{"{\"a\":\"\\u0001\"}":2}`)
	f(members{members{members{"a", 1}, 2}, 3}, `{"{\"null\":2}":3}`) // maps as keys in a key
	f(members{members{"a", members{[]any{}, 1}}, 2}, `{"{\"a\":{\"null\":1}}":2}`)

	// ext
	f(msgpacktest.DefaultTime, `"2023-11-14T22:13:20.123456789Z"`)
	f(msgpacktest.Time{Sec: 1, Nsec: 500_000_000}, `"1970-01-01T00:00:01.5Z"`)
	f(msgpacktest.Time{Sec: math.MaxUint32}, `"2106-02-07T06:28:15Z"`)
	f(msgpacktest.Time{Sec: 1, Nsec: 1_000_000_000}, `"ext:0:000000013b9aca00"`) // no time
	f(msgpacktest.Ext{Type: 0, Data: []byte{1}}, `"ext:0:01"`)
	f(msgpacktest.Ext{Type: -1, Data: []byte{0xff, 0x00, 0xab}}, `"ext:-1:ff00ab"`)
	f(msgpacktest.Ext{Type: 127, Data: make([]byte, 16)}, `"ext:127:`+strings.Repeat("0", 32)+`"`)
	f(msgpacktest.Ext{Type: 5}, `"ext:5:"`)
}

// oddValues is an array of values that JSON does not have.
func oddValues() []byte {
	return []byte("\x97\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02" + // EventTime
		"\xd4\x05\xff" + // ext
		"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x01" + // NaN
		"\x81\x05\x06" + // an integer as key
		"\x81\x91\xa1\x22\x06" + // an array as key
		"\xc4\x02\xff\x01" + // bin
		"\xca\x3f\x80\x00\x00") // float32
}

func TestAppendJSONMade(t *testing.T) {
	f := func(v msgpack.Value, want string) {
		t.Helper()
		if got := AppendJSON(nil, v); string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(msgpack.Value{}, "null")
	f(msgpack.TextOf([]byte("a")), `"a"`)
	f(msgpack.BoolOf(true), "true")
	f(readAll(t, oddValues()), `["1970-01-01T00:00:01.000000002Z","ext:5:ff",null,{"5":6},{"[\"\\\"\"]":6},"`+"\ufffd"+`\u0001",1.0]`)
	// maps without their members, which violates the contract of MapOf
	f(msgpack.MapOf(0, nil), "{}")
	f(msgpack.MapOf(2, nil), `{"null":null}`)
	f(msgpack.MapOf(2, []byte{1}), `{"1":null}`)
	f(msgpack.MapOf(2, []byte{1, 2, 3, 0x91}), `{"1":2,"3":null}`)
	f(msgpack.MapOf(2, []byte{1, 0x91, 0xc1, 3}), `{"1":[null]}`)
}

// TestAppendJSONDepth: values nested too deeply are null, and what follows is right.
func TestAppendJSONDepth(t *testing.T) {
	nest := func(n int) []byte {
		return append(bytes.Repeat([]byte{0x92}, n), append([]byte{1}, bytes.Repeat([]byte{2}, n)...)...)
	}
	text := func(n int, inner string) string {
		return strings.Repeat("[", n) + inner + strings.Repeat(",2]", n)
	}
	f := func(n int, want string) {
		t.Helper()
		if got := AppendJSON(nil, readAll(t, nest(n))); string(got) != want {
			t.Errorf("%d levels: %s", n, got)
		}
	}
	f(MaxDepth, text(MaxDepth, "1"))
	f(MaxDepth+1, text(MaxDepth, "null"))
	f(10*MaxDepth, text(MaxDepth, "null"))

	// keys in keys: the size of the text is bounded
	deep := append(bytes.Repeat([]byte{0x81}, 100), bytes.Repeat([]byte{1}, 101)...)
	if got := AppendJSON(nil, readAll(t, deep)); string(got) != `{"{\"null\":1}":1}` {
		t.Errorf("keys in keys: %s", got)
	}
}

func TestAppendString(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := AppendString([]byte("x"), []byte(s)); string(got) != `x"`+want+`"` {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
	f("", "")
	f("plain text of some length", "plain text of some length")
	f(`"\/`, `\"\\/`)
	f("\x00\x01\b\t\n\v\f\r\x1f\x7f", `\u0000\u0001\b\t\n\u000b\f\r\u001f`+"\x7f")
	f("<&>é€😀\u2028", "<&>é€😀\u2028")
	f("\xff", "\ufffd")
	f("a\xc3", "a\ufffd")
	f("\xed\xa0\x80", "\ufffd\ufffd\ufffd")
	f("\xe2\x82x", "\ufffd\ufffdx")
	for c := range 256 { // each byte at each place of a word
		for at := range 17 {
			s := []byte("0123456789abcdefg")
			s[at] = byte(c)
			got := AppendString(nil, s)
			var back string
			if err := json.Unmarshal(got, &back); err != nil || back != strings.ToValidUTF8(string(s), "\ufffd") {
				t.Errorf("%q: %s came back as %q, %v", s, got, back, err)
			}
		}
	}
}
