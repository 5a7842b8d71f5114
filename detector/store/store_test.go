package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// open opens a directory and collects the warnings.
func open(t *testing.T, dir string) (*Store, *[]string) {
	t.Helper()
	var warned []string
	s, err := Open(dir, func(line string) { warned = append(warned, line) })
	if err != nil {
		t.Fatal(err)
	}
	return s, &warned
}

func closed(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(space, key, value string, expires time.Time) hold.Change {
	return hold.Change{Space: space, Key: []byte(key), Value: []byte(value), Expires: expires}
}

// batch has n alerts and n entries of a space, counted from a number.
func batch(from, n int) Batch {
	b := Batch{Channel: "default", Detector: "default.0"}
	for i := from; i < from+n; i++ {
		b.Alerts = append(b.Alerts, outbox.Alert{ID: fmt.Sprint("id-", i), Rule: "rule", Severity: 47, Time: time.Unix(int64(i), 5), Record: []byte(fmt.Sprint("record ", i))})
		b.Changes = append(b.Changes, put("test", string(rune(i)), fmt.Sprint("value ", i), time.Now().Add(time.Hour)))
	}
	return b
}

func commit(t *testing.T, s *Store, b Batch) []uint64 {
	t.Helper()
	numbers, err := s.Commit(b)
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// memory is a memory that remembers what it is given.
type memory struct {
	hold.Memory
	space   string
	entries []string
}

func (m *memory) Space() string { return m.space }

func (m *memory) Restore(key, value []byte, expires time.Time) bool {
	entry := fmt.Sprint([]rune(string(key))[0])
	if want := "value " + entry; string(value) != want {
		entry += "=" + string(value)
	}
	if left := time.Until(expires); left <= 0 || left > time.Hour {
		entry += fmt.Sprint(" for ", left)
	}
	m.entries = append(m.entries, entry+" ")
	return true
}

// content returns IDs of alerts and the entries of the space.
func content(t *testing.T, s *Store) string {
	t.Helper()
	alerts, _, err := s.Alerts("default")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, a := range alerts {
		fmt.Fprint(&b, a.ID, " ")
	}
	return b.String() + "| " + entries(t, s, "test")
}

func entries(t *testing.T, s *Store, space string) string {
	t.Helper()
	m := &memory{space: space}
	if err := s.Restore("default.0", hold.Memories{m}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(m.entries, "")
}

func TestWhatWasCommittedIsThereAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, _ := open(t, dir)
	numbers := commit(t, s, batch(1, 3))
	commit(t, s, batch(4, 1))
	s.Forget("default", numbers[:2])
	closed(t, s)
	s, warned := open(t, dir)
	defer closed(t, s)
	if got, want := content(t, s), "id-3 id-4 | 1 2 3 4 "; got != want {
		t.Errorf("%s is there again, want %s", got, want)
	}
	alerts, _, _ := s.Alerts("default")
	if a, want := alerts[0], batch(3, 1).Alerts[0]; !a.Time.Equal(want.Time) || a.Rule != want.Rule || a.Severity != want.Severity || !bytes.Equal(a.Record, want.Record) {
		t.Errorf("the alert is %+v, want %+v", a, want)
	}
	if names, err := s.Channels(); err != nil || fmt.Sprint(names) != "[default]" {
		t.Errorf("channels with alerts: %v, %v", names, err)
	}
	if len(*warned) != 0 {
		t.Errorf("warned: %q", *warned)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "state.db": 0o600, "holder": 0o600, "delivered": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has mode %v (%v), want %v", name, info.Mode().Perm(), err, want)
		}
	}
}

// Delivered alerts are deleted while the store is open, not only when it is closed.
func TestDeliveredIsDeleted(t *testing.T) {
	s, _ := open(t, t.TempDir())
	defer closed(t, s)
	s.Forget("default", commit(t, s, batch(1, 3))[1:2])
	for end := time.Now().Add(10 * time.Second); content(t, s) != "id-1 id-3 | 1 2 3 "; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s is there", content(t, s))
		}
	}
}

