package sidecar

import "time"

// times are how long things may take.
type times struct {
	read       time.Duration // for a client to send the next bytes of a body
	place      time.Duration // to wait for a place to read a body
	idle       time.Duration // without a request, at the end
	drain      time.Duration // to serve on, at the end
	requests   time.Duration // for requests in hand when nothing more is taken
	flush      time.Duration // to deliver what there is, at the end
	firstDelay time.Duration // before alerts are sent again
	lastDelay  time.Duration // the same after many failures
}

// usualTimes end a sidecar within the 60 seconds that Vector and systemd give it.
var usualTimes = times{
	read:       30 * time.Second,
	place:      5 * time.Second,
	idle:       5 * time.Second,
	drain:      50 * time.Second,
	requests:   2 * time.Second,
	flush:      4 * time.Second,
	firstDelay: 200 * time.Millisecond,
	lastDelay:  20 * time.Second,
}
