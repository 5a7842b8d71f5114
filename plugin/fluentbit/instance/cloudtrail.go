package instance

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/aws"
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
	counts   *trailCounts
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
	counts := r.trailCounts[name]
	if counts == nil {
		counts = new(trailCounts)
		r.trailCounts[name] = counts
	}
	t := &CloudTrail{registry: r, name: name, log: log, counts: counts}
	counts.queued.Store(config.QueueURL != "")
	log(logger.Info, config.String())
	options := intake.Options{Marks: r.marks, InFlight: config.InFlight, Stats: &counts.objects, Log: log}
	if config.Appended {
		options.Acknowledge = intake.Appended
	}
	t.Queue = intake.NewQueue(options)
	if counts.queued.Load() {
		err = t.readQueue(config)
	} else {
		err = t.readFiles(config, patterns)
	}
	if err != nil {
		t.Queue.Close()
		return nil, err
	}
	r.open++
	return t, nil
}

// startTime is how long the start of a queue may take.
const startTime = 10 * time.Second

func (t *CloudTrail) readQueue(c settings.CloudTrail) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	q, err := aws.StartQueue(ctx, aws.QueueOptions{
		URL: c.QueueURL,
		Account: aws.Account{Region: c.Region, Profile: c.Profile, RoleARN: c.RoleARN, ExternalID: c.ExternalID,
			Endpoint: c.Endpoint, SQSEndpoint: c.SQSEndpoint, STSEndpoint: c.STSEndpoint},
		Visibility: c.Visibility, Wait: c.Wait, Parallel: c.Parallel, Insights: c.Insights, Payer: c.RequestPayer,
		Queue: t.Queue, Stats: &t.counts.objects, Messages: &t.counts.messages, Log: t.log,
	})
	if err != nil {
		return err
	}
	t.source = q
	return nil
}

// readFiles reads files. The registry's lock is held.
func (t *CloudTrail) readFiles(c settings.CloudTrail, patterns []files.Pattern) (err error) {
	if t.store, err = t.registry.openPositions(c.StatePath, t.log); err != nil {
		return &settings.KeyError{Key: "state_path", Err: err}
	}
	t.source = files.Start(files.Options{Patterns: patterns, Insights: c.Insights, Store: t.store.Store, Queue: t.Queue, Stats: &t.counts.objects, Log: t.log})
	return nil
}

// trailCounts are the counters of a cloudtrail input, which continue after a reload.
type trailCounts struct {
	objects  intake.Stats
	messages aws.Messages
	queued   atomic.Bool // the input has a queue
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
	if config.Path == "" {
		return config, nil, nil
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
	o := &t.counts.objects
	var objects []string
	for _, result := range intake.AllResults() {
		objects = append(objects, fmt.Sprintf("%s=%d", result, o.Objects[result].Load()))
	}
	t.log.Infof("events=%d bytes=%d unreadable=%d objects: %s", o.Events.Load(), o.Bytes.Load(), o.Unreadable.Load(), strings.Join(objects, " "))
	if m := &t.counts.messages; t.counts.queued.Load() {
		t.log.Infof("messages: received=%d deleted=%d returned=%d ignored=%d unknown=%d", m.Received.Load(), m.Deleted.Load(), m.Returned.Load(), m.Ignored.Load(), m.Unknown.Load())
	}
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
