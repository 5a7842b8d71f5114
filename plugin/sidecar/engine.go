package sidecar

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/ruletest"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// engine is the detector, whose rules can be replaced while it is in use.
type engine struct {
	config settings.Detector
	host   detector.Host
	log    Log

	reloads sync.Mutex   // one at a time
	mu      sync.RWMutex // the Engine is in use, or replaced
	current *detector.Engine
	rules   *ruleset.Set
}

// loadRules reads the rules and exceptions that are configured.
func loadRules(c settings.Detector) (*ruleset.Set, error) {
	rules, err := ruleset.Load(c.Rules)
	if err != nil {
		return nil, ruleset.KeyError(err)
	}
	if c.Exceptions != "" {
		if err := rules.LoadExceptions(c.Exceptions); err != nil {
			return nil, fmt.Errorf("exceptions: %w", err)
		}
	}
	if c.RuleTests {
		if err := ruletest.Run(rules); err != nil {
			return nil, fmt.Errorf("rule_tests: %w", err)
		}
	}
	return rules, nil
}

func newEngine(c settings.Detector, rules *ruleset.Set, host detector.Host, log Log) (*engine, error) {
	c.ReadAll = true // the JSON has been read anyway, and dead letters come of what was read
	e := &engine{config: c, host: host, log: log, rules: rules}
	var err error
	if e.current, err = detector.New(c.Config, rules, host); err != nil {
		return nil, err
	}
	e.introduce()
	return e, nil
}

// introduce logs the rules that are in force, and what in them does nothing.
func (e *engine) introduce() {
	e.log(Info, fmt.Sprintf("%s loaded, %d skipped", count(len(e.rules.Rules), "rule"), len(e.rules.Skipped)))
	for _, s := range e.rules.Skipped {
		e.log(Info, "skipped "+s.String())
	}
	for _, line := range append(e.rules.Warnings, e.rules.Expired(time.Now())...) {
		e.log(Warn, line)
	}
}

// scan evaluates a chunk.
func (e *engine) scan(tag string, chunk []byte) (detector.Result, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.current.Scan(tag, chunk)
}

func (e *engine) panicked(tag string, reason any) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.current.Panicked(tag, reason)
}

// reload reads the rules anew. When they cannot be used, those in force stay.
func (e *engine) reload() {
	e.reloads.Lock()
	defer e.reloads.Unlock()
	rules, err := loadRules(e.config)
	if err == nil {
		err = e.replace(rules)
	}
	if err != nil {
		e.log(Error, err.Error())
		e.log(Error, "the rules cannot be used: those from before stay in force")
		return
	}
	e.log(Info, "the rules were read anew")
	e.introduce()
}

// replace puts other rules in force, between two chunks.
func (e *engine) replace(rules *ruleset.Set) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current.Close(false)
	next, err := detector.New(e.config.Config, rules, e.host)
	if err == nil {
		e.current, e.rules = next, rules
		return nil
	}
	// The state goes on with one Engine, and the last one is closed.
	again, cannot := detector.New(e.config.Config, e.rules, e.host)
	if cannot != nil {
		return errors.Join(err, cannot)
	}
	e.current = again
	return err
}

// close ends the Engine; what was held back comes out as summary alerts.
func (e *engine) close() {
	e.reloads.Lock()
	defer e.reloads.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current.Close(true)
}

// openStore opens the directory of state, nil when none is configured, and puts
// the alerts that wait there in the outbox.
func openStore(c settings.Detector, box *outbox.Box, log Log) (*store.Store, error) {
	if c.StatePath == "" {
		return nil, nil
	}
	s, err := store.Open(c.StatePath, func(line string) { log(Warn, "state_path: "+line) })
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	alerts, numbers, err := s.Alerts(c.Channel)
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("state_path: %w", err)
	}
	if len(alerts) > 0 {
		box.Restore(alerts, s, numbers)
		log(Info, fmt.Sprintf("state_path: %s were not delivered before and are now", count(len(alerts), "alert")))
	}
	names, err := s.Channels()
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("state_path: %w", err)
	}
	for _, name := range names {
		if name != c.Channel {
			log(Warn, fmt.Sprintf("state_path: there are alerts of channel %q that were not delivered; start with that channel to deliver them", name))
		}
	}
	return s, nil
}
