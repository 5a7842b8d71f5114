package instance

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Several workers flush while the engine's thread collects, acknowledges, is
// paused and scraped, with state on disk, over reloads: for the race detector.
// Flushed chunks are overwritten immediately, as the memory of a host may be.
func TestWorkers(t *testing.T) {
	const workers, rounds, each = 4, 4, 60
	h := newHost(t)
	state := []string{"state_path", filepath.Join(t.TempDir(), "state"), "max_alerts", "0", "heartbeat", "1s", "metrics_listen", anyPort}
	ids := map[string]int{}
	collect := func(in *Input) {
		for _, a := range in.Collect() {
			if !a.IsReport() {
				ids[a.ID]++
			}
		}
		in.Ack()
	}
	for round := range rounds {
		in := h.mustInput("detect_alerts.0")
		out := h.mustOutput("detect.0", state...)
		var working sync.WaitGroup
		var left atomic.Int64
		left.Store(workers)
		for worker := range workers {
			working.Go(func() {
				defer left.Add(-1)
				for i := range each {
					// Half of them are duplicates from another worker.
					chunk := push(t, (round*workers+worker/2)*each+i)
					if a := out.Flush("cloudtrail", chunk); a != AnswerOK {
						t.Errorf("the flush is answered with %d", a)
					}
					clear(chunk)
				}
			})
		}
		for left.Load() > 0 {
			collect(in)
			in.Pause(Own)
			_ = h.scrape(anyPort)
			in.Resume(Own)
		}
		working.Wait()
		reload(in, out)
	}
	in := h.mustInput("detect_alerts.0")
	out := h.mustOutput("detect.0", state...)
	const want = rounds * workers / 2 * each
	for end := time.Now().Add(10 * time.Second); len(ids) < want && time.Now().Before(end); {
		collect(in)
	}
	reload(in, out)
	if len(ids) != want {
		t.Errorf("%d different alerts, want %d", len(ids), want)
	}
}
