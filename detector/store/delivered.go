package store

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

// The file delivered has the alerts that were delivered and are still in the bbolt
// file. It begins with the session of that file, and continues with an entry for each
// alert:
//
//	number   8 bytes, big-endian
//	length   2 bytes, of the channel's name
//	name     of the channel
//	checksum 4 bytes, CRC-32C of the above
//
// It is written without fsync: if the process is killed the kernel has it; after a
// power failure some alerts are delivered again. The first entry that cannot be read
// ends it.
const (
	deliveredName  = "delivered"
	sessionSize    = 16
	maxDelivered   = 4 << 20 // bytes that are read; alerts are deleted long before
	deliveredFrame = 8 + 2 + 4
)

var sessionKey = []byte("session")

// delivery is an alert that was delivered.
type delivery struct {
	channel string
	number  uint64
}

func (d delivery) append(dst []byte) []byte {
	begin := len(dst)
	dst = binary.BigEndian.AppendUint64(dst, d.number)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(d.channel)))
	dst = append(dst, d.channel...)
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
}

// cutDelivery reads the entry that data begins with.
func cutDelivery(data []byte) (d delivery, rest []byte, ok bool) {
	if len(data) < deliveredFrame {
		return d, nil, false
	}
	end := 10 + int(binary.BigEndian.Uint16(data[8:]))
	if len(data) < end+4 || binary.BigEndian.Uint32(data[end:]) != crc32.Checksum(data[:end], castagnoli) {
		return d, nil, false
	}
	return delivery{string(data[10:end]), binary.BigEndian.Uint64(data)}, data[end+4:], true
}

// deliveries is the open file.
type deliveries struct {
	file    *os.File
	session []byte
	size    int64 // 0: this session has not written one
}

// openDeliveries opens the file and returns its entries, by channel, if it belongs to
// that session. If it cannot be opened it is replaced, and a few alerts are delivered
// again.
func openDeliveries(dir *os.Root, session []byte) (d deliveries, numbers map[string][]uint64, err error) {
	if d.file, err = ownfile.In(dir, deliveredName, os.O_RDWR|os.O_CREATE); err != nil {
		if dir.Remove(deliveredName) != nil {
			return d, nil, err
		}
		if d.file, err = ownfile.In(dir, deliveredName, os.O_RDWR|os.O_CREATE); err != nil {
			return d, nil, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(d.file, maxDelivered))
	if err != nil {
		return d, nil, err
	}
	numbers = map[string][]uint64{}
	if len(data) < sessionSize || string(data[:sessionSize]) != string(session) {
		return d, numbers, nil
	}
	for rest := data[sessionSize:]; ; {
		var x delivery
		var ok bool
		if x, rest, ok = cutDelivery(rest); !ok {
			return d, numbers, nil
		}
		numbers[x.channel] = append(numbers[x.channel], x.number)
	}
}

// begin empties the file, for a new session.
func (d *deliveries) begin(session []byte) error {
	d.session, d.size = session, 0
	return d.file.Truncate(0)
}

// write adds entries at the end.
func (d *deliveries) write(b []byte) error {
	if d.size == 0 {
		b = slices.Concat(d.session, b)
	}
	n, err := d.file.WriteAt(b, d.size)
	if err != nil {
		return err // the next write overwrites what was written
	}
	d.size += int64(n)
	return nil
}

// holds reports whether there are entries.
func (d *deliveries) holds() bool { return d.size > sessionSize }

// replace replaces all entries. If the process ends meanwhile, previous entries are
// left behind the new ones, of alerts that are deleted.
func (d *deliveries) replace(entries []byte) error {
	d.size = sessionSize
	if err := d.write(entries); err != nil {
		return err
	}
	return d.file.Truncate(d.size)
}

// resume deletes the alerts that the previous process has noted as delivered, and
// entries that have expired, and begins a new session.
func (s *Store) resume() (err error) {
	var was []byte
	if err := s.db.View(func(tx *bbolt.Tx) error {
		was = append(was, tx.Bucket(metaBucket).Get(sessionKey)...)
		return nil
	}); err != nil {
		return err
	}
	var numbers map[string][]uint64
	if s.delivered, numbers, err = openDeliveries(s.root, was); err != nil {
		return err
	}
	session := []byte(rand.Text())[:sessionSize]
	err = s.update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(metaBucket).Put(sessionKey, session); err != nil {
			return err
		}
		if err := dropExpired(tx, time.Now()); err != nil {
			return err
		}
		for channel, numbers := range numbers {
			if err := deleteAlerts(tx, channel, numbers); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.delivered.begin(session)
}

// Note writes the alerts for which Forget was called to the file delivered: if this
// process is killed before they are deleted, the next one does not deliver them
// again. Note does not fsync. Of consecutive errors only the first is returned.
func (s *Store) Note() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	var entries []byte
	for channel, numbers := range s.gone {
		for _, n := range numbers[s.noted[channel]:] {
			entries = delivery{channel, n}.append(entries)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	err := s.delivered.write(entries)
	again := s.unnotable
	if s.unnotable = err != nil; err != nil {
		if again {
			return nil
		}
		return fmt.Errorf("state_path: what was delivered cannot be noted, and may be delivered again after a crash: %w", err)
	}
	for channel, numbers := range s.gone {
		s.noted[channel] = len(numbers)
	}
	return nil
}

// unnote removes the entries of alerts that were deleted. s.mu is locked. Entries that
// cannot be removed do no harm: their alerts do not exist.
func (s *Store) unnote() {
	if !s.delivered.holds() {
		return
	}
	var entries []byte
	for channel, n := range s.noted {
		for _, number := range s.gone[channel][:n] {
			entries = delivery{channel, number}.append(entries)
		}
	}
	_ = s.delivered.replace(entries)
}
