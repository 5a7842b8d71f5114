package msgpack

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// sink keeps results alive.
var sink int

func TestNoAllocation(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that nothing is allocated")
	}
	chunk := sampleChunk(t, 1)
	chunk = append(chunk, msgpacktest.Chunk(t, []byte{0xc0}, msgpacktest.OldEvent(t, map[string]any{"a": 1.5}),
		msgpacktest.Event(t, map[string]any{}, msgpacktest.At(msgpacktest.GroupStart)))...)
	f := func(name string, do func()) {
		t.Helper()
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	f("Cursor and Skip", func() { sink += skipBodies(t, chunk) })
	f("Cursor, Read and Members", func() { sink += walkBodies(t, chunk) })
}
