package instance

import (
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// TestStop: which acknowledgements stand when an input ends, by what came before.
func TestStop(t *testing.T) {
	const ms = time.Millisecond
	type call struct {
		at     time.Duration // the seconds are those of the monotonic clock
		whose  Whose
		resume bool
	}
	pause := func(at time.Duration) call { return call{at: at, whose: Own} }
	resume := func(at time.Duration) call { return call{at, Own, true} }
	for _, c := range []struct {
		name  string
		calls []call
		want  time.Duration // for an end at 10010 ms
	}{
		{"no pause", nil, 10010*ms - outbox.Grace},
		{"a stop or a reload", []call{pause(9300 * ms), pause(10001 * ms)}, 9600 * ms},
		{"the input's thread was late", []call{pause(9300 * ms), pause(10009 * ms)}, 9600 * ms},
		{"chunks that took longer", []call{pause(6300 * ms), pause(10001 * ms)}, 9600 * ms},
		{"after back-pressure that has ended", []call{pause(5000 * ms), resume(6000 * ms), pause(9300 * ms), pause(10001 * ms)}, 9600 * ms},
		{"during back-pressure", []call{pause(5000 * ms)}, 5000*ms - outbox.Grace},
		{"paused for another reason before", []call{pause(5000 * ms), pause(9300 * ms), pause(10001 * ms)}, 5000*ms - outbox.Grace},
		{"back-pressure between stop and end", []call{pause(9300 * ms), pause(9501 * ms)}, 8600 * ms},
		{"two stops", []call{pause(8900 * ms), pause(9300 * ms), pause(10001 * ms)}, 8900*ms - outbox.Grace},
		{"a host that does not say which input", []call{{9300 * ms, Unknown, false}, {10001 * ms, Unknown, false}}, 9300*ms - outbox.Grace},
		{"another input that was never asked for alerts", []call{pause(9300 * ms), {10001 * ms, Unknown, false}}, 9300*ms - outbox.Grace},
	} {
		start := time.Unix(1_790_000_000, 123)
		var x stop
		for _, call := range c.calls {
			if call.resume {
				if !x.resume() {
					t.Errorf("%s: there was no pause", c.name)
				}
				continue
			}
			x.pause(call.whose, start.Add(call.at), call.at%time.Second)
		}
		if got := x.arrived(start.Add(10010 * ms)).Sub(start); got != c.want {
			t.Errorf("%s: acknowledgements up to %v stand, want %v", c.name, got, c.want)
		}
	}
	var x stop
	now := time.Now()
	x.pause(Own, now, -1)
	x.pause(Own, now, -1)
	if got := x.arrived(now); !got.Equal(now.Add(-outbox.Grace)) {
		t.Errorf("without the clock acknowledgements up to %v before the end stand", now.Sub(got))
	}
}