// killed does what the end of a process without Close does: the bbolt file is closed,
// and nothing else is done.
func killed(t *testing.T, s *Store) {
	t.Helper()
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	if err := errors.Join(s.db.Close(), s.holder.Close()); err != nil {
		t.Fatal(err)
	}
}

// Noted alerts are gone after a crash; those that were only forgotten may be delivered
// again; entries that are repeated, damaged, or of another session do no harm.
func TestNotedIsGoneAfterACrash(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(s *Store, numbers []uint64)
		damage func(file []byte) []byte
		want   string
	}{
		{"nothing", func(*Store, []uint64) {}, nil, "id-1 id-2 id-3 "},
		{"forgotten, not noted", func(s *Store, n []uint64) { s.Forget("default", n[:1]) }, nil, "id-1 id-2 id-3 "},
		{"noted", func(s *Store, n []uint64) { s.Forget("default", n[1:2]); note(t, s) }, nil, "id-1 id-3 "},
		{"noted in two steps", func(s *Store, n []uint64) {
			s.Forget("default", n[:1])
			note(t, s)
			s.Forget("default", n[2:])
			note(t, s)
			note(t, s)
		}, nil, "id-2 "},
		{"of another channel", func(s *Store, n []uint64) { s.Forget("other", n); note(t, s) }, nil, "id-1 id-2 id-3 "},
		{"deleted, and then another noted", func(s *Store, n []uint64) {
			s.Forget("default", n[:1])
			note(t, s)
			if err := s.deleteGone(); err != nil {
				t.Fatal(err)
			}
			if s.delivered.holds() {
				t.Error("what was deleted is still noted")
			}
			s.Forget("default", n[1:2])
			note(t, s)
		}, nil, "id-3 "},
		{"deletion failed in between", func(s *Store, n []uint64) {
			s.Forget("default", n[:1])
			note(t, s)
			if err := s.updateAndDelete(func(*bbolt.Tx) error { s.Forget("default", n[1:2]); return errors.New("disk full") }); err == nil {
				t.Fatal("no error")
			}
			note(t, s)
		}, nil, "id-3 "},
		{"damaged in the last entry", func(s *Store, n []uint64) { s.Forget("default", n[:2]); note(t, s) },
			func(file []byte) []byte { file[len(file)-1]++; return file }, "id-2 id-3 "},
		{"cut off", func(s *Store, n []uint64) { s.Forget("default", n[:2]); note(t, s) },
			func(file []byte) []byte { return file[:len(file)-5] }, "id-2 id-3 "},
		{"zeros", func(s *Store, n []uint64) { s.Forget("default", n); note(t, s) },
			func(file []byte) []byte { clear(file[sessionSize:]); return file }, "id-1 id-2 id-3 "},
		{"of another session", func(s *Store, n []uint64) { s.Forget("default", n); note(t, s) },
			func(file []byte) []byte { file[0]++; return file }, "id-1 id-2 id-3 "},
		{"empty", func(s *Store, n []uint64) { s.Forget("default", n); note(t, s) },
			func([]byte) []byte { return nil }, "id-1 id-2 id-3 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, _ := open(t, dir)
			c.do(s, commit(t, s, batch(1, 3)))
			killed(t, s)
			path := filepath.Join(dir, "delivered")
			if c.damage != nil {
				file, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, c.damage(file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time nothing is noted any more
				s, _ = open(t, dir)
				if got := content(t, s); got != c.want+"| 1 2 3 " {
					t.Errorf("%s is there, want %s", got, c.want)
				}
				killed(t, s)
			}
		})
	}
}

func note(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Note(); err != nil {
		t.Fatal(err)
	}
}

