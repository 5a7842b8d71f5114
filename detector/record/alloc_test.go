package record

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/record/recordtest"
)

// sink keeps results alive.
var sink int

func TestNoAllocation(t *testing.T) {
	if recordtest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that nothing is allocated")
	}
	chunk := sampleChunk(t, 1)
	chunk = append(chunk, recordtest.Chunk(t, []byte{0xc0}, recordtest.OldEvent(t, map[string]any{"a": 1.5}),
		recordtest.Event(t, map[string]any{}, recordtest.At(recordtest.GroupStart)))...)
	f := func(name string, do func()) {
		t.Helper()
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	f("Cursor and Skip", func() { sink += skipBodies(t, chunk) })
	f("Cursor, Read and Members", func() { sink += walkBodies(t, chunk) })
	empty := read(t, recordtest.Value(t, recordtest.JSON(`{"a":{"b":[null,""]}}`)))
	f("IsEmpty", func() {
		if IsEmpty(empty) {
			sink++
		}
	})
}
