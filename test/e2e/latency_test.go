package e2e

import (
	"slices"
	"testing"
	"time"
)

// From the line in the file to the alert in the other file, with Flush 0.2.
func TestLatency(t *testing.T) {
	const n = 15
	f := start(t, pipeline("SETTINGS", "Max_Alerts 0"))
	f.append("in1.json", pushes(0, 1))
	f.wait("the first alert", 20*time.Second, func() bool { return f.lines("alerts") == 1 })
	var took []time.Duration
	for i := 1; i <= n; i++ {
		time.Sleep(time.Duration(300+i*37) * time.Millisecond) // at no fixed phase of the host's timers
		began := time.Now()
		f.append("in1.json", pushes(i, 1))
		for f.lines("alerts") <= i {
			if time.Since(began) > 10*time.Second {
				t.Fatal("no alert for 10 s")
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, time.Since(began))
	}
	f.stop()
	slices.Sort(took)
	median := took[n/2]
	t.Logf("line to alert: median %.2f s, from %.2f to %.2f s", median.Seconds(), took[0].Seconds(), took[n-1].Seconds())
	if limit := time.Second; median > limit { // 0.4 s is what to expect; machines that test are busy
		t.Errorf("the median is above %s", limit)
	}
}
