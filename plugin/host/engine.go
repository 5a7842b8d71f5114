package host

import (
	"errors"
	"os"
	"runtime/debug"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// Observer returns how the detector presents itself in alerts.
func Observer(version string) alert.Observer {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	return alert.Observer{Version: version, Hostname: hostname}
}

// Options are what an Engine is made of.
type Options struct {
	Config   settings.Detector
	Rules    *ruleset.Set // from LoadRules
	Observer alert.Observer
	Outbox   *outbox.Box
	State    *detector.State
	Store    *store.Store // from OpenStore; nil: memory only
	Name     string       // tells the detectors that share a Store apart
	// Lost handles an alert that no consumer of the outbox takes.
	Lost func(outbox.Alert)
	Log  logger.Log
}

// Engine is a [detector.Engine] whose rules can be reloaded while it is in use.
type Engine struct {
	options Options
	host    detector.Host

	reloads sync.Mutex   // held by Reload and Close
	mu      sync.RWMutex // held for reading while current is in use
	current *detector.Engine
	closed  bool
}

// errClosed is why a closed Engine does not learn: its state may be another's by now.
var errClosed = errors.New("the detector was closed")

// Open starts an Engine, and logs which rules it has.
func Open(o Options) (*Engine, error) {
	e := &Engine{options: o, host: detector.Host{
		Outbox:   o.Outbox,
		Observer: o.Observer,
		State:    o.State,
		Name:     o.Name,
		Lost:     o.Lost,
		Warn:     func(line string) { o.Log(logger.Warn, line) },
		Info:     func(line string) { o.Log(logger.Info, line) },
	}}
	if o.Store != nil {
		e.host.Store = o.Store
	}
	var err error
	if e.current, err = detector.New(o.Config.Config, o.Rules, e.host); err != nil {
		return nil, err
	}
	logRules(o.Log, o.Rules)
	if o.Store != nil {
		debug.FreeOSMemory() // what it took to load rules and state is several times what they take
	}
	return e, nil
}

// Scan evaluates a chunk, see [detector.Engine.Scan].
func (e *Engine) Scan(tag string, chunk []byte) (detector.Result, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.current.Scan(tag, chunk)
}

// Learn lets rules learn from a chunk, see [detector.Engine.Learn].
func (e *Engine) Learn(tag string, chunk []byte) (detector.Result, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return detector.Result{}, errClosed
	}
	return e.current.Learn(tag, chunk)
}

// Learned ends learning, see [detector.Engine.Learned].
func (e *Engine) Learned() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return errClosed
	}
	return e.current.Learned()
}

// HasHistory reports whether there is nothing to learn, see [detector.Engine.HasHistory].
func (e *Engine) HasHistory() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.current.HasHistory()
}

// Panicked counts and reports a panic during the evaluation of a chunk with that
// tag.
func (e *Engine) Panicked(tag string, reason any) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.current.Panicked(tag, reason)
}

// Reload loads the rules and the exceptions again. If they cannot be used, this is
// logged and the current ones stay in use.
func (e *Engine) Reload() {
	e.reloads.Lock()
	defer e.reloads.Unlock()
	log := e.options.Log
	rules, err := LoadRules(&e.options.Config)
	if err == nil {
		err = e.replace(rules)
	}
	if err != nil {
		log(logger.Error, err.Error())
		log.Errorf("the rules cannot be reloaded: the current ones stay in use")
		return
	}
	log.Infof("the rules were reloaded")
	logRules(log, rules)
}

// replace replaces the rules between two chunks.
func (e *Engine) replace(rules *ruleset.Set) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current.Close(false) // a State belongs to one Engine at a time
	next, err := detector.New(e.options.Config.Config, rules, e.host)
	if err == nil {
		e.current, e.options.Rules = next, rules
		return nil
	}
	previous, again := detector.New(e.options.Config.Config, e.options.Rules, e.host)
	if again != nil {
		return errors.Join(err, again)
	}
	e.current = previous
	return err
}

// Close closes the Engine. If final is set, no other Engine will use its State:
// the summaries of alerts that were held back are made now.
func (e *Engine) Close(final bool) {
	e.reloads.Lock()
	defer e.reloads.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current.Close(final)
	e.closed = true
}
