package files

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// fast is a timing for tests.
var fast = timing{20 * time.Millisecond, 60 * time.Millisecond, 300 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, time.Minute}

// machine has folders with files, and what takes records of them.
type machine struct {
	t      *testing.T
	dir    string
	state  string
	timing timing
	source *Source
	store  *Store
	queue  *intake.Queue
	stats  *intake.Stats
	stop   chan struct{}
	ended  chan struct{}

	mu       sync.Mutex
	times    map[string]int // how often each event came
	log      string
	confirms bool
	insights bool
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, dir: t.TempDir(), state: t.TempDir(), timing: fast, times: map[string]int{}, confirms: true}
	t.Cleanup(m.end)
	return m
}

// start reads what the patterns stand for, which are relative to the directory.
func (m *machine) start(patterns ...string) {
	m.t.Helper()
	for i := range patterns {
		patterns[i] = filepath.Join(m.dir, patterns[i])
	}
	parsed, err := ParsePatterns(strings.Join(patterns, ","))
	if err != nil {
		m.t.Fatal(err)
	}
	log := func(_ logger.Level, line string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.log += line + "\n"
	}
	if m.store, err = OpenStore(m.state, func(line string) { log(logger.Warn, line) }); err != nil {
		m.t.Fatal(err)
	}
	m.stats = new(intake.Stats)
	marks := intake.NewMarks()
	m.queue = intake.NewQueue(intake.Options{Marks: marks, InFlight: 64 << 20, Log: log, Stats: m.stats})
	m.source = start(Options{Patterns: parsed, Store: m.store, Queue: m.queue, Stats: m.stats, Log: log, Insights: m.insights}, m.timing)
	m.stop, m.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(m.ended)
		for {
			select {
			case <-m.stop:
				return
			case <-time.After(2 * time.Millisecond):
				m.take(marks)
			}
		}
	}()
}

var names = regexp.MustCompile(`eventName(?:":"|.)([\w-]+);`)

func (m *machine) take(marks *intake.Marks) {
	for {
		all := m.queue.Take(1 << 20)
		if len(all) == 0 {
			return
		}
		var chunk []byte
		for _, b := range all {
			chunk = append(chunk, b.Data...)
		}
		m.queue.Taken(true)
		m.mu.Lock()
		for _, found := range names.FindAllSubmatch(chunk, -1) {
			m.times[string(found[1])]++
		}
		confirms := m.confirms
		m.mu.Unlock()
		if confirms {
			marks.Confirm(chunk)
		}
	}
}

// end stops everything in order, if it runs.
func (m *machine) end() {
	if m.source == nil {
		return
	}
	m.source.Stop()
	close(m.stop)
	<-m.ended
	m.queue.Close()
	m.source.Close()
	m.source = nil
	if err := m.store.Close(); err != nil {
		m.t.Error(err)
	}
	if m.t.Failed() {
		m.t.Log(m.log)
	}
}

