package msgpacktest

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		if got := hex.EncodeToString(Value(t, v)); got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%#v:\n got %s\nwant %s", v, got, want)
		}
	}
	f(nil, "c0")
	f(true, "c3")
	f(7, "07")
	f(-1, "ff")
	f(uint64(math.MaxUint64), "cf ffffffffffffffff")
	f(1.5, "cb 3ff8000000000000")
	f("ab", "a2 6162")
	f([]byte("ab"), "c4 02 6162")
	f([]any{1, "a"}, "92 01 a1 61")
	f(map[string]any{"b": 1, "a": nil}, "df 00000002 a161 c0 a162 01")
	f(Members{"a", 1, "a", 2}, "df 00000002 a161 01 a161 02")
	f(Raw{0xc1}, "c1")
	f(Time{1, 2}, "d7 00 00000001 00000002")
	f(Ext{Type: -3, Data: []byte("abc")}, "c7 03 fd 616263")
	f(JSON(`{"a":1,"a":[],"b":{}}`), "df 00000003 a161 01 a161 90 a162 df 00000000")
	f(JSON(`[null,false,-33,18446744073709551615,1e0,1e999]`),
		"96 c0 c2 d0df cf ffffffffffffffff cb 3ff0000000000000 a5 3165393939")
}

func TestEvents(t *testing.T) {
	f := func(got []byte, want string) {
		t.Helper()
		if h := hex.EncodeToString(got); h != strings.ReplaceAll(want, " ", "") {
			t.Errorf("\n got %s\nwant %s", h, want)
		}
	}
	const stamp = "d7 00 6553f100 075bcd15 "
	const body = "df 00000001 a161 01"
	f(Event(t, map[string]any{"a": 1}), "92 92 "+stamp+"df 00000000"+body)
	f(OldEvent(t, map[string]any{"a": 1}), "92 "+stamp+body)
	f(FromJSON(t, `{"a":1}`, Old(), At(5)), "92 05"+body)
	f(Event(t, "x", At(GroupStart), Metadata(nil)), "92 92 d700 ffffffff 00000000 c0 a178")
	f(Chunk(t, []byte("\x01"), `{"a":1}`, JSON(`{"a":1}`)),
		"01 92 92"+stamp+"df 00000000"+body+"92 92"+stamp+"df 00000000"+body)
}
