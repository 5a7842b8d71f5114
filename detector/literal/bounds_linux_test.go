package literal

import (
	"testing"

	"golang.org/x/sys/unix"
)

// No search reads before or after the bytes: the pages there are inaccessible.
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
		inside[i] = "Public"[i%6] // parts of every fingerprint
	}
	for name, anyIn := range algorithms(NewSet(append(Exact("PublicKey", "lic-", "xP", "cPub!"), Text{Text: "ublicx", Fold: true}))) {
		for n := range 300 {
			if anyIn(inside[:n]) || anyIn(inside[len(inside)-n:]) || anyIn(inside[n:]) {
				t.Errorf("%s: found in %d bytes", name, n)
			}
		}
	}
}
