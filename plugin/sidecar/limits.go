package sidecar

import "time"

// limits are how long things may take, and how much there may be of them.
type limits struct {
	outbox   int           // bytes of undelivered alerts; beyond, bodies are answered with 503
	read     time.Duration // for a client to send the next bytes of a body
	place    time.Duration // to wait for a place to read a body
	idle     time.Duration // without a request, at the end
	drain    time.Duration // to serve on, at the end
	requests time.Duration // for requests in hand when nothing more is taken
	flush    time.Duration // to deliver what there is, at the end
	minDelay time.Duration // before alerts are sent again; 0: the default of delivery
	maxDelay time.Duration // the same after many failures
}

// usualLimits end a sidecar within the 60 seconds that Vector and systemd give it.
var usualLimits = limits{
	outbox:   256 << 20,
	read:     30 * time.Second,
	place:    5 * time.Second,
	idle:     5 * time.Second,
	drain:    50 * time.Second,
	requests: 2 * time.Second,
	flush:    4 * time.Second,
}
