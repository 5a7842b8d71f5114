package report

import (
	"slices"
	"testing"
	"time"
)

// A timeline has at most maxBars bars, of a length that people know, and all alerts,
// whatever the times.
func TestTimeline(t *testing.T) {
	f := func(times []int64, wantBars int, wantLength time.Duration) {
		t.Helper()
		all := newTimeline()
		for _, at := range times {
			all.add(at, 2)
		}
		bars, length := all.bars(slices.Min(times), slices.Max(times))
		n := uint64(0)
		for _, b := range bars {
			n += b.counts[2]
		}
		if n != uint64(len(times)) || len(bars) > maxBars || len(bars) != wantBars || length != wantLength.Milliseconds() {
			t.Errorf("%d bars of %d ms with %d alerts, want %d of %v with %d", len(bars), length, n, wantBars, wantLength, len(times))
		}
	}
	const day = 24 * time.Hour
	f([]int64{5000}, 1, time.Second)
	f([]int64{0, 60_000}, 61, time.Second)
	f([]int64{-1, 0}, 2, time.Second)
	f([]int64{0, day.Milliseconds()}, 49, 30*time.Minute)
	f([]int64{-62135596800000, 253402300799000}, 64, 58_400*day)
	var hourly []int64
	for i := range int64(20_000) {
		hourly = append(hourly, i*time.Hour.Milliseconds())
	}
	f(hourly, 60, 14*day)
}
