package store

import (
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Batch is what a detector writes in one transaction.
type Batch struct {
	Channel  string         // of the alerts
	Alerts   []outbox.Alert // in order
	Detector string         // that the spaces belong to
	Changes  []hold.Change  // of entries in its spaces, in order
}

// Commit writes the batch. When it returns without an error, the batch is on disk,
// and the alerts have these numbers, which Forget takes. With an error nothing of the
// batch is.
func (s *Store) Commit(b Batch) (numbers []uint64, err error) {
	err = s.updateAndDelete(func(tx *bbolt.Tx) error {
		if numbers, err = addAlerts(tx, b.Channel, b.Alerts); err != nil {
			return err
		}
		return change(tx, b.Detector, b.Changes)
	})
	return numbers, err
}

// addAlerts appends alerts to those of a channel.
func addAlerts(tx *bbolt.Tx, channel string, alerts []outbox.Alert) (numbers []uint64, err error) {
	if len(alerts) == 0 {
		return nil, nil
	}
	bucket, err := bucketIn(tx, alertsBucket, channel)
	if err != nil {
		return nil, err
	}
	seed := alertSeed(channel)
	for _, a := range alerts {
		n, err := bucket.NextSequence()
		if err != nil {
			return nil, err
		}
		key := numberKey(n)
		if err := bucket.Put(key, encodeAlert(seed, key, a)); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// update runs a transaction on the file.
func (s *Store) update(do func(*bbolt.Tx) error) (err error) {
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return failed
	}
	defer onFault()()
	defer guard(func(reason string) {
		err = fmt.Errorf("%s broke while it was in use: %s; the process must be restarted", s.path(), reason)
		s.mu.Lock()
		s.failed = err // bbolt's lock is never released
		s.mu.Unlock()
	})
	if err := s.db.Update(do); err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	return nil
}

// deleteAfter is the delay of deletions, so that many are done together.
const deleteAfter = 200 * time.Millisecond

// Forget deletes alerts of a channel in the background, after a short delay.
func (s *Store) Forget(channel string, numbers []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[channel] = append(s.gone[channel], numbers...)
	if s.timer == nil && !s.closed {
		s.timer = time.AfterFunc(deleteAfter, func() {
			s.mu.Lock()
			s.timer = nil
			nothing := s.closed || len(s.gone) == 0
			s.mu.Unlock()
			if nothing {
				return
			}
			if err := s.deleteGone(); err != nil {
				s.warn(fmt.Sprintf("delivered alerts cannot be deleted, and may be delivered again after a restart: %v", err))
			}
		})
	}
}

// deleteGone deletes the alerts that are gone.
func (s *Store) deleteGone() error {
	return s.updateAndDelete(func(*bbolt.Tx) error { return nil })
}

// updateAndDelete is update, and deletes the alerts that are gone as well.
func (s *Store) updateAndDelete(do func(*bbolt.Tx) error) error {
	s.mu.Lock()
	gone, noted := s.gone, s.noted
	s.gone, s.noted = map[string][]uint64{}, map[string]int{}
	s.mu.Unlock()
	err := s.update(func(tx *bbolt.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		for channel, numbers := range gone {
			if err := deleteAlerts(tx, channel, numbers); err != nil {
				return err
			}
		}
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.unnote()
		return nil
	}
	for channel, numbers := range gone {
		s.gone[channel] = append(numbers, s.gone[channel]...)
		s.noted[channel] = noted[channel]
	}
	return err
}

func deleteAlerts(tx *bbolt.Tx, channel string, numbers []uint64) error {
	alerts := tx.Bucket(alertsBucket).Bucket([]byte(channel))
	if alerts == nil {
		return nil
	}
	for _, n := range slices.Sorted(slices.Values(numbers)) {
		if err := alerts.Delete(numberKey(n)); err != nil {
			return err
		}
	}
	return nil
}
