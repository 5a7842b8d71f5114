package instance

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const anyPort = "127.0.0.1:0"

// scrape requests the metrics at a configured address.
func (h *fakeHost) scrape(address string) string {
	h.t.Helper()
	x := &h.registry.exporter
	x.mu.Lock()
	e := x.endpoints[address]
	x.mu.Unlock()
	if e == nil {
		h.t.Fatalf("nothing listens at %s", address)
	}
	status, body := get(h.t, http.MethodGet, "http://"+e.at+"/metrics")
	if status != http.StatusOK {
		h.t.Fatalf("the answer is %d: %s", status, body)
	}
	return body
}

func get(t *testing.T, method, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func (h *fakeHost) wantMetric(address, sample string) {
	h.t.Helper()
	if text := h.scrape(address); !strings.Contains(text, "\n"+sample+"\n") {
		h.t.Errorf("there is no %s in\n%s", sample, text)
	}
}

// Two outputs show their counters at one address. No counter decreases or disappears
// before, during and after a reload.
func TestMetricsOverAReload(t *testing.T) {
	h := newHost(t)
	in := h.mustInput("detect_alerts.0")
	outs := []*Output{
		h.mustOutput("detect.0", "metrics_listen", anyPort), h.mustOutput("detect.1", "metrics_listen", anyPort), h.mustOutput("detect.2"),
	}
	h.wantLog("metrics_listen: http://127.0.0.1:")
	flush(t, outs[0], 1)
	flush(t, outs[0], 1)
	flush(t, outs[1], 2)
	flush(t, outs[2], 3)
	counted := func(emitted string) {
		t.Helper()
		h.wantMetric(anyPort, `fluent_detect_outcomes_total{channel="default",detector="default.0",outcome="emitted"} `+emitted)
		h.wantMetric(anyPort, `fluent_detect_outcomes_total{channel="default",detector="default.0",outcome="duplicate"} 1`)
		h.wantMetric(anyPort, `fluent_detect_rule_matches_total{channel="default",detector="default.1",rule="aws-ec2-instance-connect-ssh-public-key-uploaded"} 1`)
		if text := h.scrape(anyPort); strings.Contains(text, "default.2") {
			t.Error("an output without metrics_listen is shown")
		}
	}
	counted("1")
	for _, o := range outs {
		reload(in, o)
	}
	counted("1") // in the middle of the reload
	h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0", "metrics_listen", anyPort)
	counted("1")
	flush(t, out, 4)
	counted("2")
	h.mustOutput("detect.1", "metrics_listen", "") // switched off
	if text := h.scrape(anyPort); strings.Contains(text, "default.1") {
		t.Error("an output whose metrics were switched off is shown")
	}
	if n := len(h.registry.exporter.endpoints); n != 1 {
		t.Errorf("%d listeners, want 1", n)
	}
}

func TestWhatTheEndpointAnswers(t *testing.T) {
	h := newHost(t)
	h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0", "metrics_listen", anyPort)
	at := "http://" + h.registry.exporter.endpoints[anyPort].at
	for _, c := range []struct {
		method, path string
		status       int
	}{{"GET", "/metrics", 200}, {"HEAD", "/metrics", 200}, {"POST", "/metrics", 405}, {"GET", "/", 404}, {"GET", "/metrics/x", 404}} {
		if status, _ := get(t, c.method, at+c.path); status != c.status {
			t.Errorf("%s %s is answered with %d, want %d", c.method, c.path, status, c.status)
		}
	}
	out.Close(false)
	if status, body := get(t, "GET", at+"/metrics"); status != 0 {
		t.Errorf("after the end there is an answer: %d %s", status, body)
	}
}

// An unusable address prevents the start. On a reload it is logged, and the counters
// stay where they were.
func TestMetricsAddressInUse(t *testing.T) {
	other, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	taken := other.Addr().String()
	h := newHost(t)
	in := h.mustInput("detect_alerts.0")
	_, err = h.output("detect.0", "metrics_listen", taken)
	if err == nil || err.Error() != "metrics_listen: "+taken+" is in use by another process, or by another output in a different notation" {
		t.Errorf("the error is %v", err)
	}
	for _, bad := range []string{"2112", "host:port", "127.0.0.1:99999", "http://127.0.0.1:2112/metrics"} {
		if _, err := h.output("detect.0", "metrics_listen", bad); err == nil || !strings.Contains(err.Error(), "metrics_listen: ") {
			t.Errorf("%s: the error is %v", bad, err)
		}
	}
	out := h.mustOutput("detect.0", "metrics_listen", anyPort)
	flush(t, out, 1)
	reload(in, out)
	h.mustInput("detect_alerts.0")
	out = h.mustOutput("detect.0", "metrics_listen", taken)
	h.wantLog(taken + " is in use by another process")
	flush(t, out, 2)
	h.wantMetric(anyPort, `fluent_detect_matches_total{channel="default",detector="default.0"} 2`)
}

// A reload without an output: its counters are shown for another minute, and the
// listener is closed with the last of them.
func TestMetricsOfAnOutputThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x exporter
		x.endpoints = map[string]*endpoint{"a": {server: &http.Server{}}}
		box := outbox.New("c", 1)
		gone, again := detector.NewState(), detector.NewState()
		log := func(logger.Level, string) {}
		show := func(name string, s *detector.State) {
			if err := x.show("a", metrics.Detector{Channel: "c", Name: name, State: s, Outbox: box}, log); err != nil {
				t.Fatal(err)
			}
		}
		show("0", again)
		show("1", gone)
		x.leave(gone, true)
		x.leave(again, true)
		time.Sleep(10 * time.Second)
		show("0", again)
		want := func(n int) {
			t.Helper()
			synctest.Wait()
			x.mu.Lock()
			defer x.mu.Unlock()
			if e := x.endpoints["a"]; e == nil && n > 0 || e != nil && len(e.shown) != n {
				t.Fatalf("shown: %+v, want %d", e, n)
			}
		}
		want(2)
		time.Sleep(reloadTime)
		want(1)
		time.Sleep(10 * reloadTime)
		want(1)
		x.leave(again, true)
		time.Sleep(reloadTime)
		want(0)
		if len(x.endpoints) > 0 {
			t.Error("a listener is left that shows nothing")
		}
	})
}

// Concurrent scrapes, flushes and reloads, for the race detector.
func TestMetricsUnderLoad(t *testing.T) {
	h := newHost(t)
	in := h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0", "metrics_listen", anyPort)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if !strings.Contains(h.scrape(anyPort), "fluent_detect_matches_total") {
				t.Error("a gap in the counters")
				return
			}
		}
	})
	for round := range 20 {
		for i := range 20 {
			flush(t, out, round*20+i)
		}
		reload(in, out)
		in = h.mustInput("detect_alerts.0")
		out = h.mustOutput("detect.0", "metrics_listen", anyPort)
	}
	close(done)
	wg.Wait()
	h.wantMetric(anyPort, `fluent_detect_matches_total{channel="default",detector="default.0"} 400`)
}
