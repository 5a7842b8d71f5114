package instance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/ruletest"
	"github.com/fluent-detect/fluent-detect/plugin/forward"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Answer is what a flush answers Fluent Bit, with its numbers.
type Answer int

// The answers.
const (
	AnswerError Answer = 0 // the chunk is given up
	AnswerOK    Answer = 1
	AnswerRetry Answer = 2 // the chunk is to be flushed again later
)

// Output is one [OUTPUT] detect.
type Output struct {
	registry *Registry
	channel  *channel
	engine   *detector.Engine
	state    *detector.State
	rules    []*ruleset.Rule
	forwards bool // it is a user of the channel's forwarding
	log      Log
	retries  sparse
	errors   sparse
}

// setup is what the user configured for one output, read and checked.
type setup struct {
	config   settings.Detector
	rules    *ruleset.Set
	receiver forward.Config // with forward_to
}

// readSetup reads the keys, and the files that they name. Errors say which key
// has which value and what is allowed.
func readSetup(get settings.Getter, hostname string) (s setup, err error) {
	if s.config, err = settings.ReadDetector(get); err != nil {
		return s, err
	}
	if s.rules, err = ruleset.Load(s.config.Rules); err != nil {
		return s, ruleset.KeyError(err)
	}
	if s.config.Exceptions != "" {
		if err := s.rules.LoadExceptions(s.config.Exceptions); err != nil {
			return s, fmt.Errorf("exceptions: %w", err)
		}
	}
	if s.config.RuleTests {
		if err := ruletest.Run(s.rules); err != nil {
			return s, fmt.Errorf("rule_tests: %w", err)
		}
	}
	if s.config.Forward != nil {
		if s.receiver, err = forward.NewConfig(s.config.Forward, hostname); err != nil {
			return s, err
		}
	}
	return s, nil
}

// setup returns what is configured for the output of that name. After a hot
// reload what was in force before stays when the new cannot be used: to refuse
// would end Fluent Bit.
func (r *Registry) setup(name string, get settings.Getter, log Log) (setup, error) {
	s, err := readSetup(get, r.observer.Hostname)
	r.mu.Lock()
	defer r.mu.Unlock()
	last, reload := r.setups[name]
	if err != nil && reload {
		log(Error, err.Error())
		log(Error, "the new configuration cannot be used: the settings and rules from before the reload stay in force")
		return last, nil
	}
	if err == nil {
		r.setups[name] = s
	}
	return s, err
}

// OpenOutput makes the output that the configuration describes; the name is
// Fluent Bit's for the instance. Fluent Bit opens all inputs before the first
// output, so it is known then where the alerts of a channel go; what does not fit
// together is an error, except after a reload.
// Errors say which key has which value and what is allowed.
func (r *Registry) OpenOutput(name string, get settings.Getter, log Log, lost func(outbox.Alert)) (*Output, error) {
	s, err := r.setup(name, get, log)
	if err != nil {
		return nil, err
	}
	config, rules := s.config, s.rules
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channel(config.Channel)
	if err := r.checkRoute(config.Channel, config.Forward); err != nil {
		if !r.reloaded {
			return nil, err
		}
		log(Error, err.problem+"; "+err.instead)
	}
	store, err := r.store(config.StatePath, log)
	if err != nil {
		return nil, fmt.Errorf("state_path: %w", err)
	}
	n := len(c.outputs)
	if n == len(c.states) {
		c.states = append(c.states, detector.NewState())
	}
	o := &Output{registry: r, channel: c, state: c.states[n], rules: rules.Rules, log: log, retries: newSparse(), errors: newSparse()}
	if err := o.show(config, n); err != nil {
		if !r.reloaded {
			return nil, err
		}
		log(Error, err.Error()+"; the counters are shown where they were before the reload, if anywhere")
	}
	o.engine, err = detector.New(config.Config, rules, detector.Host{
		Outbox:   c.box,
		Observer: r.observer,
		State:    o.state,
		Store:    store,
		Name:     detectorName(config, n),
		Lost:     lost,
		Warn:     func(line string) { log(Warn, line) },
	})
	if err != nil {
		return nil, err
	}
	o.forward(s)
	c.outputs = append(c.outputs, o)
	r.open++
	o.introduce(config, rules)
	return o, nil
}

// introduce logs the values in effect and what will not work as written.
func (o *Output) introduce(config settings.Detector, rules *ruleset.Set) {
	o.log(Info, config.String())
	o.log(Info, fmt.Sprintf("%s loaded, %d skipped", count(len(o.rules), "rule"), len(rules.Skipped)))
	for _, s := range rules.Skipped {
		o.log(Info, "skipped "+s.String())
	}
	for _, line := range append(rules.Warnings, rules.Expired(time.Now())...) {
		o.log(Warn, line)
	}
	var orphans []string
	for _, r := range o.rules {
		if !o.channel.box.Wants(r.Slug(), int(r.Severity)) {
			orphans = append(orphans, r.Slug())
		}
	}
	if len(orphans) > 0 {
		o.log(Warn, fmt.Sprintf("no detect_alerts input of channel %q takes the alerts of %s: they will be counted as failed and written to stderr",
			config.Channel, strings.Join(orphans, ", ")))
	}
}

// Flush evaluates a chunk. Nothing of it is kept.
func (o *Output) Flush(tag string, chunk []byte) Answer {
	forcePanic(chunk)
	_, err := o.engine.Scan(tag, chunk)
	if err == nil {
		return AnswerOK
	}
	var full *outbox.FullError
	var stored *detector.StoreError
	if errors.As(err, &full) || errors.As(err, &stored) {
		o.retries.log(o.log, Warn, err.Error()+"; the chunk will be evaluated again")
		return AnswerRetry
	}
	o.errors.log(o.log, Error, err.Error())
	return AnswerError
}

// Panicked counts and reports a panic that the entry point recovered from, in the
// flush of a chunk with that tag.
func (o *Output) Panicked(tag string, reason any) { o.engine.Panicked(tag, reason) }

// Close ends the output. With reload another one goes on with its state.
func (o *Output) Close(reload bool) {
	o.engine.Close(!reload)
	o.stopForwarding(!reload)
	r := o.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reloaded = r.reloaded || reload
	r.exporter.leave(o.state, reload)
	o.channel.outputs = slices.DeleteFunc(o.channel.outputs, func(x *Output) bool { return x == o })
	r.open--
	n := o.state.Report()
	o.log(Info, fmt.Sprintf("records=%d %s broken_chunks=%d", n.Records, &n.Outcomes, n.Broken))
}

// count returns "1 rule", "2 rules".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
