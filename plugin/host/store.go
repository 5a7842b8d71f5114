package host

import (
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

// MaxOutbox is how many bytes of undelivered alerts a channel holds. Beyond that,
// chunks that make alerts are not accepted.
const MaxOutbox = 256 << 20

// OpenStore opens the directory of the key state_path and puts the undelivered
// alerts in it into the outboxes of their channels; the outbox of a channel that
// is not in use is nil. If dir is empty, OpenStore returns nil. The error is a
// *settings.KeyError.
func OpenStore(dir string, box func(channel string) *outbox.Box, log logger.Log) (*store.Store, error) {
	if dir == "" {
		return nil, nil
	}
	s, err := store.Open(dir, func(line string) { log.Warnf("state_path: %s", line) })
	if err != nil {
		return nil, keyError("state_path", err)
	}
	if err := restore(s, box, log); err != nil {
		_ = s.Close() // nothing has been written
		return nil, keyError("state_path", err)
	}
	return s, nil
}

func restore(s *store.Store, box func(channel string) *outbox.Box, log logger.Log) error {
	channels, err := s.Channels()
	if err != nil {
		return err
	}
	for _, name := range channels {
		b := box(name)
		if b == nil {
			log.Warnf("state_path: there are undelivered alerts of channel %q: start with that channel to deliver them", name)
			continue
		}
		alerts, numbers, err := s.Alerts(name)
		if err != nil {
			return err
		}
		b.Restore(alerts, s, numbers)
		log.Infof("state_path: delivering %s of channel %q from before the restart", logger.Count(len(alerts), "alert"), name)
	}
	return nil
}
