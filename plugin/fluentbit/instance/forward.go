package instance

import (
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/forward"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// forwarding sends the alerts of a channel by the Forward protocol. All outputs of
// the channel share it.
type forwarding struct {
	settings settings.Forward
	sender   *delivery.Sender
	users    int // open outputs with these settings
}

// forwardCloseTimeout limits how long the last output of a channel takes to close.
const forwardCloseTimeout = 2 * time.Second

// routeError means that the alerts of an output have no destination, or another one
// than configured. After a hot reload this cannot be an error: instead says what
// happens to the alerts.
type routeError struct{ problem, instead string }

func (e *routeError) Error() string { return e.problem }

// checkRoute checks that the alerts of an output with these settings have the
// configured destination. The lock is held.
func (r *Registry) checkRoute(name string, want *settings.Forward) *routeError {
	c := r.channel(name)
	switch f := c.forward; {
	case f != nil && want == nil:
		return &routeError{fmt.Sprintf("forward_to: another output sends the alerts of channel %q to %s: set the same forward_to here, with the same other forward_ keys, or give this output another channel",
			name, f.settings.URL()), "they are sent there"}
	case f != nil && *want != f.settings:
		return &routeError{fmt.Sprintf("forward_to: another output of channel %q sends its alerts to %s with the tag %s: forward_to, alert_tag and all forward_ keys must be the same here, or give this output another channel",
			name, f.settings.URL(), f.settings.Tag), "they are sent there"}
	case f == nil && want != nil && c.box.HasConsumers():
		return &routeError{fmt.Sprintf("forward_to: channel %q has an [INPUT] with Name detect_alerts, which gets its alerts: give this output another channel", name),
			"the input gets them"}
	case want == nil && !c.box.HasConsumers():
		return &routeError{fmt.Sprintf("channel: %q has no [INPUT] with Name detect_alerts and this channel, and forward_to is not set: its alerts would have no destination; %s",
			name, r.describeInputs()), "they wait in the outbox"}
	}
	return nil
}

// forward starts forwarding, or joins the forwarding of the channel, if the output
// is configured for it and checkRoute allows it. The lock is held.
func (o *Output) forward(s setup) {
	c := o.channel
	switch {
	case s.config.Forward == nil:
		return
	case c.forward != nil && *s.config.Forward == c.forward.settings:
		c.forward.users++
	case c.forward == nil && !c.box.HasConsumers():
		c.forward = &forwarding{
			settings: *s.config.Forward,
			sender:   delivery.Start(forward.New(s.receiver, o.log), c.box.Open(outbox.Filter{}), delivery.Options{Log: o.log, CloseTimeout: forwardCloseTimeout}),
			users:    1,
		}
		if s.config.Forward.TLS && !s.config.Forward.TLSVerify {
			o.log.Warnf("forward_tls_verify is off: the alerts are sent to any server that answers at %s", s.config.Forward.URL())
		}
	default:
		return // after a reload; the error was logged
	}
	o.forwards = true
}

// stopForwarding closes the sender if the output is the last one that uses it. With
// drain it tries to deliver all alerts first.
func (o *Output) stopForwarding(drain bool) {
	if !o.forwards {
		return
	}
	o.registry.mu.Lock()
	f := o.channel.forward
	if f.users--; f.users == 0 {
		o.channel.forward = nil
	}
	last := f.users == 0
	o.registry.mu.Unlock()
	if !last {
		return
	}
	f.sender.Close(drain)
	delivered, failed := f.sender.Stats()
	o.log.Infof("%s: delivered=%d failed_attempts=%d", f.sender, delivered, failed)
}
