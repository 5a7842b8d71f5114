package instance

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Broken chunks are logged with their number, but not each of them.
func TestBrokenChunksDoNotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		in := h.mustInput("detect_alerts.0")
		out := h.mustOutput("detect.0")
		before := len(h.log)
		for range 1000 {
			if a := out.Flush("x", []byte{0xc1}); a != AnswerError {
				t.Fatalf("a broken chunk is answered with %d", a)
			}
		}
		if n := len(h.log) - before; n == 0 || n > 10 {
			t.Errorf("%d lines in the log for 1000 broken chunks", n)
		}
		h.wantLog(`chunk of tag "x": msgpack broken at byte 0: 0xc1 begins no msgpack value`)
		time.Sleep(time.Minute)
		out.Flush("x", []byte{0xc1})
		if last := h.log[len(h.log)-1]; !strings.HasSuffix(last, "; and 995 more since the last such message") {
			t.Errorf("the last line is %s", last)
		}
		if n := len(in.Collect()); n == 0 || n > 5 {
			t.Errorf("%d error records", n)
		}
		out.Close(false)
		h.wantLog("broken_chunks=1001")
	})
}
