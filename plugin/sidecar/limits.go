package sidecar

import (
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/host"
)

// limits are durations and sizes that differ in tests.
type limits struct {
	outbox   int           // bytes of undelivered alerts; beyond that the response is 503
	read     time.Duration // to wait for the next bytes of a body
	slot     time.Duration // to wait until a body may be read
	idle     time.Duration // without requests, before Drain ends
	drain    time.Duration // Drain altogether
	requests time.Duration // to wait in Stop for requests that are being read
	flush    time.Duration // to deliver alerts in Stop
	minDelay time.Duration // before alerts are sent again; 0: the defaults of package delivery
	maxDelay time.Duration // the same after many failures
}

// defaultLimits end a sidecar within the 60 seconds that Vector and systemd allow.
var defaultLimits = limits{
	outbox:   host.MaxOutbox,
	read:     30 * time.Second,
	slot:     5 * time.Second,
	idle:     5 * time.Second,
	drain:    50 * time.Second,
	requests: 2 * time.Second,
	flush:    4 * time.Second,
}
