package msgpack

import (
	"errors"
	"math"
	"syscall"
	"testing"
)

// TestCursorTooLong gives the cursor inaccessible memory: it must not read the bytes.
func TestCursorTooLong(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("no slice is that long with 32-bit integers; not tested: a chunk above the limit")
	}
	long := int64(MaxChunk) + 1
	chunk, err := syscall.Mmap(-1, 0, int(long), syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skipf("2 GiB of addresses cannot be reserved here (%v); not tested: a chunk above the limit", err)
	}
	defer syscall.Munmap(chunk)
	c := NewCursor(chunk)
	var e Head
	ok, err := c.Next(&e)
	var broken *Error
	if ok || !errors.As(err, &broken) || *broken != (Error{MaxChunk, TooLong}) {
		t.Errorf("got %v, %v", ok, err)
	}
}
