package instance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// maxOutbox is how many bytes of undelivered alerts a channel holds before
// flushes are answered with "retry later".
const maxOutbox = 256 << 20

// Registry holds what outlives instances.
type Registry struct {
	observer alert.Observer

	mu       sync.Mutex
	channels map[string]*channel
	names    map[string]int // instances opened since the plugin was registered, by plugin
	open     int            // instances that are open
}

// channel is what outputs and inputs of one channel share.
type channel struct {
	box     *outbox.Box
	states  []*detector.State
	outputs []*Output // open, in the order of opening
}

// NewRegistry returns an empty registry for a process that introduces itself
// as that observer.
func NewRegistry(o alert.Observer) *Registry {
	return &Registry{observer: o, channels: map[string]*channel{}, names: map[string]int{}}
}

// Registered notes that Fluent Bit registered the plugin of that name: its
// instances are counted from 0 again.
func (r *Registry) Registered(plugin string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[plugin] = 0
}

// Name returns the name that Fluent Bit gives to the instance that is opened
// next, "detect.0", unless it has an alias.
func (r *Registry) Name(plugin string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[plugin]
	r.names[plugin]++
	return fmt.Sprintf("%s.%d", plugin, n)
}

// channel returns the channel of that name. The lock is held.
func (r *Registry) channel(name string) *channel {
	c, ok := r.channels[name]
	if !ok {
		c = &channel{box: outbox.New(name, maxOutbox)}
		r.channels[name] = c
	}
	return c
}

// taken lists the channels that inputs take. The lock is held.
func (r *Registry) taken() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.channels)) {
		if r.channels[name].box.HasTakers() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "there is no [INPUT] with Name detect_alerts"
	}
	return "the inputs take " + strings.Join(names, ", ")
}

// Undelivered returns the alerts that no input has delivered, once the last
// instance is closed, and nothing before.
func (r *Registry) Undelivered() []outbox.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open > 0 {
		return nil
	}
	var all []outbox.Alert
	for _, name := range slices.Sorted(maps.Keys(r.channels)) {
		all = append(all, r.channels[name].box.Undelivered()...)
	}
	return all
}
