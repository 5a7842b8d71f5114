package instance

import (
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/plugin/delivery"
	"github.com/fluent-detect/fluent-detect/plugin/forward"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// forwarding is a channel's way out that is no input. All outputs of the channel
// share it: which of them made an alert does not decide where it goes.
type forwarding struct {
	settings settings.Forward
	sender   *delivery.Sender
	users    int // outputs that have these settings and are open
}

// forwardCloseTimeout limits how long the last output of a channel takes to close.
const forwardCloseTimeout = 2 * time.Second

// routeError says that the alerts of an output do not go where its settings say.
// After a hot reload, when it is too late to refuse, instead is what happens to
// them.
type routeError struct{ problem, instead string }

func (e *routeError) Error() string { return e.problem }

// checkRoute checks that the alerts of an output with these settings go where
// they say. The lock is held.
func (r *Registry) checkRoute(name string, want *settings.Forward) *routeError {
	c := r.channel(name)
	switch f := c.forward; {
	case f != nil && want == nil:
		return &routeError{fmt.Sprintf("forward_to: another output sends the alerts of channel %q to %s: set it to that here too, with the keys that go with it, or give this output another channel",
			name, f.settings.URL()), "they go there"}
	case f != nil && *want != f.settings:
		return &routeError{fmt.Sprintf("forward_to: another output of channel %q sends its alerts to %s with the tag %s: forward_to, alert_tag and all forward_ keys must be the same here, or give this output another channel",
			name, f.settings.URL(), f.settings.Tag), "they go there"}
	case f == nil && want != nil && c.box.HasConsumers():
		return &routeError{fmt.Sprintf("forward_to: channel %q has an [INPUT] with Name detect_alerts, which takes its alerts: give this output another channel", name),
			"the input takes them"}
	case want == nil && !c.box.HasConsumers():
		return &routeError{fmt.Sprintf("channel: %q has no [INPUT] with Name detect_alerts and this channel, and forward_to is not set: its alerts would go nowhere; %s",
			name, r.taken()), "they wait in the outbox"}
	}
	return nil
}

// forward makes the output's alerts go where its settings say, when nothing
// stands against it. The lock is held.
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
		return // after a reload; it was logged
	}
	o.forwards = true
}

// stopForwarding ends the output's part in forwarding; with the last one the
// sender ends, which takes two seconds at most. With drain it delivers until
// then what is there.
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
