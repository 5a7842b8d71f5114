package aws

import "sync"

// once remembers what has happened before, up to a limit.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

const maxOnce = 1000

// first reports whether something happens for the first time.
func (o *once) first(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[what] || len(o.seen) >= maxOnce {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[what] = true
	return true
}
