package delivery

import (
	"math/rand/v2"
	"time"
)

const (
	// logEvery is how often a failure that persists is logged.
	logEvery = 5 * time.Minute
	// logAgain is how soon a failure that was over is logged again.
	logAgain = 10 * time.Second
)

// outage counts consecutive failures and decides which of them are logged: a
// receiver that is down for a day, or goes up and down, must not fill the log.
type outage struct {
	failures int
	since    time.Time
	reported bool // a failure of this outage was logged
	lastTime time.Time
	last     string // the failure that was logged last, at lastTime
}

// fail records a failure and reports whether it should be logged.
func (o *outage) fail(text string) bool {
	now := time.Now()
	if o.failures++; o.failures == 1 {
		o.since = now
	}
	interval := logAgain
	if o.reported {
		interval = logEvery
	}
	if text == o.last && now.Sub(o.lastTime) < interval {
		return false
	}
	o.reported, o.lastTime, o.last = true, now, text
	return true
}

// end ends the outage. It returns how long it lasted, and whether it was logged.
func (o *outage) end() (d time.Duration, reported bool) {
	d, reported = time.Since(o.since).Round(100*time.Millisecond), o.reported
	o.failures, o.reported = 0, false
	return d, reported
}

// delay returns how long to wait after that many failures: twice as long each time
// up to a maximum, plus up to half of it at random, so that many senders do not
// retry at the same moment.
func delay(failures int, minDelay, maxDelay time.Duration) time.Duration {
	d := min(minDelay<<min(max(failures, 1)-1, 16), maxDelay)
	return d + rand.N(d/2+1)
}
