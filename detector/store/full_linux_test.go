package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// On a full disk the store opens, and what was delivered cannot be noted, which is
// reported once. It works again as soon as there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no small file system can be mounted here (%v): a full disk was not tested", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	s, _ := open(t, dir)
	numbers := commit(t, s, batch(1, 4))
	closed(t, s)
	fill := filepath.Join(dir, "fill")
	file, err := os.Create(fill)
	if err != nil {
		t.Fatal(err)
	}
	for size := 64 << 10; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	s, _ = open(t, dir)
	s.Forget("default", numbers[:1])
	if err := s.Note(); err == nil {
		t.Fatal("there is room to note something")
	}
	s.Forget("default", numbers[1:2])
	if err := s.Note(); err != nil {
		t.Errorf("it is said again: %v", err)
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	s.Forget("default", numbers[2:3])
	note(t, s)
	killed(t, s)
	s, _ = open(t, dir)
	defer closed(t, s)
	if got := content(t, s); got != "id-4 | 1 2 3 4 " {
		t.Errorf("%s is there", got)
	}
}
