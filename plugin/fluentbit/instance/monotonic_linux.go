package instance

import (
	"time"

	"golang.org/x/sys/unix"
)

// intoSecond returns how far the monotonic clock is into its second, or a negative number
// if that is unknown.
func intoSecond() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return -1
	}
	return time.Duration(t.Nsec)
}
