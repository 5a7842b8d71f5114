package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// busyFile returns a file with all that a file can have: alerts of several channels, some
// of which span pages, spaces that are a page, less, or many, pages that are free with
// what was deleted in them.
func busyFile(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	s, _ := open(t, dir)
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	expires := time.Now().Add(time.Hour)
	for i := range 60 {
		for _, channel := range []string{"default", "other", "third"} {
			if channel == "third" && i > 2 {
				continue
			}
			b := Batch{Channel: channel, Detector: channel + ".0"}
			size := 300 + random.IntN(500)
			if i%20 == 7 {
				size = 9000
			}
			b.Alerts = []outbox.Alert{{ID: fmt.Sprint(channel, "-", i), Rule: "rule", Severity: 47, Time: expires, Record: text(size)}}
			for range 12 {
				b.Changes = append(b.Changes, hold.Change{Space: "keys", Key: text(20), Value: text(1), Expires: expires})
			}
			b.Changes = append(b.Changes, hold.Change{Space: "few", Key: []byte{byte(i % 4)}, Value: text(30), Expires: expires},
				hold.Change{Space: "texts", Key: text(1 + i), Value: text(i), Expires: expires})
			numbers := commit(t, s, b)
			if i%3 == 0 {
				s.Forget(channel, numbers)
			}
		}
	}
	closed(t, s)
	file, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// flat returns contents as texts: of alerts and of entries.
func (c *contents) flat() map[string]string {
	all := map[string]string{}
	for channel, alerts := range c.alerts {
		for n, v := range alerts {
			all["alert "+channel+" "+string(numberKey(n))] = string(v)
		}
	}
	for path, entries := range c.spaces {
		for k, v := range entries {
			all["entry "+path+" "+k] = string(v)
		}
	}
	return all
}

// keyOf returns the key of an entry of flat.
func keyOf(name string) string { return strings.SplitN(name, " ", 3)[2] }

// within reports whether a byte of a file is in one of the copies of an entry: in its key,
// its checksum, or its value.
func within(file []byte, key, value string, at int) bool {
	for from := max(0, at-len(key)-4-len(value)); ; {
		i := bytes.Index(file[from:], []byte(value))
		if i < 0 || from+i-4-len(key) > at {
			return false
		}
		if at < from+i+len(value) {
			return true
		}
		from += i + 1
	}
}

// Wherever a byte of the file changes, only the entry that it belongs to is lost, and
// nothing that was deleted comes back, but for what the last transaction deleted.
func TestFlips(t *testing.T) {
	good := busyFile(t)
	m, metas := openImage(bytes.NewReader(good), int64(len(good)))
	if what := check(m, metas); what != "" {
		t.Fatalf("a good file: %s", what)
	}
	want := salvaged(m, metas).flat()
	older := salvaged(m, metas[1:]).flat()
	if len(want) < 1500 {
		t.Fatalf("only %d entries", len(want))
	}
	page := int(m.pageSize)
	var places []int
	random := rand.New(rand.NewPCG(3, 4))
	head, rest := 2, 1 // of each page
	if n, err := strconv.Atoi(os.Getenv("DETECT_FLIPS")); err == nil {
		head, rest = n, n
	}
	for at := 0; at < int(metas[0].end)*page; at += page {
		for range head {
			places = append(places, at+random.IntN(300))
		}
		for range rest {
			places = append(places, at+random.IntN(page))
		}
	}
	t.Logf("%d places in %d pages, %d entries", len(places), metas[0].end, len(want))
	unnoticed := 0
	for _, at := range places {
		for _, mask := range []byte{1 << (random.IntN(8)), 0xff} {
			file := bytes.Clone(good)
			file[at] ^= mask
			m, metas := openImage(bytes.NewReader(file), int64(len(file)))
			what := check(m, metas)
			if what == "" {
				unnoticed++
			}
			got := salvaged(m, metas).flat()
			for name, value := range want {
				if got[name] == value {
					continue
				}
				if !within(good, keyOf(name), value, at) {
					t.Fatalf("byte %d of page %d: %.60q is lost (%s)", at%page, at/page, name, what)
				}
				if what == "" {
					t.Fatalf("byte %d of page %d: %.60q is lost, and nothing is said", at%page, at/page, name)
				}
			}
			if lost := len(want) - len(got); lost > 1 {
				t.Fatalf("byte %d of page %d: %d entries are lost (%s)", at%page, at/page, lost, what)
			}
			for name := range got {
				if _, ok := want[name]; !ok && (at/page > 1 || older[name] == "") {
					t.Fatalf("byte %d of page %d: %.60q is back (%s)", at%page, at/page, name, what)
				}
			}
		}
	}
	t.Logf("%d of %d changes are of bytes that mean nothing", unnoticed, 2*len(places))
}

// The file that is made of a damaged one has what can be read of it, in order, and can be
// used.
func TestRebuilt(t *testing.T) {
	good := busyFile(t)
	dir := t.TempDir()
	good[3*os.Getpagesize()+1] ^= 1
	if err := os.WriteFile(filepath.Join(dir, "state.db"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	s, warned := open(t, dir)
	if len(*warned) > 1 || len(*warned) == 1 && !strings.Contains((*warned)[0], "were taken over") {
		t.Fatalf("warned: %q", *warned)
	}
	for range 2 {
		alerts, numbers, err := s.Alerts("other")
		if err != nil || len(alerts) < 39 || !slices.IsSorted(numbers) {
			t.Errorf("%d alerts, %v", len(alerts), err)
		}
		names, err := s.Channels()
		if err != nil || !slices.Equal(names, []string{"default", "other", "third"}) {
			t.Errorf("channels %q, %v", names, err)
		}
		commit(t, s, batch(1, 1))
		s.Forget("other", numbers[:1])
		if err := s.db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				t.Error(err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		closed(t, s)
		s, warned = open(t, dir)
		if len(*warned) > 0 {
			t.Errorf("warned: %q", *warned)
		}
	}
	closed(t, s)
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if n := len(left); n < 3 || n > 4 {
		t.Errorf("the directory has %q", left)
	}
}
