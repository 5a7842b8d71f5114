package sidecar

import (
	"context"
	"slices"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
)

// maxRecent is the number of alerts that recent keeps, and maxRecentSize the size in bytes
// from which on it keeps none: an alert is a few KB, as a rule.
const (
	maxRecent     = 20
	maxRecentSize = 256 << 10
)

// recent keeps the last alerts that a destination has accepted.
type recent struct {
	delivery.Destination
	mu     sync.Mutex
	alerts []outbox.Alert // the last one at the end
}

// Send sends the batch.
func (r *recent) Send(ctx context.Context, b delivery.Batch) (accepted int, err error) {
	accepted, err = r.Destination.Send(ctx, b)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b.Alerts[:accepted] {
		if a := b.Alerts[i]; !a.IsReport() && len(a.Record) <= maxRecentSize {
			r.alerts = append(r.alerts, a)
		}
	}
	if over := len(r.alerts) - maxRecent; over > 0 {
		r.alerts = slices.Delete(r.alerts, 0, over)
	}
	return accepted, err
}

// last returns the alerts, the last one first.
func (r *recent) last() []outbox.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.alerts)
	slices.Reverse(list)
	return list
}
