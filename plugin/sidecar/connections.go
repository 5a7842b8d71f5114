package sidecar

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// maxConnections is the maximum number of connections of clients. It is less if
	// the process may open few files: the rest is for alerts, and for files.
	maxConnections = 512
	// minSilence is how long a new connection may be silent before it can be closed in
	// favour of another.
	minSilence = time.Second
	// writeTimeout is how long a client may take to read what was sent.
	writeTimeout = 30 * time.Second
)

// connections are the open connections of clients, over all listeners. If there are too
// many, one on which no request is being served is closed in favour of a new one.
type connections struct {
	max, perClient int
	log            logger.Log // rate-limited

	refused atomic.Uint64

	mu      sync.Mutex
	open    map[*connection]struct{}
	clients map[clientKey]int
}

// newConnections returns a bound of that many, or of connectionLimit if it is 0.
func newConnections(most int, log logger.Log) *connections {
	if most == 0 {
		most = connectionLimit()
	}
	return &connections{max: most, perClient: share(most), log: log.Limited(), open: map[*connection]struct{}{}, clients: map[clientKey]int{}}
}

// connection is a connection of a client.
type connection struct {
	net.Conn
	all    *connections
	client clientKey
	state  http.ConnState // guarded by all.mu
	since  time.Time      // when that began
}

// Write is that of the connection, and fails if the client does not read.
func (c *connection) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close closes the connection, which then no longer counts.
func (c *connection) Close() error {
	c.all.mu.Lock()
	c.all.remove(c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// listener returns a listener whose connections are counted.
func (a *connections) listener(l net.Listener) net.Listener { return &countedListener{l, a} }

type countedListener struct {
	net.Listener
	all *connections
}

// Accept returns the next connection that is not one too many.
func (l *countedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if one, ok := l.all.add(c); ok {
			return one, nil
		}
		l.all.refused.Add(1)
		l.all.log.Warnf("from %s: the connection is closed: there are too many", c.RemoteAddr())
		_ = c.Close()
	}
}

// add adds a connection, or returns false if it is one too many.
func (a *connections) add(raw net.Conn) (c *connection, ok bool) {
	now := time.Now()
	c = &connection{Conn: raw, all: a, client: clientOf(raw.RemoteAddr().String()), state: http.StateNew, since: now}
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.clients[c.client] >= a.perClient || len(a.open) >= a.max {
		old := a.idlest(now, c.client, a.clients[c.client] >= a.perClient)
		if old == nil {
			return nil, false
		}
		a.remove(old)
		_ = old.Conn.Close()
	}
	a.open[c] = struct{}{}
	a.clients[c.client]++
	return c, true
}

// idlest returns the connection that can best be closed: of that client, or else of the
// client with the most, one that has been idle for longest, or else one that was silent
// since it was opened. It returns nil if there is none.
func (a *connections) idlest(now time.Time, client clientKey, own bool) (best *connection) {
	better := func(c *connection) bool {
		switch {
		case best == nil:
			return true
		case a.clients[c.client] != a.clients[best.client]:
			return a.clients[c.client] > a.clients[best.client]
		case c.state != best.state:
			return c.state == http.StateIdle
		}
		return c.since.Before(best.since)
	}
	for c := range a.open {
		idle := c.state == http.StateIdle || c.state == http.StateNew && now.Sub(c.since) >= minSilence
		if idle && (!own || c.client == client) && better(c) {
			best = c
		}
	}
	return best
}

// remove removes a connection. a.mu is locked.
func (a *connections) remove(c *connection) {
	if _, ok := a.open[c]; !ok {
		return
	}
	delete(a.open, c)
	if a.clients[c.client]--; a.clients[c.client] == 0 {
		delete(a.clients, c.client)
	}
}

// note is the ConnState of a server.
func (a *connections) note(c net.Conn, state http.ConnState) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	one, ok := c.(*connection)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	one.state, one.since = state, time.Now()
}

// count returns how many connections there are.
func (a *connections) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.open)
}
