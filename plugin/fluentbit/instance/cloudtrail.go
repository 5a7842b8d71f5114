package instance

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/files"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// CloudTrail is one [INPUT] cloudtrail.
type CloudTrail struct {
	*intake.Queue
	registry *Registry
	name     string
	source   source
	store    *positions // nil: none
	stats    *intake.Stats
	log      logger.Log
}

// source reads what a CloudTrail hands over.
type source interface {
	// Stop ends reading.
	Stop()
	// Close is called after the queue was closed.
	Close()
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
	config, patterns, err := readCloudTrail(get)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		last, reload := r.trailSetups[name]
		if !reload {
			return nil, err
		}
		log(logger.Error, err.Error())
		log(logger.Error, "the settings from before the reload stay in force")
		config, patterns = last.config, last.patterns
	}
	r.trailSetups[name] = trailSetup{config, patterns}
	t := &CloudTrail{registry: r, name: name, log: log, stats: new(intake.Stats)}
	if stats := r.trailStats[name]; stats != nil {
		t.stats = stats
	}
	r.trailStats[name] = t.stats
	if t.store, err = r.openPositions(config.StatePath, log); err != nil {
		return nil, &settings.KeyError{Key: "state_path", Err: err}
	}
	log(logger.Info, config.String())
	options := intake.Options{Marks: r.marks, InFlight: config.InFlight, Stats: t.stats, Log: log}
	if config.Appended {
		options.Acknowledge = intake.Appended
	}
	t.Queue = intake.NewQueue(options)
	t.source = files.Start(files.Options{Patterns: patterns, Insights: config.Insights, Store: t.store.Store, Queue: t.Queue, Stats: t.stats, Log: log})
	r.open++
	return t, nil
}

// trailSetup is the configuration of a cloudtrail input.
type trailSetup struct {
	config   settings.CloudTrail
	patterns []files.Pattern
}

func readCloudTrail(get settings.Getter) (settings.CloudTrail, []files.Pattern, error) {
	config, err := settings.ReadCloudTrail(get)
	if err != nil {
		return config, nil, err
	}
	patterns, err := files.ParsePatterns(config.Path)
	if err != nil {
		err = &settings.KeyError{Key: "path", Err: err}
	}
	return config, patterns, err
}

// openPositions opens the positions in a directory, which several inputs may share. The
// lock is held.
func (r *Registry) openPositions(dir string, log logger.Log) (*positions, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	p := r.positions[dir]
	if p == nil {
		store, err := files.OpenStore(dir, func(line string) { log.Warnf("state_path: %s", line) })
		if err != nil {
			return nil, err
		}
		p = &positions{Store: store, dir: dir}
		r.positions[dir] = p
	}
	p.users++
	return p, nil
}

// Close ends the input. What is not confirmed is read again by the next one.
func (t *CloudTrail) Close() {
	t.source.Stop()
	t.Queue.Close()
	t.source.Close()
	var objects []string
	for _, result := range intake.AllResults() {
		objects = append(objects, fmt.Sprintf("%s=%d", result, t.stats.Objects[result].Load()))
	}
	t.log.Infof("events=%d bytes=%d unreadable=%d objects: %s", t.stats.Events.Load(), t.stats.Bytes.Load(), t.stats.Unreadable.Load(), strings.Join(objects, " "))
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
