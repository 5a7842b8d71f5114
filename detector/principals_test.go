package detector

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// A rule that remembers principals sees many times more of them than it has room for, so
// that it forgets one for nearly every event: it stays within its bounds in memory and on
// disk, and the next process starts with what the last one had.
func TestManyPrincipals(t *testing.T) {
	events := 100_000
	if text := os.Getenv("DETECT_PRINCIPALS"); text != "" {
		var err error
		if events, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const principals = 1_000_000
	dir := t.TempDir()
	rules, err := ruleset.Load(write(t, "r.toml", newTerms("7d", "user.name")))
	if err != nil {
		t.Fatal(err)
	}
	config := configOf(t, "max_alerts", "1/5m", "heartbeat", "0").Config
	withMemory(&config)
	config.NoDedup = true
	var consumer *outbox.Consumer
	open := func() (*Engine, *store.Store) {
		disk, err := store.Open(filepath.Join(dir, "state"), func(line string) { t.Error(line) })
		if err != nil {
			t.Fatal(err)
		}
		box := outbox.New("default", 1<<30)
		consumer = box.Open(outbox.Filter{})
		engine, err := New(config, rules, Host{Outbox: box, State: NewState(), Store: disk, Name: "default.0", Lost: func(outbox.Alert) {}})
		if err != nil {
			t.Fatal(err)
		}
		return engine, disk
	}
	engine, disk := open()
	r := rand.New(rand.NewPCG(5, 6))
	begin := time.Now().Add(-24 * time.Hour)
	var spent time.Duration
	var text bytes.Buffer
	for done := 0; done < events; {
		text.Reset()
		for ; text.Len() < 1<<20 && done < events; done++ {
			at := begin.Add(time.Duration(done) * time.Millisecond).UTC().Format(time.RFC3339)
			principal := r.IntN(principals)
			fmt.Fprintf(&text, `{"eventSource":"x.amazonaws.com","eventName":"Act","recipientAccountId":"111122223333","eventID":"e%d","eventTime":%q,`+
				`"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/p%d","userName":"p%d"}}`+"\n", done, at, principal, principal)
		}
		chunk := ingest.ChunkOf(text.Bytes(), time.Now()).Data
		start := time.Now()
		if _, err := engine.Scan("tag", chunk); err != nil {
			t.Fatal(err)
		}
		spent += time.Since(start)
		for len(consumer.Take(1<<20, 0)) > 0 { // what is delivered leaves the disk
			consumer.Ack()
		}
	}
	report := engine.Report()
	m := report.Memory()
	engine.Close(false)
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "state", "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	engine, disk = open()
	started := time.Since(start)
	report = engine.Report()
	again := report.Memory()
	engine.Close(false)
	if err := disk.Close(); err != nil {
		t.Fatal(err)
	}
	limit := stateful.DefaultLimits.Terms
	if m.Keys != limit || again.Keys != m.Keys || m.Evicted == 0 || m.Bytes > 64*limit || info.Size() > 64<<20 {
		t.Errorf("%+v, after a restart %+v, %d bytes on disk", m, again, info.Size())
	}
	status, _ := os.ReadFile("/proc/self/status")
	_, rss, _ := bytes.Cut(status, []byte("VmHWM:"))
	rss, _, _ = bytes.Cut(rss, []byte("\n"))
	t.Logf("%d events of %d principals, %.0f events/s; %d forgotten; %.1f MB of memory, at most %s resident with the test; %.1f MB on disk; started in %v",
		events, principals, float64(events)/spent.Seconds(), m.Evicted, float64(m.Bytes)/(1<<20), bytes.TrimSpace(rss), float64(info.Size())/(1<<20), started)
}
