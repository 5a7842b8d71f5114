package jsontext

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Nothing before or behind the text is read, wherever it is cut, and nothing behind the
// capacity of dst written: the pages there are inaccessible.
func TestBounds(t *testing.T) {
	memory, dst := lonePages(t), lonePages(t)
	check := func(text []byte, room int, want []byte, wantEnd int, wantErr error) {
		t.Helper()
		begin, end := memory[:len(text)], memory[len(memory)-len(text):]
		for _, in := range [][]byte{begin, end} {
			copy(in, text)
			out := dst[len(dst)-room:]
			got, end, err := AppendMsgpack(out[:1], in)
			if string(got[1:]) != string(want) || end != wantEnd || (err == nil) != (wantErr == nil) {
				t.Fatalf("%s, room for %d bytes: %x, to %d, %v; want %x, to %d, %v", text, room, got, end, err, want, wantEnd, wantErr)
			}
		}
	}
	for seed := range uint64(150) {
		text := randomObject(seed)
		text = text[:min(len(text), len(memory)/4)]
		for n := range len(text) + 1 {
			want, end, err := appendWithRoom(text[:n])
			check(text[:n], len(dst), want, end, err)
		}
		want, end, err := appendWithRoom(text)
		for room := 1; room < min(len(want)+100, len(dst)); room += 1 + room/60 {
			check(text, room, want, end, err)
		}
	}
}

// lonePages returns memory between pages that are inaccessible.
func lonePages(t *testing.T) []byte {
	t.Helper()
	page := unix.Getpagesize()
	all, err := unix.Mmap(-1, 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for _, outside := range [][]byte{all[:page], all[3*page:]} {
		if err := unix.Mprotect(outside, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return all[page : 3*page : 3*page]
}
