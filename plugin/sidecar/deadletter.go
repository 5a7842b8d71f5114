package sidecar

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// maxText is the maximum size of a record in a dead letter.
	maxText = 256 << 10
	// maxDeadLetters is the maximum size of the file. Then it is renamed to a name
	// with the suffix .1, and replaces the previous one: clients must not be able
	// to fill the disk.
	maxDeadLetters = 64 << 20
)

// deadLetter is a line of JSON.
type deadLetter struct {
	Time   time.Time       `json:"time"`
	Kind   string          `json:"kind"` // record or alert
	Reason string          `json:"reason"`
	Client string          `json:"client,omitempty"` // address; of a record
	Line   int             `json:"line,omitempty"`   // of the body, from 1
	Offset *int64          `json:"byte,omitempty"`   // of the decompressed body, from 0
	Cut    bool            `json:"cut,omitempty"`    // Text is only the beginning
	Text   string          `json:"text,omitempty"`
	Alert  json.RawMessage `json:"alert,omitempty"`
}

// deadLetters collects records that cannot be evaluated and alerts that cannot be
// delivered. It is safe for concurrent use.
type deadLetters struct {
	path   string     // empty: stderr
	stderr io.Writer  // for alerts, if there is no file
	log    logger.Log // rate-limited

	records, alerts atomic.Uint64

	mu   sync.Mutex
	file *os.File
	size int64
}

func openDeadLetters(path string, stderr io.Writer, log logger.Log) (*deadLetters, error) {
	d := &deadLetters{path: path, stderr: stderr, log: log.Limited()}
	if path == "" {
		return d, nil
	}
	return d, d.open()
}

func (d *deadLetters) open() error {
	f, err := os.OpenFile(d.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return err
	}
	d.file, d.size = f, info.Size()
	return nil
}

// addRecord adds a record that could not be read. text may be nil.
func (d *deadLetters) addRecord(client, reason string, line int, offset int64, text []byte) {
	d.records.Add(1)
	if d.path == "" {
		message := fmt.Sprintf("from %s, line %d, byte %d: %s", client, line, offset, reason)
		if len(text) > 0 {
			message += ": " + logger.Printable(string(text[:min(len(text), 300)]), 200)
		}
		d.log(logger.Warn, message)
		return
	}
	l := deadLetter{Time: time.Now().UTC(), Kind: "record", Reason: reason, Client: client, Line: line, Offset: &offset}
	if len(text) > maxText {
		l.Cut = true
		end := maxText
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	l.Text = string(text)
	if err := d.write(l); err != nil {
		d.log.Errorf("dead_letters: %v: from %s, line %d, byte %d: %s", err, client, line, offset, reason)
		return
	}
	d.log.Warnf("from %s, line %d, byte %d: %s; it is in the dead letters", client, line, offset, reason)
}

// addAlert adds an alert, as JSON, that the receiver rejects. If it cannot be
// written to the file it is written to stderr.
func (d *deadLetters) addAlert(reason string, text []byte) {
	d.alerts.Add(1)
	l := deadLetter{Time: time.Now().UTC(), Kind: "alert", Reason: reason, Alert: text}
	if d.path != "" {
		err := d.write(l)
		if err == nil {
			d.log.Errorf("%s; the alert is in the dead letters", reason)
			return
		}
		d.log.Errorf("dead_letters: %v", err)
	}
	line, err := json.Marshal(l)
	if err != nil { // cannot happen: the alert is valid JSON
		line = fmt.Appendf(nil, "%s: %s", reason, text)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.stderr.Write(append(line, '\n'))
}

func (d *deadLetters) write(l deadLetter) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		if err := d.open(); err != nil {
			return err
		}
	}
	if d.size > 0 && d.size+int64(len(line)) > maxDeadLetters {
		_ = d.file.Close()
		d.file = nil
		if err := os.Rename(d.path, d.path+".1"); err != nil {
			return err
		}
		if err := d.open(); err != nil {
			return err
		}
	}
	n, err := d.file.Write(append(line, '\n'))
	d.size += int64(n)
	return err
}

func (d *deadLetters) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		_ = d.file.Close()
		d.file = nil
	}
}
