package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Alerts returns the alerts of a channel that were not delivered, in order, with
// their numbers.
func (s *Store) Alerts(channel string) (alerts []outbox.Alert, numbers []uint64, err error) {
	err = s.view(alertsBucket, channel, func(number uint64, value []byte) error {
		a, err := decodeAlert(value)
		if err != nil {
			return fmt.Errorf("alert %d of channel %q: %w", number, channel, err)
		}
		alerts = append(alerts, a)
		numbers = append(numbers, number)
		return nil
	})
	return alerts, numbers, err
}

// Channels returns the channels that have alerts that were not delivered.
func (s *Store) Channels() (names []string, err error) {
	defer onFault()()
	defer guard(func(reason string) { err = errors.New(reason) })
	err = s.db.View(func(tx *bbolt.Tx) error {
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

// Seen calls visit for the keys of a detector that have not expired, oldest
// first, with how long they are to be remembered from now on.
func (s *Store) Seen(detector string, visit func(k hold.Key, left time.Duration)) error {
	now := time.Now()
	return s.view(seenBucket, detector, func(_ uint64, value []byte) error {
		if k, end, ok := decodeKey(value); ok {
			if left := time.Unix(0, int64(end)).Sub(now); left > 0 {
				visit(k, left)
			}
		}
		return nil
	})
}

// view calls visit for the values of a bucket in a bucket, by number.
func (s *Store) view(bucket []byte, name string, visit func(number uint64, value []byte) error) (err error) {
	defer onFault()()
	defer guard(func(reason string) { err = fmt.Errorf("%s: %s", s.path(), reason) })
	return s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket).Bucket([]byte(name))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error { return visit(binary.BigEndian.Uint64(k), v) })
	})
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// decodeKey reads a key and its time of expiry, in nanoseconds.
func decodeKey(value []byte) (k hold.Key, end uint64, ok bool) {
	if len(value) != len(k)+8 {
		return k, 0, false
	}
	copy(k[:], value)
	return k, binary.BigEndian.Uint64(value[len(k):]), true
}

// storedAlert is an alert as the file has it.
type storedAlert struct {
	//lint:ignore U1000 the encoder reads it
	_msgpack struct{} `msgpack:",as_array"`
	ID       string
	Rule     string
	Severity int
	Time     int64 // nanoseconds
	Record   []byte
}

// encodeAlert puts a checksum before the alert.
func encodeAlert(a outbox.Alert) ([]byte, error) {
	data, err := msgpack.Marshal(&storedAlert{ID: a.ID, Rule: a.Rule, Severity: a.Severity, Time: a.Time.UnixNano(), Record: a.Record})
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(data)), crc32.Checksum(data, castagnoli)), data...), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// decodeAlert reads an alert. Nothing of it aliases the file.
func decodeAlert(data []byte) (outbox.Alert, error) {
	if len(data) < 4 || binary.BigEndian.Uint32(data) != crc32.Checksum(data[4:], castagnoli) {
		return outbox.Alert{}, errors.New("its checksum is wrong")
	}
	var s storedAlert
	if err := msgpack.Unmarshal(data[4:], &s); err != nil {
		return outbox.Alert{}, err
	}
	return outbox.Alert{ID: s.ID, Rule: s.Rule, Severity: s.Severity, Time: time.Unix(0, s.Time), Record: s.Record}, nil
}
