package sidecar

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxWaiting is the maximum number of requests that wait to be read.
	maxWaiting = 256
	// checkSlow is how often a request that waits looks for a body that is slow.
	checkSlow = 100 * time.Millisecond
)

// slots are the places for requests that are being read. A client may have three quarters
// of them. While requests wait, one whose body is slow has to go.
type slots struct {
	total, perClient int

	mu      sync.Mutex
	used    int
	clients map[clientKey]int
	waiting []*waiter // in order
	bodies  map[*body]clientKey
}

type waiter struct {
	client clientKey
	ready  chan struct{} // closed when it has a slot
}

func newSlots(total int) *slots {
	return &slots{total: total, perClient: share(total), clients: map[clientKey]int{}, bodies: map[*body]clientKey{}}
}

// acquire waits for a slot, for a limited time.
func (s *slots) acquire(ctx context.Context, client clientKey, timeout time.Duration) bool {
	w := &waiter{client, make(chan struct{})}
	if !s.enqueue(w) {
		return s.giveUp(w)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	ticker := time.NewTicker(checkSlow)
	defer ticker.Stop()
	for {
		select {
		case <-w.ready:
			return true
		case <-ticker.C:
			s.interruptSlow(client)
			continue
		case <-timer.C:
		case <-ctx.Done():
		}
		return s.giveUp(w)
	}
}

// enqueue adds a waiter, which may get a slot at once. It returns false if it must not
// wait.
func (s *slots) enqueue(w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, w)
	s.grant()
	own := 0
	for _, x := range s.waiting {
		if x.client == w.client {
			own++
		}
	}
	return len(s.waiting) <= maxWaiting && own <= share(maxWaiting)
}

// giveUp ends the waiting, and reports whether there was a slot meanwhile.
func (s *slots) giveUp(w *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(x *waiter) bool { return x == w })
	select {
	case <-w.ready:
		return true
	default:
		return false
	}
}

// grant gives free slots to those who have waited longest. s.mu is locked.
func (s *slots) grant() {
	s.waiting = slices.DeleteFunc(s.waiting, func(w *waiter) bool {
		if s.used >= s.total || s.clients[w.client] >= s.perClient {
			return false
		}
		s.used++
		s.clients[w.client]++
		close(w.ready)
		return true
	})
}

// release frees the slot of a client.
func (s *slots) release(client clientKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	if s.clients[client]--; s.clients[client] == 0 {
		delete(s.clients, client)
	}
	s.grant()
}

// inUse returns how many slots are in use.
func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// begin adds a body that is being read in a slot.
func (s *slots) begin(b *body, client clientKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[b] = client
}

// end removes it.
func (s *slots) end(b *body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bodies, b)
}

// interruptSlow interrupts the slowest body in a slot that the client could have, if it
// is too slow.
func (s *slots) interruptSlow(client clientKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.clients[client] >= s.perClient
	var slowest *body
	var lowest float64
	for b, owner := range s.bodies {
		if own && owner != client {
			continue
		}
		if rate, slow := b.slow(); slow && (slowest == nil || rate < lowest) {
			slowest, lowest = b, rate
		}
	}
	if slowest != nil {
		slowest.interrupt()
		delete(s.bodies, slowest)
	}
}
