package sidecar

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// number returns the value of an environment variable, for longer runs than those of
// make test.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// The sidecar is killed repeatedly with kill -9 while a sink sends events: all alerts
// reach the source. A kill between the response of the source and the write to disk
// repeats the alerts of one request, with the same ids, and no others.
// DETECT_SIDECAR_RECORDS, DETECT_KILLS and DETECT_SIDECAR_SECONDS make it longer.
func TestKill(t *testing.T) {
	t.Parallel()
	records, kills := number(t, "DETECT_SIDECAR_RECORDS", 20_000), number(t, "DETECT_KILLS", 5)
	over := time.Duration(number(t, "DETECT_SIDECAR_SECONDS", 3)) * time.Second
	const each, matches = 1605, 3 // records of a batch, and those of them that match
	source := newVectorSource(t, "")
	s := keys{"alerts": source.url, "listen": freeport.Address(t), "state_path": t.TempDir()}
	var batches []string
	for i := range (records + each - 1) / each {
		batches = append(batches, strings.Repeat(other+"\n", each-2*matches)+pushes(fmt.Sprintf("b%d-", i), matches))
	}
	p := launch(t, s)
	ended := make(chan struct{})
	began := time.Now()
	var took time.Duration
	go func() {
		defer close(ended)
		sink := newVectorSink(p.url)
		for i, b := range batches {
			wantDelivered(t, sink.send(context.Background(), t, []string{b}))
			if over > 0 { // spread over the kills
				time.Sleep(time.Until(began.Add(over * time.Duration(i+1) / time.Duration(len(batches)))))
			}
		}
		took = time.Since(began)
	}()
	for range kills {
		time.Sleep(over/time.Duration(kills)*3/4 + rand.N(over/time.Duration(2*kills)))
		p.kill()
		p = launch(t, s)
	}
	<-ended
	source.wantAlerts(len(batches) * matches)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	distinct, again := source.alerts()
	t.Logf("%d records in %.1f s, %.0f a second, %d kills: %d of %d alerts arrived, %d of them twice, in %d requests",
		len(batches)*each, took.Seconds(), float64(len(batches)*each)/took.Seconds(), kills, distinct, len(batches)*matches, again, source.repeated)
	if source.repeated > kills {
		t.Errorf("%d requests had alerts of before after %d kills", source.repeated, kills)
	}
}

// Vector ends its sinks first, then its sources, and signals its child processes at
// the same time: the sidecar serves as long as there are requests, and then delivers
// all alerts.
func TestTerm(t *testing.T) {
	t.Parallel()
	source := newVectorSource(t, "")
	p := launch(t, keys{"alerts": source.url})
	sink := newVectorSink(p.url)
	for i := range 6 {
		if i == 1 {
			p.signal(syscall.SIGTERM)
		}
		wantDelivered(t, sink.send(t.Context(), t, []string{pushes(fmt.Sprintf("%d-", i), 3)}))
		time.Sleep(150 * time.Millisecond)
	}
	p.wantExit(0)
	source.wantAlerts(18)
	if _, again := source.alerts(); again > 0 {
		t.Errorf("%d alerts came twice", again)
	}
}

// Without state_path, alerts that cannot be delivered at the end are written to
// stderr.
func TestTermWithoutASource(t *testing.T) {
	t.Parallel()
	p := launch(t, keys{"alerts": "http://" + freeport.Address(t) + "/alerts"})
	post(t, p.url, strings.NewReader(push("a")+"\n"+push("b")), 200)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
	if got := strings.Count(p.log(), `{"@timestamp":`); got != 2 {
		t.Errorf("%d alerts on stderr, want 2", got)
	}
}
