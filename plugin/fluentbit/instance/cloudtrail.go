package instance

import (
	"maps"
	"path/filepath"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/files"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/trail"
)

// CloudTrail is one [INPUT] cloudtrail.
type CloudTrail struct {
	*trail.Input
	registry *Registry
	store    *positions // nil: none
	log      logger.Log
}

// positions is a store of positions and the number of inputs that use it.
type positions struct {
	*files.Store
	dir   string
	users int
}

// OpenCloudTrail opens an input; name is Fluent Bit's name for the instance. Errors name
// the key. After a hot reload they are logged, and the previous settings stay in force.
func (r *Registry) OpenCloudTrail(name string, get settings.Getter, log logger.Log) (*CloudTrail, error) {
	setup, appended, err := readCloudTrail(get)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		last, reload := r.trailSetups[name]
		if !reload {
			return nil, err
		}
		log(logger.Error, err.Error())
		log(logger.Error, "the settings from before the reload stay in force")
		setup, appended = last.Setup, last.appended
	}
	r.trailSetups[name] = trailSetup{setup, appended}
	counts := r.trailCounts[name]
	if counts == nil {
		counts = new(trail.Counts)
		r.trailCounts[name] = counts
	}
	t := &CloudTrail{registry: r, log: log}
	log(logger.Info, setup.String())
	options := intake.Options{Marks: r.marks}
	if appended {
		options.Acknowledge = intake.Appended
	}
	t.Input, err = trail.Open(setup, trail.Options{Intake: options, Counts: counts, OpenStore: t.openStore, Log: log})
	if err != nil {
		return nil, err
	}
	r.open++
	return t, nil
}

// trailSetup is the configuration of a cloudtrail input.
type trailSetup struct {
	trail.Setup
	appended bool // what the host took counts as confirmed
}

func readCloudTrail(get settings.Getter) (setup trail.Setup, appended bool, err error) {
	config, err := settings.ReadCloudTrail(get)
	if err == nil {
		setup, err = trail.Check(config)
	}
	return setup, config.Appended, err
}

// openStore opens the positions in a directory, which several inputs may share. The
// registry's lock is held.
func (t *CloudTrail) openStore(dir string) (*files.Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	all := t.registry.positions
	p := all[dir]
	if p == nil {
		store, err := files.OpenStore(dir, func(line string) { t.log.Warnf("state_path: %s", line) })
		if err != nil {
			return nil, err
		}
		p = &positions{Store: store, dir: dir}
		all[dir] = p
	}
	p.users++
	t.store = p
	return p.Store, nil
}

// Close ends the input. What is not confirmed is read again by the next one.
func (t *CloudTrail) Close() {
	t.Input.Close()
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if p := t.store; p != nil {
		if p.users--; p.users == 0 {
			delete(r.positions, p.dir)
			if err := p.Store.Close(); err != nil {
				t.log.Errorf("state_path: %v", err)
			}
		}
	}
}

// appendTrails appends the metrics of all inputs to dst.
func (r *Registry) appendTrails(dst []byte) []byte {
	r.mu.Lock()
	all := maps.Clone(r.trailCounts)
	r.mu.Unlock()
	return metrics.AppendFamilies(dst, trail.Metrics(all))
}