// Entries of spaces are set, deleted, and dropped when they expire; what is in one
// space, or of one detector, is not in another.
func TestSpaces(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	soon := time.Now().Add(time.Minute)
	commit(t, s, Batch{Detector: "default.0", Changes: []hold.Change{
		put("a", "1", "value 49", soon), put("a", "2", "old", soon), put("b", "3", "value 51", soon),
		put("a", "2", "value 50", soon), put("a", "4", "x", soon), {Space: "a", Key: []byte("4"), Delete: true},
		put("a", "5", "x", time.Now().Add(-time.Second)), {Space: "a", Key: []byte("never"), Delete: true},
	}})
	commit(t, s, Batch{Detector: "default.1", Changes: []hold.Change{put("a", "6", "value 54", soon)}})
	commit(t, s, Batch{Detector: "default.0", Changes: []hold.Change{{Space: "b", Key: []byte("0"), Delete: true}, put("a", "7", "value 55", soon)}})
	for range 2 {
		if a, b, c := entries(t, s, "a"), entries(t, s, "b"), entries(t, s, "c"); a != "49 50 55 " || b != "51 " || c != "" {
			t.Errorf("spaces have %q, %q and %q", a, b, c)
		}
		closed(t, s)
		s, _ = open(t, dir)
	}
	defer closed(t, s)
	if err := s.db.View(func(tx *bbolt.Tx) error {
		if n := tx.Bucket(spacesBucket).Bucket([]byte("default.0")).Bucket([]byte("a")).Stats().KeyN; n != 3 {
			t.Errorf("%d entries are in the file after a restart, want 3 without the one that has expired", n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A file of version 1 is migrated: its alerts, and its keys that have not expired.
// (testdata/version1.db.gz was written by that version; all keys but one expire in
// 2096.)
func TestVersion1(t *testing.T) {
	packed, err := os.Open(filepath.Join("testdata", "version1.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is version 2
		s, warned := open(t, dir)
		alerts, numbers, err := s.Alerts("default")
		if err != nil || len(alerts) != 3 || fmt.Sprint(numbers) != "[1 2 3]" || len(*warned) != 0 {
			t.Fatalf("%d alerts, %v, warned %q", len(alerts), err, *warned)
		}
		for i, a := range alerts {
			want := batch(i+1, 1).Alerts[0]
			if a.ID != want.ID || a.Rule != want.Rule || a.Severity != want.Severity || !a.Time.Equal(want.Time) || !bytes.Equal(a.Record, want.Record) {
				t.Errorf("alert %d is %+v, want %+v", i, a, want)
			}
		}
		d, err := hold.NewDuplicates(10, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Restore("default.0", hold.Memories{d}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{false, true, true, false} { // the third has expired
			if got := d.Seen(hold.Key{byte(i), 0, 1}); got != want {
				t.Errorf("key %d is known: %t, want %t", i, got, want)
			}
		}
		closed(t, s)
	}
}

// A file that is damaged, or not ours, is kept as it was under another name. What can be
// read of it is taken over, and the store works.
func TestDamagedFileIsSetAside(t *testing.T) {
	whole := t.TempDir()
	s, _ := open(t, whole)
	for i := range 50 {
		commit(t, s, batch(i*10, 10))
	}
	closed(t, s)
	good, err := os.ReadFile(filepath.Join(whole, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	noise := func(from, to int) []byte {
		b := bytes.Clone(good)
		for i := from; i < min(to, len(b)); i++ {
			b[i] = byte(i*7 + i>>8)
		}
		return b
	}
	for _, c := range []struct {
		name   string
		text   []byte
		alerts int // at least
	}{
		{"noise", noise(0, len(good)), 0},
		{"noise in the middle", noise(len(good)/4, len(good)*3/4), 0}, // none, if the names of the buckets were there
		{"noise in both meta pages", noise(0, 8192), 500},
		{"cut to nothing", good[:10], 0},
		{"cut to a page", good[:4096], 0},
		{"cut to two", good[:8192], 0},
		{"cut in half", good[:len(good)/2], 300},
		{"empty", nil, 0},
		{"text", []byte(strings.Repeat("hello\n", 10000)), 0},
		{"other version", bytes.Replace(good, []byte("version3"), []byte("version9"), -1), 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "state.db"), c.text, 0o600); err != nil {
				t.Fatal(err)
			}
			s, warned := open(t, dir)
			defer closed(t, s)
			if len(*warned) != 1 || !strings.Contains((*warned)[0], "is damaged or of another version") {
				t.Fatalf("warned: %q", *warned)
			}
			aside, _ := filepath.Glob(filepath.Join(dir, "state.db.damaged-*"))
			if len(aside) != 1 {
				t.Fatalf("set aside: %v", aside)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(kept, c.text) {
				t.Errorf("what was set aside was changed (%v)", err)
			}
			commit(t, s, batch(1000, 1))
			alerts, numbers, err := s.Alerts("default")
			if err != nil || len(alerts) < c.alerts+1 || alerts[len(alerts)-1].ID != "id-1000" || !slices.IsSorted(numbers) {
				t.Errorf("%d alerts, want at least %d and one: %v", len(alerts), c.alerts, err)
			}
			if e := strings.Fields(entries(t, s, "test")); len(e) < c.alerts+1 {
				t.Errorf("%d entries", len(e))
			}
		})
	}
}

func TestModes(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	commit(t, s, batch(1, 1))
	closed(t, s)
	if err := os.Chmod(filepath.Join(dir, "state.db"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, warned := open(t, dir)
	defer closed(t, s)
	if got := content(t, s); got != "id-1 | 1 " || len(*warned) != 0 {
		t.Errorf("a file of mode 000 has %s, warned %q", got, *warned)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v", info.Mode().Perm())
	}
	if _, err := Open(filepath.Join(dir, "state.db"), nil); err == nil || !strings.Contains(err.Error(), "is not a directory") {
		t.Errorf("a file in place of the directory gives %v", err)
	}
}

// The error of a second process names the first one. When that ends in any way, the
// directory is free.
func TestOneProcessAtATime(t *testing.T) {
	if dir := os.Getenv("STORE_TEST_HOLD"); dir != "" {
		if _, err := Open(dir, func(string) {}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		time.Sleep(time.Minute)
	}
	dir := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run=^TestOneProcessAtATime$")
	other.Env = append(os.Environ(), "STORE_TEST_HOLD="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, _ := out.Read(line)
	if string(line[:n]) != "held\n" {
		t.Fatalf("the other process says %q", line[:n])
	}
	_, err = Open(dir, func(string) {})
	var held *InUseError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), fmt.Sprintf("is in use by process %d on ", other.Process.Pid)) {
		t.Errorf("the second process gets %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // killed
	s, _ := open(t, dir)
	closed(t, s)
}

// If a file is truncated while it is in use there is an error, the process continues,
// and the directory can be closed.
func TestFileBreaksWhileInUse(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	for i := range 20 {
		commit(t, s, batch(i*100, 100))
	}
	if err := os.Truncate(filepath.Join(dir, "state.db"), 4096); err != nil {
		t.Fatal(err)
	}
	_, err := s.Commit(batch(5000, 100))
	if err == nil || !strings.Contains(err.Error(), "broke while it was in use") {
		t.Errorf("the error is %v", err)
	}
	if _, again := s.Commit(batch(5000, 1)); again == nil {
		t.Error("the broken store takes alerts")
	}
	closed(t, s)
}

func BenchmarkCommit(b *testing.B) {
	s, err := Open(b.TempDir(), func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	one := batch(1, 1)
	one.Alerts[0].Record = make([]byte, 3000)
	for b.Loop() {
		numbers, err := s.Commit(one)
		if err != nil {
			b.Fatal(err)
		}
		s.Forget("default", numbers)
	}
}
