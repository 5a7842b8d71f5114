package aws

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// noted returns the objects that are noted in a directory, and what was logged about it.
func noted(t *testing.T, dir string) (objects map[Object]bool, log string) {
	t.Helper()
	var b strings.Builder
	db, err := openNotes(dir, func(level logger.Level, line string) { fmt.Fprintf(&b, "%s: %s\n", level, line) })
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	objects = map[Object]bool{}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(announced).ForEach(func(k, v []byte) error {
			if o, _, ok := readNote(string(k), v); ok {
				o.OtherKey, o.Region, o.Size = "", "", 0 // what the name does not say
				objects[o] = true
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects, b.String()
}

// Whatever byte of announced.db is damaged, and if pages of it are missing, it is opened, and
// no object is lost whose note is still there. DETECT_FLIPS damages more bytes of each page.
func TestDamagedNotes(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c, dir := fake.New(t), t.TempDir()
	c.Fail = func(string, string) string { return "SlowDown" }
	var all []Object
	want := map[Object]bool{}
	for i := range 60 {
		key := fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T09%02dZ_%d.json.gz", i, i)
		all = append(all, Object{Bucket: "trail", Key: key, VersionID: fmt.Sprint("v", i), Region: "eu-west-1", Size: 4711})
		want[Object{Bucket: "trail", Key: key, VersionID: fmt.Sprint("v", i)}] = true
	}
	a, q := notes(t, c, dir, len(all))
	for i := 0; i < len(all); i += 20 {
		if err := a.Note(all[i : i+20]); err != nil {
			t.Fatal(err)
		}
	}
	a.Stop()
	q.Close()
	a.Close()
	path := filepath.Join(dir, announcedFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string, data []byte) (map[Object]bool, string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, announcedFile), data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, log := noted(t, dir)
		aside, _ := filepath.Glob(filepath.Join(dir, announcedFile+".damaged-*"))
		if len(aside) > 1 || (len(aside) == 1) != strings.Contains(log, "is damaged") {
			t.Errorf("%s: renamed to %q, and the log is %q", name, aside, log)
		}
		if len(aside) == 0 {
			return got, log
		}
		if again, log := noted(t, dir); len(again) != len(got) || strings.Contains(log, "is damaged") {
			t.Errorf("%s: opened again, it has %d notes instead of %d: %s", name, len(again), len(got), log)
		}
		return got, log
	}
	if got, log := open("whole", whole); len(got) != len(want) || log != "" {
		t.Fatalf("%d notes, want %d: %s", len(got), len(want), log)
	}
	damaged := 0
	flip := func(at int) {
		data := bytes.Clone(whole)
		data[at] ^= 1 << rand.IntN(8)
		got, log := open(fmt.Sprintf("byte %d", at), data)
		for o := range want {
			if !got[o] {
				t.Errorf("byte %d: %s is lost: %s", at, o.Key, log)
			}
		}
		if log != "" {
			damaged++
		}
	}
	flips, _ := strconv.Atoi(os.Getenv("DETECT_FLIPS"))
	page, end := os.Getpagesize(), len(bytes.TrimRight(whole, "\x00"))
	for at := 0; at+page <= len(whole); at += page {
		if len(bytes.Trim(whole[at:at+page], "\x00")) == 0 {
			continue
		}
		for _, in := range []int{0, 10, 28, 1500} {
			flip(at + in)
		}
		for range flips {
			flip(at + rand.IntN(page))
		}
	}
	if damaged < 10 {
		t.Errorf("only %d of the damages were noticed", damaged)
	}
	for name, data := range map[string][]byte{
		"half of it": whole[:end/2], "most of it": whole[:end-page-77], "without its beginning": append(make([]byte, 3*page), whole[3*page:]...),
		"another file": []byte("hello"), "nothing": nil, "one page": whole[:page],
	} {
		got, log := open(name, data)
		for o := range want {
			if !got[o] && bytes.Contains(data, newNote(noteName(&o), Object{Bucket: o.Bucket, Key: o.Key, VersionID: o.VersionID, Region: "eu-west-1", Size: 4711})) {
				t.Errorf("%s: %s is lost: %s", name, o.Key, log)
			}
		}
		if name != "nothing" && log == "" {
			t.Errorf("%s: nothing was logged", name)
		}
	}
}
