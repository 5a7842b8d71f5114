package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// samples are metrics by name and labels.
type samples map[string]float64

func scrape(address string) (samples, error) {
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d, %w", response.StatusCode, err)
	}
	all := samples{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		all[line[:at]] = value
	}
	return all, nil
}

// sum returns the sum of the samples whose name begins so.
func (s samples) sum(name string) (sum float64) {
	for key, v := range s {
		if strings.HasPrefix(key, name+"{") {
			sum += v
		}
	}
	return sum
}

// watch scrapes until it is stopped, and checks that after the first success no scrape
// fails, no counter decreases or disappears, and matches are the sum of their outcomes.
type watch struct {
	stop, done chan struct{}
	scrapes    int
	last       samples
	fault      string
}

func watchMetrics(address string) *watch {
	w := &watch{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for w.fault == "" {
			select {
			case <-w.stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			w.look(address)
		}
	}()
	return w
}

func (w *watch) look(address string) {
	now, err := scrape(address)
	if err != nil {
		if w.last != nil {
			w.fault = "a gap: " + err.Error()
		}
		return
	}
	w.scrapes++
	for name, before := range w.last {
		if v, ok := now[name]; strings.Contains(name, "_total") && (!ok || v < before) {
			w.fault = fmt.Sprintf("%s was %v and is %v (there: %v)", name, before, v, ok)
		}
	}
	if m, o := now.sum("fluent_detect_matches_total"), now.sum("fluent_detect_outcomes_total"); m != o {
		w.fault = fmt.Sprintf("%v matches and %v outcomes", m, o)
	}
	if m, o := now.sum("fluent_detect_rule_matches_total"), now.sum("fluent_detect_rule_outcomes_total"); m != o {
		w.fault = fmt.Sprintf("%v matches and %v outcomes by rule", m, o)
	}
	w.last = now
}

// end checks that all checks passed, and returns the last counters.
func (w *watch) end(t *testing.T) samples {
	t.Helper()
	close(w.stop)
	<-w.done
	if w.fault != "" {
		t.Fatal(w.fault)
	}
	return w.last
}

// Counters over hot reloads under load, while they are scraped continuously; at the end
// they match input and output.
func TestMetricsOverReloads(t *testing.T) {
	t.Parallel()
	const batch, reloads = 50, 4
	address := freeport.Address(t)
	f := prepare(t, pipeline("SETTINGS", "Max_Alerts 500/1s\n    Self_Test 1s\n    Metrics_Listen "+address,
		"Refresh_Interval  1", "Refresh_Interval  1\n    DB DIR/tail.db\n    DB.sync full"), "-Y")
	f.write("in1.json", pushes(0, 1)+otherEvents(1))
	f.run()
	f.wait("the first alert", 20*time.Second, func() bool { return f.lines("alerts") > 0 })
	w := watchMetrics(address)
	sent := 1
	for round := range reloads {
		for range 40 {
			again := sent / 2
			f.append("in1.json", pushes(sent, batch)+otherEvents(batch)+pushes(again, 1))
			sent += batch
			time.Sleep(20 * time.Millisecond)
		}
		f.signal(syscall.SIGHUP)
		f.wait("the reload", 20*time.Second, func() bool { return strings.Count(f.read("log"), "rule loaded") == 2+round })
	}
	lines := f.lines("in1.json")
	f.wait("every line at the other output", 30*time.Second, func() bool { return f.lines("originals") >= lines })
	const d = `{channel="default",detector="default.0"`
	f.wait("all records counted", 20*time.Second, func() bool {
		s, err := scrape(address)
		return err == nil && s.sum("fluent_detect_records_total") >= float64(lines)
	})
	s := w.end(t)
	if s["fluent_detect_matches_total"+d+"}"] < float64(sent) || s["fluent_detect_self_test_ok"+d+"}"] != 1 || s["fluent_detect_self_tests_total"+d+"}"] < reloads {
		t.Errorf("%d pushes; the counters are %v", sent, s)
	}
	f.wait("delivery", 20*time.Second, func() bool {
		s, err := scrape(address)
		return err == nil && s["fluent_detect_outbox_alerts{channel=\"default\"}"] == 0
	})
	s, err := scrape(address)
	if err != nil {
		t.Fatal(err)
	}
	made := s["fluent_detect_outcomes_total"+d+`,outcome="emitted"}`] + s["fluent_detect_summaries_total"+d+"}"]
	if ids := len(f.ids("alerts")); float64(ids) != made {
		t.Errorf("%d different alerts came out, %v were counted", ids, made)
	}
	t.Logf("%d scrapes over %d reloads, %v matches, %v emitted, %v capped, %v duplicate", w.scrapes, reloads, s["fluent_detect_matches_total"+d+"}"],
		s["fluent_detect_outcomes_total"+d+`,outcome="emitted"}`], s["fluent_detect_outcomes_total"+d+`,outcome="capped"}`], s["fluent_detect_outcomes_total"+d+`,outcome="duplicate"}`])
	f.stop()
}

// Heartbeats go through the pipeline with the alerts' tag, also after a reload, and have
// the counters. With Match * they are read by the rules too, which ignore them. At the end
// none is reported as a lost alert.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("MATCH", "*", "SETTINGS", "Heartbeat 1s\n    Self_Test 1h"), "-Y")
	f.write("in1.json", pushes(0, 3)+otherEvents(2)+pushes(0, 1))
	f.run()
	// wantBeat waits for a heartbeat with these counters, and checks that it is the latest.
	wantBeat := func(emitted float64) (sequence float64) {
		t.Helper()
		f.wait(fmt.Sprintf("a heartbeat after %v alerts", emitted), 20*time.Second, func() bool {
			for line := range strings.Lines(f.read("alerts")) {
				var record struct {
					Event struct{ Kind, Dataset string }
					Own   struct {
						Heartbeat map[string]any
					} `json:"fluent_detect"`
				}
				if json.Unmarshal([]byte(line), &record) != nil || record.Event.Dataset != "fluent_detect.heartbeat" || record.Event.Kind != "metric" {
					continue
				}
				beat := record.Own.Heartbeat
				if n := beat["sequence"].(float64); n <= sequence { // what a reload hands over again
					continue
				} else if sequence = n; beat["emitted"] == emitted && beat["status"] == "ok" && beat["matched"].(float64) > emitted {
					return true
				}
			}
			return false
		})
		return sequence
	}
	before := wantBeat(3)
	f.signal(syscall.SIGHUP)
	f.wantLog("[reload] successful reload done")
	f.append("in1.json", pushes(3, 1))
	if after := wantBeat(4); after <= before {
		t.Errorf("heartbeat %v came after heartbeat %v", after, before)
	}
	f.wait("the alerts", 20*time.Second, func() bool { return len(f.ids("alerts")) == 4 })
	f.stop()
	if strings.Contains(f.read("log"), `"dataset":"fluent_detect.heartbeat"`) {
		t.Error("a heartbeat was written to stderr as a lost alert")
	}
}

// A port that is in use prevents the start, and the log says why.
func TestMetricsPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := start(t, pipeline("SETTINGS", "Metrics_Listen "+l.Addr().String()))
	f.wantLog("metrics_listen: " + l.Addr().String() + " is in use by another process")
	f.wantEnd(255)
}
