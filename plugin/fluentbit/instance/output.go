package instance

import (
	"errors"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/forward"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Answer is the result of a flush, with Fluent Bit's numbers.
type Answer int

// The answers.
const (
	AnswerError Answer = 0 // the chunk is dropped
	AnswerOK    Answer = 1
	AnswerRetry Answer = 2 // the chunk is flushed again later
)

// Output is one [OUTPUT] detect.
type Output struct {
	registry *Registry
	channel  *channel
	engine   *host.Engine
	state    *detector.State
	rules    []*ruleset.Rule
	forwards bool // it is counted in forwarding.users of the channel
	log      logger.Log
	retries  logger.Log // rate-limited
	errors   logger.Log // rate-limited
}

// setup is the configuration of an output, with the files that it names.
type setup struct {
	config   settings.Detector
	rules    *ruleset.Set
	receiver forward.Config // with forward_to
}

// readSetup reads the keys and the files that they name. Errors name the key.
func readSetup(get settings.Getter, hostname string) (s setup, err error) {
	if s.config, err = settings.ReadDetector(get); err != nil {
		return s, err
	}
	if s.rules, err = host.LoadRules(&s.config); err != nil {
		return s, err
	}
	if s.config.Forward != nil {
		s.receiver, err = forward.NewConfig(s.config.Forward, hostname)
	}
	return s, err
}

// setup returns the configuration of the output of that name. After a hot reload
// an unusable configuration is logged and the previous one stays in force: an
// error would end Fluent Bit.
func (r *Registry) setup(name string, get settings.Getter, log logger.Log) (setup, error) {
	s, err := readSetup(get, r.observer.Hostname)
	r.mu.Lock()
	defer r.mu.Unlock()
	previous, reload := r.setups[name]
	if err != nil && reload {
		log(logger.Error, err.Error())
		log.Errorf("the new configuration cannot be used: the settings and rules from before the reload stay in force")
		return previous, nil
	}
	if err == nil {
		r.setups[name] = s
	}
	return s, err
}

// OpenOutput opens an output; name is Fluent Bit's name for the instance. Errors
// name the key.
//
// Fluent Bit opens all inputs before the first output, so the destination of the
// alerts of a channel is known by now. If there is none, or a conflicting one,
// this is an error, except after a reload.
func (r *Registry) OpenOutput(name string, get settings.Getter, log logger.Log, lost func(outbox.Alert)) (*Output, error) {
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
		log.Errorf("%s; %s", err.problem, err.instead)
	}
	store, err := r.store(config.StatePath, log)
	if err != nil {
		return nil, err
	}
	n := len(c.outputs)
	if n == len(c.states) {
		c.states = append(c.states, detector.NewState())
	}
	o := &Output{registry: r, channel: c, state: c.states[n], rules: rules.Rules, log: log, retries: log.Limited(), errors: log.Limited()}
	if err := o.show(config, n); err != nil {
		if !r.reloaded {
			return nil, err
		}
		log.Errorf("%v; the counters are shown where they were before the reload, if anywhere", err)
	}
	log(logger.Info, config.String())
	o.engine, err = host.Open(host.Options{
		Config:   config,
		Rules:    rules,
		Observer: r.observer,
		Outbox:   c.box,
		State:    o.state,
		Store:    store,
		Name:     detectorName(config, n),
		Lost:     lost,
		Log:      log,
	})
	if err != nil {
		return nil, err
	}
	o.forward(s)
	c.outputs = append(c.outputs, o)
	r.open++
	o.warnOfUnrouted(config.Channel)
	return o, nil
}

// warnOfUnrouted logs the rules whose alerts no input takes.
func (o *Output) warnOfUnrouted(channel string) {
	var slugs []string
	for _, r := range o.rules {
		if !o.channel.box.Accepts(r.Slug(), int(r.Severity)) {
			slugs = append(slugs, r.Slug())
		}
	}
	if len(slugs) > 0 {
		o.log.Warnf("no detect_alerts input of channel %q takes the alerts of %s: they will be counted as failed and written to stderr",
			channel, strings.Join(slugs, ", "))
	}
}

// Flush evaluates a chunk. It does not keep references to it.
func (o *Output) Flush(tag string, chunk []byte) Answer {
	forcePanic(chunk)
	_, err := o.engine.Scan(tag, chunk)
	o.registry.memory.Used()
	if err == nil {
		o.registry.marks.Confirm(chunk)
		return AnswerOK
	}
	var full *outbox.FullError
	var stored *detector.StoreError
	if errors.As(err, &full) || errors.As(err, &stored) {
		o.retries.Warnf("%v; the chunk will be evaluated again", err)
		return AnswerRetry
	}
	o.errors(logger.Error, err.Error())
	return AnswerError
}

// Panicked counts and reports a panic in the flush of a chunk with that tag, from
// which the entry point recovered.
func (o *Output) Panicked(tag string, reason any) { o.engine.Panicked(tag, reason) }

// Close closes the output. After a reload another one continues with its state.
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
	o.log.Infof("records=%d %s broken_chunks=%d", n.Records, &n.Outcomes, n.Broken)
}
