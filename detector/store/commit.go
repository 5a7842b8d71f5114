package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Batch is what the matches of one chunk leave.
type Batch struct {
	Channel  string         // of the alerts
	Alerts   []outbox.Alert // in order
	Detector string         // whose keys they are
	Keys     []hold.Key
	Expires  time.Time // of the keys
	MaxKeys  int       // how many keys of the detector are kept, the newest
}

// Commit writes the batch. When it returns without an error, the batch is on the
// disk, and the alerts have the numbers that are returned, by which Forget knows
// them. With an error nothing of it is.
func (s *Store) Commit(b Batch) (numbers []uint64, err error) {
	err = s.updateAndDelete(func(tx *bbolt.Tx) error {
		alerts, err := tx.Bucket(alertsBucket).CreateBucketIfNotExists([]byte(b.Channel))
		if err != nil {
			return err
		}
		numbers = numbers[:0]
		for _, a := range b.Alerts {
			n, err := alerts.NextSequence()
			if err != nil {
				return err
			}
			data, err := encodeAlert(a)
			if err != nil {
				return err
			}
			if err := alerts.Put(numberKey(n), data); err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		return addKeys(tx, b)
	})
	return numbers, err
}

// addKeys appends the keys and deletes those in front that are over the limit
// or have expired.
func addKeys(tx *bbolt.Tx, b Batch) error {
	if len(b.Keys) == 0 {
		return nil
	}
	seen, err := tx.Bucket(seenBucket).CreateBucketIfNotExists([]byte(b.Detector))
	if err != nil {
		return err
	}
	seen.FillPercent = 0.95 // it only ever grows at the end
	expires := binary.BigEndian.AppendUint64(nil, uint64(b.Expires.UnixNano()))
	var last uint64
	for _, k := range b.Keys {
		if last, err = seen.NextSequence(); err != nil {
			return err
		}
		if err := seen.Put(numberKey(last), append(k[:len(k):len(k)], expires...)); err != nil {
			return err
		}
	}
	now := uint64(time.Now().UnixNano())
	c := seen.Cursor()
	for number, value := c.First(); number != nil; number, value = c.First() {
		_, end, ok := decodeKey(value)
		if ok && end > now && last-binary.BigEndian.Uint64(number) < uint64(b.MaxKeys) {
			return nil
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
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
		err = fmt.Errorf("%s broke while it was in use: %s; Fluent Bit has to be restarted", s.path(), reason)
		s.mu.Lock()
		s.failed = err // bbolt's lock is held for ever
		s.mu.Unlock()
	})
	if err := s.db.Update(do); err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	return nil
}

// deleteAfter is how long delivered alerts wait for others, to be deleted
// together.
const deleteAfter = 200 * time.Millisecond

// Forget deletes alerts of a channel that were delivered, a moment later.
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

// deleteGone deletes what was delivered.
func (s *Store) deleteGone() error {
	return s.updateAndDelete(func(*bbolt.Tx) error { return nil })
}

// updateAndDelete runs a transaction that deletes what was delivered as well.
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
