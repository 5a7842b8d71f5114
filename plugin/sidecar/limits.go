package sidecar

import (
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/host"
)

// limits are durations and sizes that differ in tests.
type limits struct {
	// connections is the maximum number of connections of clients; 0: connectionLimit.
	connections int

	outbox   int           // bytes of undelivered alerts; beyond that the response is 503
	read     time.Duration // to wait for the next bytes of a body
	slot     time.Duration // to wait until a body may be read
	event    time.Duration // to evaluate an event of EventBridge
	pace     pace          // of every body
	longPace pace          // of a body from the beginning of a very long line or value on
	// sharedPace is that of every body while others wait.
	sharedPace pace
	idle       time.Duration // without requests, before Drain ends
	drain      time.Duration // Drain altogether
	requests   time.Duration // to wait in Stop for requests that are being read
	flush      time.Duration // to deliver alerts in Stop
	minDelay   time.Duration // before alerts are sent again; 0: the defaults of package delivery
	maxDelay   time.Duration // the same after many failures
	minRetry   time.Duration // before records of objects are evaluated again
	maxRetry   time.Duration // the same after many failures
}

// defaultLimits end a sidecar within the 60 seconds that Vector and systemd allow.
var defaultLimits = limits{
	outbox: host.MaxOutbox,
	read:   30 * time.Second,
	slot:   5 * time.Second,
	event:  2 * time.Second,

	pace:       pace{30 * time.Second, 1 << 10},
	longPace:   pace{10 * time.Second, 256 << 10},
	sharedPace: pace{2 * time.Second, 16 << 10},

	idle:     5 * time.Second,
	drain:    50 * time.Second,
	requests: 2 * time.Second,
	flush:    4 * time.Second,
	minRetry: 100 * time.Millisecond,
	maxRetry: 5 * time.Second,
}

// pace is how slowly a body may arrive: what is waited for the client altogether is at
// most a grace period and what its bytes take at a minimum rate.
type pace struct {
	grace time.Duration
	rate  int64 // bytes per second
}

// left returns how much longer may be waited, after so many bytes in that time.
func (p pace) left(bytes int64, waited time.Duration) time.Duration {
	return p.grace + time.Duration(float64(bytes)/float64(p.rate)*float64(time.Second)) - waited
}
