package event

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

func TestIsEmpty(t *testing.T) {
	read := func(b []byte) msgpack.Value {
		v, _, err := msgpack.Read(b, 0)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	f := func(text string, want bool) {
		t.Helper()
		if got := IsEmpty(read(msgpacktest.Value(t, msgpacktest.JSON(text)))); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, text := range []string{`null`, `""`, `"-"`, `"none"`, `[]`, `{}`, `[null,"",{}]`, `{"a":{"b":[]},"c":"-"}`} {
		f(text, true)
	}
	for _, text := range []string{`0`, `false`, `" "`, `"None"`, `[0]`, `{"a":{"b":["x"]}}`, `[null,0]`} {
		f(text, false)
	}
	if !IsEmpty(msgpack.Value{}) || !IsEmpty(read([]byte{0xc4, 0})) {
		t.Error("nothing, or an empty bin, is not empty")
	}
	nest := func(n int) msgpack.Value {
		b := make([]byte, n)
		for i := range b {
			b[i] = 0x91
		}
		return read(append(b, 0xc0))
	}
	if !IsEmpty(nest(maxEmptyDepth)) || IsEmpty(nest(maxEmptyDepth+1)) {
		t.Error("the bound is not at maxEmptyDepth")
	}
	if !msgpacktest.RaceDetector {
		v := read(msgpacktest.Value(t, msgpacktest.JSON(`{"a":{"b":[null,""]}}`)))
		if n := testing.AllocsPerRun(100, func() { IsEmpty(v) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
