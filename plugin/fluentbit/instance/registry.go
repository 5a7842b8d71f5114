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
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
)

// Registry holds what outlives instances.
type Registry struct {
	observer alert.Observer
	exporter exporter
	memory   host.Memory
	marks    *intake.Marks // of the records of cloudtrail inputs

	mu       sync.Mutex
	channels map[string]*channel
	stores   map[string]*store.Store   // by directory
	names    map[string]int            // number of instances since the plugin was registered, by plugin
	setups   map[string]setup          // of outputs, by instance
	inputs   map[string]settings.Input // likewise
	reloaded bool                      // there was a hot reload
	// Of cloudtrail inputs: their settings and counters by instance, and their
	// positions by kind and directory.
	trailSetups map[string]trailSetup
	trailCounts map[string]*trail.Counts
	positions   map[string]*positions
	open        int // number of open instances
}

// channel is what outputs and inputs of one channel share.
type channel struct {
	box     *outbox.Box
	states  []*detector.State
	outputs []*Output   // open ones, in the order in which they were opened
	forward *forwarding // nil: the alerts go to inputs
}

// NewRegistry returns an empty registry.
func NewRegistry(o alert.Observer) *Registry {
	r := &Registry{observer: o, exporter: exporter{version: o.Version}, channels: map[string]*channel{}, stores: map[string]*store.Store{}, names: map[string]int{},
		setups: map[string]setup{}, inputs: map[string]settings.Input{}, marks: intake.NewMarks(),
		trailSetups: map[string]trailSetup{}, trailCounts: map[string]*trail.Counts{}, positions: map[string]*positions{}}
	r.exporter.more = r.appendTrails
	return r
}

// Registered is called when Fluent Bit registers the plugin of that name: its
// instances are counted from 0 again.
func (r *Registry) Registered(plugin string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[plugin] = 0
}

// Name returns the name that Fluent Bit gives to the next instance of a plugin if
// it has no alias, such as "detect.0".
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

// describeInputs lists the channels that have inputs. The lock is held.
func (r *Registry) describeInputs() string {
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

// Finish releases everything if no instance is open. It returns the alerts that are
// neither delivered nor stored.
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
