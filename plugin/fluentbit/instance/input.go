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
	// every second; a call that comes back later than that is followed by
	// the next at once, and the input's thread then finds no time to stop.
	CollectWait = 700 * time.Millisecond
	// batchBytes is how much one collect hands over, and burstBytes how much
	// when more than that is waiting: there is one collect a second, and at
	// 1 MiB each a burst of alerts would take minutes to come out.
	batchBytes = 1 << 20
	burstBytes = 8 << 20
)

// Input is one [INPUT] detect_alerts.
type Input struct {
	registry *Registry
	channel  *channel
	consumer    *outbox.Consumer
	config   settings.Input
	log      logger.Log
	checked  bool // the channel was looked at, after all instances were open
}

// OpenInput makes the input that the configuration describes; the name is Fluent
// Bit's for the instance. Errors say which key has which value and what is
// allowed; after a hot reload they are logged, and the settings from before stay
// in force.
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

// Collect returns the alerts that are to be handed over now. It waits a while
// when there are none. They must be acknowledged with Ack; those that are not
// come again.
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

// check warns of what can be told only when all instances are open.
func (i *Input) check() {
	i.registry.mu.Lock()
	defer i.registry.mu.Unlock()
	if len(i.channel.outputs) == 0 {
		i.log.Warnf("channel %q: there is no [OUTPUT] with Name detect and this channel, so no alert will ever come", i.config.Channel)
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

// Notify says what is to be done, and must not block, when a Collect may have
// something after one that had nothing while the input was Idle.
func (i *Input) Notify(ring func()) { i.consumer.Notify(ring) }

// Idle says that there is nothing to hand over and nothing on its way. For
// CollectWait, or until the function of Notify is called, there is no need to
// Collect.
func (i *Input) Idle() bool { return i.consumer.Idle() }

// Ack notes that Fluent Bit has taken the alerts of the last Collect.
func (i *Input) Ack() { i.consumer.Ack() }

// Pause makes Collect return nothing until Resume: Fluent Bit takes nothing for
// now, or is about to end the input. What it took last may not have come
// through, and is handed over again.
func (i *Input) Pause() { i.consumer.Pause() }

// Resume ends a Pause.
func (i *Input) Resume() { i.consumer.Resume() }

// Close ends the input. What it did not deliver waits for the next.
func (i *Input) Close() {
	i.consumer.Close()
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
