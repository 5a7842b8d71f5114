package instance

import (
	"maps"
	"path/filepath"

	"github.com/fluent-detect/fluent-detect/detector/metrics"
	"github.com/fluent-detect/fluent-detect/plugin/aws"
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

// positions is a store of positions, a *files.Store or *aws.Positions, and the number of
// inputs that use it.
type positions struct {
	store interface{ Close() error }
	name  string // in the registry
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
	t.Input, err = trail.Open(setup, trail.Options{
		Intake: options, Counts: counts, Log: log, Learner: learners{r},
		OpenFiles:  func(dir string) (*files.Store, error) { return openPositions(t, "files", dir, files.OpenStore) },
		OpenBucket: func(dir string) (*aws.Positions, error) { return openPositions(t, "bucket", dir, aws.OpenPositions) },
	})
	if err != nil {
		t.closePositions()
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

// openPositions opens the positions of a kind in a directory, which several inputs may
// share. The registry's lock is held.
func openPositions[T interface{ Close() error }](t *CloudTrail, kind, dir string, open func(dir string, warn func(string)) (T, error)) (store T, err error) {
	r := t.registry
	if dir, err = filepath.Abs(dir); err != nil {
		return store, err
	}
	name := kind + ":" + dir
	p := r.positions[name]
	if p == nil {
		if store, err = open(dir, func(line string) { t.log.Warnf("state_path: %s", line) }); err != nil {
			return store, err
		}
		p = &positions{store: store, name: name}
		r.positions[name] = p
	}
	p.users++
	t.store = p
	return p.store.(T), nil
}

// closePositions closes the positions, unless another input uses them. The registry's lock is
// held.
func (t *CloudTrail) closePositions() {
	p := t.store
	if p == nil {
		return
	}
	t.store = nil
	if p.users--; p.users > 0 {
		return
	}
	delete(t.registry.positions, p.name)
	if err := p.store.Close(); err != nil {
		t.log.Errorf("state_path: %v", err)
	}
}

// Close ends the input. What is not confirmed is read again by the next one.
func (t *CloudTrail) Close() {
	t.Input.Close()
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	t.closePositions()
}

// appendTrails appends the metrics of all inputs to dst.
func (r *Registry) appendTrails(dst []byte) []byte {
	r.mu.Lock()
	all := maps.Clone(r.trailCounts)
	r.mu.Unlock()
	return metrics.AppendFamilies(dst, trail.Metrics(all))
}
