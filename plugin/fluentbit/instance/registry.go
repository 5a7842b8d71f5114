package instance

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Registry holds what outlives instances.
type Registry struct {
	observer alert.Observer
	exporter exporter

	mu       sync.Mutex
	channels map[string]*channel
	stores   map[string]*store.Store   // by directory
	names    map[string]int            // instances opened since the plugin was registered, by plugin
	setups   map[string]setup          // of outputs, by instance
	inputs   map[string]settings.Input // likewise
	reloaded bool                      // instances were closed to be opened again
	open     int                       // instances that are open
}

// channel is what outputs and inputs of one channel share.
type channel struct {
	box     *outbox.Box
	states  []*detector.State
	outputs []*Output   // open, in the order of opening
	forward *forwarding // nil: to inputs
}

// NewRegistry returns an empty registry for a process that introduces itself
// as that observer.
func NewRegistry(o alert.Observer) *Registry {
	return &Registry{observer: o, exporter: exporter{version: o.Version}, channels: map[string]*channel{}, stores: map[string]*store.Store{}, names: map[string]int{},
		setups: map[string]setup{}, inputs: map[string]settings.Input{}}
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
		c = &channel{box: outbox.New(name, host.MaxOutbox)}
		r.channels[name] = c
	}
	return c
}

// taken lists the channels that inputs take. The lock is held.
func (r *Registry) taken() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.channels)) {
		if c := r.channels[name]; c.forward == nil && c.box.HasConsumers() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "there is no [INPUT] with Name detect_alerts"
	}
	return "the inputs take " + strings.Join(names, ", ")
}

// store returns the store in that directory, and opens it if necessary. The lock
// is held.
func (r *Registry) store(dir string, log logger.Log) (*store.Store, error) {
	if dir == "" {
		return nil, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if s, ok := r.stores[dir]; ok {
		return s, nil
	}
	s, err := host.OpenStore(dir, func(channel string) *outbox.Box { return r.channel(channel).box }, log)
	if err == nil {
		r.stores[dir] = s
	}
	return s, err
}

// Finish lets go of everything once the last instance is closed, and does
// nothing before. It returns the alerts that no input has delivered and that are
// not stored either.
func (r *Registry) Finish(log logger.Log) []outbox.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open > 0 {
		return nil
	}
	var all []outbox.Alert
	for _, name := range slices.Sorted(maps.Keys(r.channels)) {
		box := r.channels[name].box
		all = append(all, box.Undelivered()...)
		if n := box.Stored(); n > 0 {
			log.Infof("channel %q: %s wait in state_path for the next start", name, logger.Count(n, "alert"))
		}
	}
	for dir, s := range r.stores {
		if err := s.Close(); err != nil {
			log.Errorf("state_path: %s: %v", dir, err)
		}
	}
	r.exporter.close()
	clear(r.stores)
	clear(r.channels)
	return all
}
