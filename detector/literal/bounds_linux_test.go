package literal

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Nothing before or behind the bytes is read: the pages there cannot be.
func TestReadsNothingOutside(t *testing.T) {
	page := unix.Getpagesize()
	all, err := unix.Mmap(-1, 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Munmap(all); err != nil {
			t.Error(err)
		}
	}()
	for _, outside := range [][]byte{all[:page], all[2*page:]} {
		if err := unix.Mprotect(outside, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	inside := all[page : 2*page]
	for i := range inside {
		inside[i] = "Public"[i%6] // every print is half there
	}
	for name, holds := range ways(New([]string{"PublicKey", "lic-", "xP", "cPub!"})) {
		for n := range 300 {
			if holds(inside[:n]) || holds(inside[len(inside)-n:]) || holds(inside[n:]) {
				t.Errorf("%s: found in %d bytes", name, n)
			}
		}
	}
}
