package hold

import (
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	throttle := NewThrottle(Rate{Max: 2, Per: time.Minute})
	begin := time.Unix(1_000_000, 0)
	for _, step := range []struct {
		after  time.Duration
		missed uint64
		ok     bool
	}{
		{0, 0, true}, {1, 0, true}, {2, 0, false}, {59 * time.Second, 0, false},
		{time.Minute, 2, true}, {61 * time.Second, 0, true}, {62 * time.Second, 0, false},
		{time.Hour, 1, true},
		{0, 0, true}, // the clock was set back
	} {
		if missed, ok := throttle.Pass(begin.Add(step.after)); missed != step.missed || ok != step.ok {
			t.Errorf("after %s: %d missed, pass %v, want %d, %v", step.after, missed, ok, step.missed, step.ok)
		}
	}
}
