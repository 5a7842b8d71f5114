package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Alerts returns the alerts of a channel that were not delivered, in order, with
// their numbers.
func (s *Store) Alerts(channel string) (alerts []outbox.Alert, numbers []uint64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(alertsBucket).Bucket([]byte(channel))
		if b == nil {
			return nil
		}
		seed := alertSeed(channel)
		return b.ForEach(func(key, value []byte) error {
			number := binary.BigEndian.Uint64(key)
			a, err := decodeAlert(seed, key, value)
			if err != nil {
				return fmt.Errorf("alert %d of channel %q: %w", number, channel, err)
			}
			alerts = append(alerts, a)
			numbers = append(numbers, number)
			return nil
		})
	})
	return alerts, numbers, err
}

// Channels returns the channels that have alerts that were not delivered.
func (s *Store) Channels() (names []string, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		all := tx.Bucket(alertsBucket)
		return all.ForEachBucket(func(name []byte) error {
			if k, _ := all.Bucket(name).Cursor().First(); k != nil {
				names = append(names, string(name))
			}
			return nil
		})
	})
	return names, err
}

// Detectors returns the names of the detectors whose memories are in the store.
func (s *Store) Detectors() (names []string, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		return eachIn(tx, spacesBucket, func(_ *bbolt.Bucket, detector string) error {
			names = append(names, detector)
			return nil
		})
	})
	return names, err
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func alertSeed(channel string) uint32 { return seedOf(string(alertsBucket), channel) }

// An alert is stored as a checksum and a msgpack array of its ID, rule, severity,
// time in nanoseconds, and record.
func encodeAlert(seed uint32, key []byte, a outbox.Alert) []byte {
	b := make([]byte, 4, 4+len(a.ID)+len(a.Rule)+len(a.Record)+32)
	b = msgpack.AppendArrayHeader(b, 5)
	b = msgpack.AppendString(b, a.ID)
	b = msgpack.AppendString(b, a.Rule)
	b = msgpack.AppendInt(b, int64(a.Severity))
	b = msgpack.AppendInt(b, a.Time.UnixNano())
	b = append(msgpack.AppendBinHeader(b, len(a.Record)), a.Record...)
	seal(seed, key, b)
	return b
}

// decodeAlert reads an alert. Nothing of it aliases the file.
func decodeAlert(seed uint32, key, data []byte) (outbox.Alert, error) {
	if len(key) != 8 || !isSealed(seed, key, data) {
		return outbox.Alert{}, errors.New("its checksum is wrong")
	}
	return parseAlert(data)
}

// parseAlert is decodeAlert without the checksum.
func parseAlert(data []byte) (outbox.Alert, error) {
	if len(data) < 4 {
		return outbox.Alert{}, errors.New("it is too short")
	}
	v, end, err := msgpack.Read(data, 4)
	if err != nil {
		return outbox.Alert{}, err
	}
	elements := v.Elements()
	next := func() msgpack.Value {
		one, _ := elements.Next()
		return one
	}
	if v.Kind() != msgpack.Array || v.Len() != 5 || end != len(data) {
		return outbox.Alert{}, errors.New("it is not an array of 5 elements")
	}
	return outbox.Alert{
		ID:       string(next().Bytes()),
		Rule:     string(next().Bytes()),
		Severity: int(next().Int()),
		Time:     time.Unix(0, next().Int()),
		Record:   bytes.Clone(next().Bytes()),
	}, nil
}
