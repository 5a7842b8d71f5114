package host

import (
	"runtime"
	"testing"
)

// TestMemory: what was used once is given back, what is still in use stays, and is not
// looked for again and again.
func TestMemory(t *testing.T) {
	var m Memory
	use := func(size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = 1
		}
		return b
	}
	collections := func(do func()) uint32 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		return after.NumForcedGC - before.NumForcedGC
	}
	m.trim()
	before := heldMemory()
	use(256 << 20)
	if n := collections(m.trim); n == 0 || heldMemory() > before+32<<20 {
		t.Errorf("%d MB after 256 MB were used and %d MB before, %d collections", heldMemory()>>20, before>>20, n)
	}
	kept := use(256 << 20)
	if n := collections(m.trim); n == 0 || heldMemory() < 256<<20 {
		t.Errorf("%d MB while 256 MB are in use, %d collections", heldMemory()>>20, n)
	}
	if n := collections(func() { m.trim(); m.trim() }); n != 0 {
		t.Errorf("%d collections although nothing has changed", n)
	}
	runtime.KeepAlive(kept)
	kept = nil
	use(128 << 20)
	if n := collections(m.trim); n == 0 || heldMemory() > before+32<<20 {
		t.Errorf("%d MB at the end, %d collections", heldMemory()>>20, n)
	}
	if n := collections(m.trim); n != 0 {
		t.Errorf("%d collections of little memory", n)
	}
}
