package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/layout"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

var fastListing = listTiming{poll: 30 * time.Millisecond, quietPoll: 50 * time.Millisecond, quietAfter: time.Minute,
	lookBack: 24 * time.Hour, quickBack: time.Hour, full: 200 * time.Millisecond, discover: 100 * time.Millisecond}

// lists is a machine that lists a bucket.
type lists struct {
	*machine
	options BucketOptions
	listing listTiming
	dir     string
	store   *Positions
}

func newLists(t *testing.T) *lists {
	l := &lists{machine: newMachine(t), listing: fastListing, dir: t.TempDir()}
	l.options = BucketOptions{Name: "b", Parallel: 4}
	l.timing.minDelay, l.timing.maxDelay = 20*time.Millisecond, 50*time.Millisecond
	t.Cleanup(l.end)
	return l
}

func (l *lists) begin() {
	l.t.Helper()
	l.run(func(log logger.Log, account Account) (source, error) {
		var err error
		if l.store, err = OpenPositions(l.dir, func(line string) { log(logger.Warn, line) }); err != nil {
			return nil, err
		}
		o := l.options
		o.Queue, o.Stats, o.Listing, o.Log, o.Account, o.Positions = l.records, l.stats, new(Listing), log, account, l.store
		b, err := startBucket(context.Background(), o, l.timing, l.listing)
		l.bucket = b
		return b, err
	})
}

func (l *lists) end() {
	l.machine.end()
	if l.store != nil {
		_ = l.store.Close()
		l.store = nil
	}
}

// put stores an object of a day with one event, in a folder of an account and region.
func (l *lists) put(root, region, day, clock, name string) {
	account := root[strings.LastIndexByte(root, '/')+1:]
	key := fmt.Sprintf("%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%sT%sZ_%s.json.gz", root, region, day, account, region, strings.ReplaceAll(day, "/", ""), clock, name)
	l.server.Put("b", key, object(name))
}

func onDay(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

const root = "AWSLogs/111122223333"

// Listing by dates takes exactly these days, of all accounts and regions, and resumes: what
// is confirmed is not read again, and what is not is.
func TestDays(t *testing.T) {
	for _, prefix := range []string{"", "trail of/all+"} {
		t.Run(prefix, func(t *testing.T) {
			l := newLists(t)
			base := ""
			if prefix != "" {
				base = prefix + "/"
			}
			n := 0
			for _, root := range []string{root, "AWSLogs/o-abc/444455556666", "AWSLogs/o-abc/777788889999"} {
				for _, region := range []string{"eu-west-1", "us-east-1"} {
					for i, day := range []string{"2025/12/31", "2026/03/01", "2026/03/02", "2026/03/02", "2026/03/03", "2026/03/04", "2026/11/01"} {
						name := fmt.Sprintf("in-%02d", n)
						if i < 1 || i > 4 {
							name = fmt.Sprintf("out-%02d", n)
						}
						l.put(base+root, region, day, fmt.Sprintf("09%02d", i), name)
						n++
					}
				}
				l.server.Put("b", base+root+"/CloudTrail-Digest/eu-west-1/2026/03/02/d.json.gz", object("digest"))
				l.server.Put("b", base+root+"/elasticloadbalancing/eu-west-1/2026/03/02/e.json.gz", object("other"))
			}
			l.server.Put("b", base+"AWSLogs/else/CloudTrail/eu-west-1/2026/03/02/e.json.gz", object("else"))
			l.server.Put("b", base+root+"/CloudTrail/eu-west-1/2026/03/readme.json.gz", object("readme"))
			l.options.Prefix, _ = layout.ParsePrefix(prefix)
			l.options.From, l.options.Until = onDay("2026-03-01"), onDay("2026-03-03")
			var want []string
			for i := range n {
				if i%7 >= 1 && i%7 <= 4 {
					want = append(want, fmt.Sprintf("in-%02d", i))
				}
			}
			l.begin()
			l.want(strings.Join(want, " "))
			l.wait("the end", func() bool { return strings.Contains(l.logged(), "all objects until 2026-03-03 were read") })
			l.end()
			l.begin() // again: nothing is left to read
			l.wait("the end", func() bool { return strings.Count(l.logged(), "all objects until 2026-03-03 were read") == 2 })
			l.want(strings.Join(want, " "))
			if got := l.bucket.Listing.Found.Load(); got != 0 {
				t.Errorf("%d objects were found again", got)
			}
		})
	}
}

func (m *machine) logged() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log
}

