package detector

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Nothing alerts while rules learn from files, also when an exception has expired, of which the
// log is told; and what was learned is known.
func TestLearningAlertsNothing(t *testing.T) {
	b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
	b.consumer = b.box.Open(outbox.Filter{})
	b.openWith(withMemory, "rules", write(t, "r.toml", newTerms("7d", "user.name")), "heartbeat", "0",
		"exceptions", exceptionFile(t, "terms", "user.name: bob", "2020-01-01"))
	b.warned = nil
	lines := ""
	for i, user := range []string{"ann", "bob", "cyd"} {
		lines += string(shortEvent(fmt.Sprintf("%d 2/09:00:0%d %s", i, i, user))) + "\n"
	}
	chunk := ingest.ChunkOf([]byte(lines), time.Now()).Data
	if _, err := b.engine.Learn("tag", chunk); err != nil {
		t.Fatal(err)
	}
	if err := b.engine.Learned(); err != nil {
		t.Fatal(err)
	}
	report := b.engine.Report()
	if m := report.Memory(); m.Keys != 3 || report.Matched() != 0 || len(b.warned) != 1 || !strings.Contains(b.warned[0], "expired") {
		t.Errorf("%+v, %d matches, logged %q", m, report.Matched(), b.warned)
	}
	b.mustScan(string(shortEvent("5 2/09:01:00 bob")), string(shortEvent("6 2/09:01:00 dan")))
	wantFields(t, b.wantAlerts(1)[0], "event.id", "6", "fluent_detect.memory.since", "2026-03-02T09:00:00.000Z")
}

// An event with several names and addresses: the sentence of the alert is about the one that is
// new.
func TestReasonOfOneOfSeveralValues(t *testing.T) {
	b := newBench(t, "rules", write(t, "r.toml", newTerms("7d", "user.name", "source.ip")))
	document := func(id, names, addresses string) string {
		return fmt.Sprintf(`{"@timestamp":"2026-03-02T09:00:00Z","event":{"dataset":"aws.cloudtrail","action":"Act","id":%q},"user":{"name":%s},"source":{"ip":%s}}`, id, names, addresses)
	}
	b.mustScan(document("1", `"ann"`, `"192.0.2.1"`), document("2", `["ann","bob"]`, `["192.0.2.1","192.0.2.2"]`))
	var got []string
	for _, a := range b.alerts() {
		reason, _, _ := strings.Cut(at(a, "event.reason").(string), " since")
		got = append(got, reason)
	}
	want := []string{"first Act by ann from 192.0.2.1", "first Act by ann from 192.0.2.2", "first Act by bob from 192.0.2.1", "first Act by bob from 192.0.2.2"}
	if !slices.Equal(got, want) {
		t.Errorf("the reasons are %q, want %q", got, want)
	}
}
