package instance

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

const (
	// CollectWait is how long a collect waits for an alert. Fluent Bit calls
	// every second. If a call took longer, the next one would follow immediately,
	// and the thread of the input could not stop.
	CollectWait = 700 * time.Millisecond
	// batchBytes is the maximum size of a collect. If more is waiting it is
	// burstBytes: there is one collect a second, so a burst of alerts would take
	// minutes otherwise.
	batchBytes = 1 << 20
	burstBytes = 8 << 20
)

// Input is one [INPUT] detect_alerts.
type Input struct {
	registry *Registry
	channel  *channel
	consumer *outbox.Consumer
	config   settings.Input
	log      logger.Log
	checked  bool // see check
	stop     stop
}

// OpenInput opens an input; name is Fluent Bit's name for the instance. Errors name
// the key. After a hot reload they are logged, and the previous settings stay in
// force.
func (r *Registry) OpenInput(name string, get settings.Getter, log logger.Log) (*Input, error) {
	config, err := settings.ReadInput(get)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		last, reload := r.inputs[name]
		if !reload {
			return nil, err
		}
		log(logger.Error, err.Error())
		log(logger.Error, "the settings from before the reload stay in force")
		config = last
	}
	r.inputs[name] = config
	c := r.channel(config.Channel)
	in := &Input{registry: r, channel: c, config: config, log: log}
	in.consumer = c.box.Open(outbox.Filter{Rules: config.Rules, MinSeverity: config.MinSeverity})
	r.open++
	return in, nil
}

// Collect returns the next alerts. It waits for up to CollectWait if there are none.
// Alerts that are not acknowledged with Ack are returned again.
func (i *Input) Collect() []outbox.Alert {
	if !i.checked {
		i.checked = true
		i.check()
	}
	size := batchBytes
	if i.consumer.Backlog() > batchBytes {
		size = burstBytes
	}
	return i.consumer.Take(size, CollectWait)
}

// check logs what can be known only after all instances were opened.
func (i *Input) check() {
	i.registry.mu.Lock()
	defer i.registry.mu.Unlock()
	if len(i.channel.outputs) == 0 {
		i.log.Warnf("channel %q: there is no [OUTPUT] with Name detect and this channel, so there will be no alerts", i.config.Channel)
		return
	}
	for _, slug := range i.config.Rules {
		known := false
		for _, o := range i.channel.outputs {
			for _, r := range o.rules {
				known = known || r.Slug() == slug
			}
		}
		if !known {
			i.log.Warnf("rules: no output of channel %q has a rule %q", i.config.Channel, slug)
		}
	}
}

// Notify sets a function that is called when there may be alerts after the input was
// Idle. It must not block.
func (i *Input) Notify(f func()) { i.consumer.Notify(f) }

// Idle reports whether there are no alerts, also none in flight. There is no need to
// call Collect for CollectWait, or until the function of Notify is called.
func (i *Input) Idle() bool { return i.consumer.Idle() }

// Ack acknowledges the alerts of the last Collect.
func (i *Input) Ack() { i.consumer.Ack() }

// Whose says which input Fluent Bit means, where it does not say so itself.
type Whose int

// The inputs that Fluent Bit can mean.
const (
	Unknown Whose = iota
	Own           // this one
	Other
)

// Pause makes Collect return nothing until Resume: Fluent Bit accepts nothing for
// now, or is about to end an input.
func (i *Input) Pause(w Whose) {
	i.consumer.Pause()
	if w != Other {
		i.stop.pause(w, time.Now(), intoSecond())
	}
}

// Resume ends a Pause.
func (i *Input) Resume(w Whose) {
	if w != Other && i.stop.resume() {
		i.consumer.Renew()
	}
	i.consumer.Resume()
}

// Close closes the input. Alerts that are not delivered stay in the outbox.
func (i *Input) Close() {
	i.consumer.CloseAt(i.stop.arrived(time.Now()))
	i.registry.mu.Lock()
	defer i.registry.mu.Unlock()
	i.registry.open--
}

// EncodedSize returns the number of bytes that Encode writes for the alerts.
func EncodedSize(alerts []outbox.Alert) int {
	n := 0
	for _, a := range alerts {
		n += msgpack.RecordHeadSize + len(a.Record)
	}
	return n
}

// Encode writes the alerts to dst as a chunk in Fluent Bit's format, [[time, {}],
// alert] for each. dst has EncodedSize bytes.
func Encode(dst []byte, alerts []outbox.Alert) {
	for _, a := range alerts {
		msgpack.AppendRecordHead(dst[:0], a.Time)
		dst = dst[msgpack.RecordHeadSize+copy(dst[msgpack.RecordHeadSize:], a.Record):]
	}
}
