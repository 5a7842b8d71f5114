package forward

import (
	"math/rand/v2"
	"time"
)

const (
	minDelay = 200 * time.Millisecond
	maxDelay = 30 * time.Second
)

// delay returns how long to wait after that many failures in a row: the double
// each time, and up to half as much again, so that many senders do not come
// back at the same moment.
func delay(failures int) time.Duration {
	d := minDelay << min(max(failures, 1)-1, 10)
	return min(d+rand.N(d/2), maxDelay-rand.N(maxDelay/3))
}