// A source that is ended in the middle, with some objects confirmed and some not, goes on
// where it was: no object is missing, and only those that were not confirmed come again.
func TestResumes(t *testing.T) {
	l := newLists(t)
	const objects = 60
	for i := range objects {
		l.put(root, "eu-west-1", "2026/03/02", fmt.Sprintf("09%02d", i), fmt.Sprintf("e-%02d", i))
	}
	l.server.Body = func(string, http.ResponseWriter) bool {
		time.Sleep(10 * time.Millisecond) // so that there are several chunks
		return false
	}
	l.keeps.Store(true)
	l.begin()
	l.wait("half of the objects", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.times) >= objects/2 && len(l.kept) >= 6
	})
	l.mu.Lock()
	some := l.kept[len(l.kept)/3 : len(l.kept)*2/3] // out of order
	l.mu.Unlock()
	for _, c := range some {
		l.marks.Confirm(c)
	}
	time.Sleep(5 * l.timing.tick)
	l.end()
	l.mu.Lock()
	l.kept = nil
	l.mu.Unlock()
	l.keeps.Store(false)
	l.begin()
	l.wait("all", func() bool {
		got := l.got()
		for i := range objects {
			if !strings.Contains(got, fmt.Sprintf("e-%02d", i)) {
				return false
			}
		}
		return true
	})
	l.wait("everything confirmed", func() bool { n, _ := l.stats.InFlight(); return n == 0 && l.bucket.holds() == 0 })
	for _, found := range names.FindAllSubmatch(bytes.Join(some, nil), -1) {
		if n := l.times[string(found[1])]; n != 1 {
			t.Errorf("%s was confirmed, and came %d times", found[1], n)
		}
	}
	if got := l.got(); !strings.Contains(got, "×2") || strings.Contains(got, "×3") {
		t.Errorf("what was not confirmed comes once more: %s", got)
	}
	l.end()
	l.begin()
	time.Sleep(300 * time.Millisecond)
	if n := l.bucket.Listing.Found.Load(); n != 0 {
		t.Errorf("%d objects come again", n)
	}
	// All of it is old: the position is at the end, and no key is kept.
	at, _ := l.store.get("b", root+"/CloudTrail/eu-west-1/")
	if !strings.Contains(at.After, "T0959Z_e-59") {
		t.Error(at)
	}
}

// New objects are found, also those that come late and out of order, and new accounts.
func TestNewObjects(t *testing.T) {
	l := newLists(t)
	now := time.Now().UTC()
	put := func(root string, age time.Duration, name string) {
		at := now.Add(-age)
		l.put(root, "eu-west-1", at.Format("2006/01/02"), at.Format("1504"), name)
	}
	put(root, 48*time.Hour, "old")
	put(root, 2*time.Minute, "b")
	l.begin()
	l.want("b old")
	put(root, 10*time.Minute, "a") // before the last one
	l.want("a b old")
	put(root, 20*time.Hour, "late")
	l.want("a b late old")
	put("AWSLogs/o-abc/444455556666", 5*time.Minute, "other")
	l.want("a b late old other")
	l.end()
	put(root, 19*time.Hour, "later")
	l.begin()
	l.want("a b late later old other")
	put(root, 50*time.Hour, "too-late")
	time.Sleep(600 * time.Millisecond)
	l.want("a b late later old other")
	if lag := time.Duration(l.bucket.Listing.Lag.Load()); lag <= 0 || lag > time.Minute {
		t.Error(lag)
	}
}

// An object that is broken delays no other, is tried again, and becomes a dead letter. One
// that must not be read, or that others cannot confirm, is never given up.
func TestBrokenObjects(t *testing.T) {
	l := newLists(t)
	path := filepath.Join(t.TempDir(), "dead")
	var err error
	if l.options.DeadLetters, err = OpenDeadLetters(path); err != nil {
		t.Fatal(err)
	}
	cut := object("cut", "more")
	const bad = root + "/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T0900Z_cut.json.gz"
	l.server.Put("b", bad, cut[:len(cut)-6])
	for i := range 10 {
		l.put(root, "eu-west-1", "2026/03/02", fmt.Sprintf("09%02d", i+1), fmt.Sprintf("good-%d", i))
	}
	l.put(root, "eu-west-1", "2026/03/02", "0959", "secret")
	var denied atomic.Bool
	denied.Store(true)
	l.server.Fail = func(operation, key string) string {
		if operation == "GetObject" && strings.Contains(key, "secret") && denied.Load() {
			return "AccessDenied"
		}
		return ""
	}
	l.begin()
	l.want("cut×5 good-0 good-1 good-2 good-3 good-4 good-5 good-6 good-7 good-8 good-9 more×5")
	l.wait("the dead letter", func() bool { return l.bucket.Listing.Dead.Load() == 1 })
	text, err := os.ReadFile(path)
	var letter deadLetter
	if err != nil || json.Unmarshal(text, &letter) != nil || letter.Kind != "object" || letter.Bucket != "b" || letter.Key != bad || letter.Reason == "" {
		t.Errorf("%s, %v", text, err)
	}
	l.wantLog("is broken, and was given up after 5 tries", 1)
	l.wantLog("s3:GetObject on the object is needed", 1)
	l.wait("more tries", func() bool { return l.bucket.Listing.Errors.Of(Denied) > maxTries })
	denied.Store(false)
	l.wait("the secret", func() bool { return strings.Contains(l.got(), "secret") })
	l.end()
	l.begin()
	time.Sleep(300 * time.Millisecond)
	if n := l.bucket.Listing.Found.Load(); n != 0 {
		t.Errorf("%d objects come again", n)
	}
}