// crash ends without storing what is not stored yet.
func (m *machine) crash() {
	m.source.Stop()
	close(m.stop)
	<-m.ended
	m.queue.Close()
	m.source = nil
	if err := m.store.Close(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	data := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		data = gzipped(text)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func (m *machine) append(name, text string) {
	m.t.Helper()
	f, err := os.OpenFile(filepath.Join(m.dir, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) rename(from, to string) {
	m.t.Helper()
	if err := os.Rename(filepath.Join(m.dir, from), filepath.Join(m.dir, to)); err != nil {
		m.t.Fatal(err)
	}
}

// got returns the events that came, with how often if not once.
func (m *machine) got() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(m.times)) {
		if n := m.times[name]; n > 1 {
			name = fmt.Sprintf("%s×%d", name, n)
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// want waits for events, and checks that no others follow.
func (m *machine) want(want string) {
	m.t.Helper()
	for end := time.Now().Add(10 * time.Second); m.got() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("got %q, want %q\n%s", m.got(), want, m.log)
		}
	}
	m.still(want)
}

func (m *machine) still(want string) {
	m.t.Helper()
	time.Sleep(8 * m.timing.interval)
	if got := m.got(); got != want {
		m.t.Fatalf("got %q, want %q\n%s", got, want, m.log)
	}
}

func (m *machine) wantLog(text string) {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !strings.Contains(m.log, text) {
		m.t.Errorf("the log does not say %q:\n%s", text, m.log)
	}
}

// event returns an event by its name, line one on a line.
func event(name string) string {
	return `{"eventTime":"2026-03-02T09:00:00Z","eventName":"` + name + `;"}`
}

func line(name string) string { return event(name) + "\n" }

// object returns an object as CloudTrail writes it: one line without a newline.
func object(names ...string) string {
	var all []string
	for _, n := range names {
		all = append(all, event(n))
	}
	return `{"Records":[` + strings.Join(all, ",") + `]}`
}

const day = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/"

// Objects in folders as S3 has them, there already or new, are read once, also after a
// restart; digests and the like are not.
func TestFolders(t *testing.T) {
	m := newMachine(t)
	m.write(day+"111122223333_CloudTrail_eu-west-1_20260302T0900Z_aaaaaaaaaaaaaaaa.json.gz", object("a", "b"))
	m.write(day+"111122223333_CloudTrail_eu-west-1_20260302T0905Z_bbbbbbbbbbbbbbbb.json", object("c"))
	m.write("prefix/AWSLogs/o-abcdefghij/444455556666/CloudTrail/us-east-1/2026/03/02/x.json.gz", object("org"))
	m.write("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/d.json.gz", object("digest"))
	m.write("AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/i.json.gz", object("insight"))
	m.write(day+"111122223333_CloudTrail-Digest_eu-west-1_20260302T0905Z_c.json.gz", object("digest"))
	m.write("AWSLogs/readme.txt", object("text"))
	m.write("AWSLogs/.hidden.json", object("hidden"))
	m.write("AWSLogs/empty.json", "")
	m.start(".")
	m.want("a b c org")
	m.write("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/03/y.json.gz", object("d", "e"))
	m.want("a b c d e org")
	for r, want := range map[intake.Result]uint64{intake.Done: 4, intake.Skipped: 4, intake.Empty: 1, intake.Failed: 0, intake.Incomplete: 0} {
		if n := m.stats.Objects[r].Load(); n != want {
			t.Errorf("%s: %d, want %d", r, n, want)
		}
	}
	m.end()
	m.insights = true
	m.write("AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/j.json.gz", object("j"))
	m.start(".")
	m.want("a b c d e j org")
}

func TestPatterns(t *testing.T) {
	m := newMachine(t)
	for _, name := range []string{"a.json", "b.log", "c.txt", "x/d.json", "x/y/e.json", "x/y/z/f.json.gz", "x/y/z/g.json", "q[1]/h.json", "x/.i.json"} {
		m.write(name, object(strings.TrimSuffix(filepath.Base(strings.TrimSuffix(name, ".gz")), filepath.Ext(strings.TrimSuffix(name, ".gz")))))
	}
	f := func(want string, patterns ...string) {
		t.Helper()
		m.state, m.times = t.TempDir(), map[string]int{}
		m.start(patterns...)
		m.want(want)
		m.end()
	}
	f("a", "a.json")
	f("c", "c.txt")
	f("a b", "*.json", "*.log")
	f("c", "*.txt")
	f("a b d e f g h", ".")
	f("d e f g", "x")
	f("d", "x/*.json")
	f("a d e g h", "**/*.json")
	f("e f g", "x/**/y")
	f("d e f g", "x/**")
	f("e f g", "*/y")
	f("f", "**/z/*.gz")
	f("a d", "*.json", "x/*.json", "./a.json")
	f("h", `q\[1\]/*.json`)
	f("", "nothing/*.json", "none")

	for text, want := range map[string]string{
		"":          "it names no path",
		" , ":       "it names no path",
		"a/[b":      "a/[b: a bracket in it is not closed",
		"a/**.json": "a/**.json: ** stands for directories and must be between slashes, as in logs/**/*.json.gz",
	} {
		if _, err := ParsePatterns(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A link that leads in a circle ends, and a file with two names is read once.
func TestLinks(t *testing.T) {
	m := newMachine(t)
	m.write("a/x.json", object("x"))
	for from, to := range map[string]string{"a/up": "..", "b": "a"} {
		if err := os.Symlink(to, filepath.Join(m.dir, from)); err != nil {
			t.Skip("not tested: links:", err)
		}
	}
	m.start(".")
	m.want("x")
}

// A text is read as it grows: lines when they end, values when they are complete.
func TestGrowing(t *testing.T) {
	m := newMachine(t)
	m.write("a.json", line("a")+event("b"))
	m.start("a.json")
	m.want("a b") // the value is complete without a newline
	half := event("c")
	m.append("a.json", "\n"+half[:20])
	m.still("a b")
	m.append("a.json", half[20:]+"\n")
	m.want("a b c")
	m.append("a.json", "{\n  \"Records\": [\n    "+event("d")+",\n")
	m.still("a b c")
	m.append("a.json", event("e")+"\n]\n}\n")
	m.want("a b c d e")
	m.append("a.json", "not JSON {\n"+line("f"))
	m.want("a b c d e f")
	m.end()
	m.append("a.json", line("g"))
	m.start("a.json")
	m.want("a b c d e f g")
	if n := m.stats.Objects[intake.Done].Load(); n != 0 {
		t.Errorf("%d objects, and it was known", n)
	}
}

// A line that is not JSON and never ends does not hold back those after it.
func TestStuck(t *testing.T) {
	m := newMachine(t)
	m.write("a.json", `{"broken": [`+"\n"+line("a")+line("b"))
	m.start("a.json")
	m.want("a b")
	m.append("a.json", line("c"))
	m.want("a b c")
}

// An object that is cut: what is there counts, and when the rest comes nothing is lost.
func TestCut(t *testing.T) {
	m := newMachine(t)
	text := object("a", "b", "c")
	m.write("a.json", text[:len(text)-30])
	m.write("b.json.gz", "")
	whole := gzipped(object("d", "e"))
	if err := os.WriteFile(filepath.Join(m.dir, "b.json.gz"), whole[:len(whole)-4], 0o600); err != nil {
		t.Fatal(err)
	}
	m.start(".")
	m.want("a b d e")
	if n := m.stats.Objects[intake.Incomplete].Load(); n != 2 {
		t.Errorf("%d incomplete objects, want 2", n)
	}
	m.wantLog("a.json: the end, from byte 0 on, is incomplete")
	m.wantLog("b.json.gz: the compressed data is truncated; what came before, 2 records, was read")
	m.append("a.json", text[len(text)-30:])
	m.append("b.json.gz", string(whole[len(whole)-4:]))
	m.want("a×2 b×2 c d×2 e×2") // the beginning may come twice, and nothing is missing
}

// A compressed file to which another stream is appended: only what is new is read.
func TestAppendedGzip(t *testing.T) {
	m := newMachine(t)
	m.write("a.json.gz", line("a"))
	m.start("a.json.gz")
	m.want("a")
	m.append("a.json.gz", string(gzipped(line("b"))))
	m.want("a b")
}

// Rotation: by renaming, also while nobody looks, by copying and cutting, and a file that
// replaces another.
func TestRotation(t *testing.T) {
	m := newMachine(t)
	m.write("a.json", line("a"))
	m.start("*.json")
	m.want("a")
	m.append("a.json", line("b"))
	m.rename("a.json", "a.json.1") // no pattern stands for it
	m.write("a.json", line("c"))
	m.want("a b c")
	m.append("a.json.1", line("d")) // the writer has not noticed yet
	m.want("a b c d")
	m.append("a.json", line("e"))
	m.end()
	m.append("a.json", line("f"))
	m.rename("a.json", "a.json.2")
	m.write("a.json", line("g"))
	m.start("*.json")
	m.want("a b c d e f g")
	m.write("a.json", line("h")) // cut, and written anew: the same file
	m.want("a b c d e f g h")
	m.wantLog("another content now")
	m.rename("a.json", "z.json") // a pattern stands for it
	m.still("a b c d e f g h")
	m.write("new", line("i"))
	m.rename("new", "z.json")
	m.want("a b c d e f g h i")
	if err := os.Truncate(filepath.Join(m.dir, "z.json"), 0); err != nil {
		t.Fatal(err)
	}
	m.append("z.json", line("j"))
	m.want("a b c d e f g h i j")
}

// What was not confirmed is read again after a restart, what was confirmed is not.
func TestUnconfirmed(t *testing.T) {
	m := newMachine(t)
	m.write("a.json", line("a"))
	m.write("b.json.gz", object("b"))
	m.start(".")
	m.want("a b")
	m.mu.Lock()
	m.confirms = false
	m.mu.Unlock()
	m.append("a.json", line("c"))
	m.write("d.json.gz", object("d"))
	m.want("a b c d")
	m.end()
	m.confirms = true
	m.start(".")
	m.want("a b c×2 d×2")
	m.end()
	m.start(".")
	m.still("a b c×2 d×2")
}

// Crashes at random moments lose nothing.
func TestCrashes(t *testing.T) {
	m := newMachine(t)
	n := 0
	write := func() {
		n++
		m.write(fmt.Sprintf("d/%03d.json.gz", n), object(fmt.Sprintf("o%d", n), fmt.Sprintf("p%d", n)))
		if n == 1 {
			m.write("lines.json", "")
		}
		m.append("lines.json", line(fmt.Sprintf("l%d", n)))
	}
	for i := range 8 {
		m.start(".")
		for range 12 {
			write()
			time.Sleep(time.Duration(3+i) * time.Millisecond)
		}
		m.crash()
	}
	m.start(".")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		m.mu.Lock()
		got := len(m.times)
		m.mu.Unlock()
		if got == 3*n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d events came", got, 3*n)
		}
	}
}

// A file that cannot be read does not delay the others, and is read when it can be.
func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("not tested: a file without permission, as root")
	}
	m := newMachine(t)
	m.write("a.json.gz", "")
	if err := os.WriteFile(filepath.Join(m.dir, "a.json.gz"), []byte("PK\x03\x04 a zip"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.write("b.json", object("b"))
	m.start(".")
	m.want("b")
	m.wantLog("a.json.gz: cannot be decompressed: it is zip data")
	m.write("a.json.gz", object("a"))
	m.want("a b")
}

func TestStoreInUse(t *testing.T) {
	m := newMachine(t)
	m.start(".")
	if _, err := OpenStore(m.state, nil); err == nil || !strings.Contains(err.Error(), "is in use by another process") {
		t.Error(err)
	}
}

// A damaged file of states is set aside: everything is read again.
func TestDamagedStore(t *testing.T) {
	m := newMachine(t)
	m.write("a.json", object("a"))
	if err := os.WriteFile(filepath.Join(m.state, storeFile), bytes.Repeat([]byte("x"), 1<<15), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start(".")
	m.want("a")
	m.wantLog("is damaged")
	if found, _ := filepath.Glob(filepath.Join(m.state, storeFile+".damaged-*")); len(found) != 1 {
		t.Error(found)
	}
}

func TestComplete(t *testing.T) {
	f := func(text string, end, lines int) {
		t.Helper()
		got, err := complete(strings.NewReader(text), 0, int64(len(text)), 1<<20)
		if err != nil || got != (section{int64(end), int64(lines)}) {
			t.Errorf("%q: %+v, %v; want %d, %d", text, got, err, end, lines)
		}
	}
	f("", 0, 0)
	f("a", 0, 0)
	f("a\n", 2, 2)
	f("a\nb", 2, 2)
	f("{}", 2, 0)
	f("{} ", 2, 0)
	f("{}\n", 3, 3)
	f("{}{", 2, 0)
	f("[1,2", 0, 0)
	f("{\n}", 3, 2)
	f("{\n}\n{\n", 4, 6)
	f(`{"a":"}`, 0, 0)
	f(`{"a":"\"}"}`, 11, 0)
	f("{\"a\":\"b\n{}", 10, 8) // no JSON up to the newline
	f("{\"a\\\n", 5, 5)
	f("x {\n{}", 6, 4)
	if got, err := complete(strings.NewReader("{}\n{}\n{}\n"), 3, 9, 1); err != nil || got.end != 5 {
		t.Error(got, err)
	}
}
