package jsontext

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// sink keeps results alive.
var sink []byte

func TestNoAllocation(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that nothing is allocated")
	}
	texts := append(ownSample(), wrapped(ownSample())...)
	texts = append(texts,
		[]byte(`[0,-1,1e3,0.1,0.1234567890123456789,1.7976931348623157e308,18446744073709551616,-0.0,1e-400]`),
		[]byte(`{"\u0053end":"\ud83d\ude00 \ud800","":[[[{}]]]}`))
	var packed, text []byte
	for _, in := range texts {
		f := func() {
			var err error
			if packed, _, err = AppendMsgpack(packed[:0], in); err != nil {
				t.Fatal(err)
			}
		}
		f() // makes room
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("AppendMsgpack: %v allocations for %s", n, in)
		}
		f = func() {
			var err error
			if packed, _, _, err = AppendCut(packed[:0], in, true, nil); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("AppendCut: %v allocations for %s", n, in)
		}
		v, _, err := msgpack.Read(packed, 0)
		if err != nil {
			t.Fatal(err)
		}
		text = AppendJSON(text[:0], v)
		if n := testing.AllocsPerRun(100, func() { text = AppendJSON(text[:0], v) }); n != 0 {
			t.Errorf("AppendJSON: %v allocations for %s", n, in)
		}
	}
	odd := readAll(t, oddValues())
	text = AppendJSON(text[:0], odd)
	if n := testing.AllocsPerRun(100, func() { text = AppendJSON(text[:0], odd) }); n != 0 {
		t.Errorf("AppendJSON: %v allocations for odd values", n)
	}
	sink = text
}