// From can become earlier or later.
func TestFromChanges(t *testing.T) {
	l := newLists(t)
	for _, d := range []string{"01", "02", "03"} {
		l.put(root, "eu-west-1", "2026/03/"+d, "0900", "d"+d)
	}
	l.options.From = onDay("2026-03-02")
	l.begin()
	l.want("d02 d03")
	l.wait("confirmed", func() bool { return l.bucket.holds() == 0 })
	l.end()
	l.options.From = onDay("2026-03-01")
	l.begin()
	l.want("d01 d02×2 d03×2")
	l.wantLog("was read from 2026/03/02 on, which is later than what from is now", 1)
	l.wait("confirmed", func() bool { return l.bucket.holds() == 0 })
	l.end()
	l.options.From = onDay("2026-03-03")
	l.begin()
	time.Sleep(200 * time.Millisecond)
	l.want("d01 d02×2 d03×2")
}

// A bucket that does not exist stops the start, one that must not be listed does not.
func TestNoBucket(t *testing.T) {
	l := newLists(t)
	var code atomic.Value
	code.Store("NoSuchBucket")
	l.server.Fail = func(operation, _ string) string {
		if operation == "ListObjectsV2" {
			return code.Load().(string)
		}
		return ""
	}
	_, err := StartBucket(context.Background(), BucketOptions{Name: "b", Account: Account{Region: "eu-west-1", Endpoint: l.server.URL}, Listing: new(Listing), Log: func(logger.Level, string) {}})
	if err == nil || !strings.Contains(err.Error(), "bucket: b: the bucket does not exist") {
		t.Error(err)
	}
	code.Store("AccessDenied")
	l.put(root, "eu-west-1", "2026/03/02", "0900", "a")
	l.begin()
	l.wait("some tries", func() bool { return l.bucket.Listing.Errors.Of(Denied) > 3 })
	l.wantLog("s3:ListBucket on the bucket is needed", 1)
	code.Store("")
	l.want("a")
}

// A bucket of many objects is read in bounded memory, with one request a page: what is held
// is what is not confirmed.
func TestManyObjects(t *testing.T) {
	l := newLists(t)
	l.server.Page(1000)
	const objects = 5000
	for i := range objects {
		at := onDay("2025-01-01").Add(time.Duration(i) * time.Hour)
		l.put(root, "eu-west-1", at.Format("2006/01/02"), at.Format("1504"), fmt.Sprint("e-", i))
	}
	l.begin()
	most := 0
	l.wait("all objects", func() bool {
		most = max(most, l.bucket.holds())
		return l.stats.Objects[intake.Done].Load() == objects
	})
	if most > maxHeld+1 {
		t.Errorf("%d objects were held", most)
	}
	l.wait("confirmed", func() bool { return l.bucket.holds() == 0 })
	l.end()
	l.begin()
	l.wait("a listing", func() bool { return l.bucket.Listing.Requests.Load() > 3 })
	if n := l.bucket.Listing.Found.Load(); n != 0 {
		t.Errorf("%d objects come again", n)
	}
}

// Positions survive: what is behind them is forgotten, and a damaged file is put aside.
func TestPositions(t *testing.T) {
	dir := t.TempDir()
	p, err := OpenPositions(dir, func(string) { t.Error("a warning") })
	if err != nil {
		t.Fatal(err)
	}
	const folder = "AWSLogs/1/CloudTrail/r/"
	put := func(after string, confirmed ...string) {
		t.Helper()
		c := change{folder: folder, at: position{After: folder + after}}
		for _, key := range confirmed {
			c.confirmed = append(c.confirmed, folder+key)
		}
		if err := p.put("b", []change{c}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want string) {
		t.Helper()
		got := ""
		err := p.known("b", []string{folder + "1", folder + "2", folder + "3", folder + "4"}, func(key string) { got += key[len(folder):] })
		if err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	put("0", "2", "4")
	want("24")
	put("1", "1", "3")
	want("234")
	put("3")
	want("4")
	if _, ok := p.get("other", folder); ok {
		t.Error("the position of another bucket")
	}
	if _, err := OpenPositions(dir, func(string) {}); err == nil || !strings.Contains(err.Error(), "is in use by another process") {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, positionsFile), []byte(strings.Repeat("x", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var warning string
	p, err = OpenPositions(dir, func(line string) { warning = line })
	if err != nil || !strings.Contains(warning, "everything is read again") {
		t.Fatal(err, warning)
	}
	want("")
	if err := errors.Join(p.Close()); err != nil {
		t.Fatal(err)
	}
}
