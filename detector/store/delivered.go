package store

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// The file of what was delivered begins with the session of the bbolt file that it
// belongs to, and goes on with one entry for each alert:
//
//	number   8 bytes, big-endian
//	length   2 bytes, of the channel's name
//	name     of the channel
//	checksum 4 bytes, CRC-32C of the above
//
// It is written without waiting for the disk: when the process is killed the kernel
// has it, when the power fails some alerts are delivered again. What cannot be read
// ends it.
const (
	deliveredName  = "delivered"
	sessionSize    = 16
	maxDelivered   = 4 << 20 // bytes that are read at most: deletion comes long before
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
	size    int64 // 0: nothing was noted in this session
}

// openDeliveries opens the file and returns what it holds, by channel, if it belongs
// to that session. One that cannot be opened is made anew: a few alerts come again.
func openDeliveries(path string, session []byte) (d deliveries, numbers map[string][]uint64, err error) {
	if d.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		if os.Remove(path) != nil {
			return d, nil, err
		}
		if d.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return d, nil, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(d.file, maxDelivered))
	if err != nil {
		return d, nil, errors.Join(err, d.file.Close())
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

// begin empties the file, for a new session. It takes no room on the disk.
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
		return err // what was written of it is written over
	}
	d.size += int64(n)
	return nil
}

// holds reports whether there are entries.
func (d *deliveries) holds() bool { return d.size > sessionSize }

// replace makes these bytes all the entries. A process that ends meanwhile leaves
// entries of before behind them, of alerts that are deleted.
func (d *deliveries) replace(entries []byte) error {
	d.size = sessionSize
	if err := d.write(entries); err != nil {
		return err
	}
	return d.file.Truncate(d.size)
}

// resume deletes what the process before this one has noted as delivered, and begins
// a session of its own.
func (s *Store) resume() (err error) {
	var was []byte
	if err := s.db.View(func(tx *bbolt.Tx) error {
		was = append(was, tx.Bucket(metaBucket).Get(sessionKey)...)
		return nil
	}); err != nil {
		return err
	}
	var numbers map[string][]uint64
	if s.delivered, numbers, err = openDeliveries(s.deliveredPath(), was); err != nil {
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
	if err == nil {
		err = s.delivered.begin(session)
	}
	if err != nil {
		return errors.Join(err, s.delivered.file.Close())
	}
	return nil
}

// Note writes down what Forget was told of, for the process after this one: should
// this one be killed before it is deleted, it is not delivered again. It does not
// wait for the disk. Of errors that follow each other only the first is returned.
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

// unnote takes out of the file what was deleted; with s.mu held. Entries that stay
// there in spite of it name alerts that are gone.
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
