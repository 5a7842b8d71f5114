package sidecar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/ownfile"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	// maxText is the maximum size of a record in a dead letter.
	maxText = 256 << 10
	// maxDeadLetters is the maximum size of the file. Then it is renamed to a name
	// with the suffix .1, and replaces the previous one: clients must not be able
	// to fill the disk.
	maxDeadLetters = 64 << 20
	// alertsSuffix is that of the file for alerts. It is never renamed: nothing that
	// clients send may replace the only copy of an alert.
	alertsSuffix = ".alerts"
	// maxLetters is the maximum number of dead letters of a body, and maxLettersSize that
	// of the bytes in them. Others are counted: a few kilobytes of gzip have millions.
	maxLetters     = 10_000
	maxLettersSize = 8 << 20
)

// deadLetter is a line of JSON.
type deadLetter struct {
	Time   time.Time       `json:"time"`
	Kind   string          `json:"kind"` // record, or alert: in a file of its own
	Reason string          `json:"reason"`
	Client string          `json:"client,omitempty"` // address; of a record that came by HTTP
	Object string          `json:"object,omitempty"` // of a record in an object that was read
	Line   int             `json:"line,omitempty"`   // of the body, from 1
	Offset *int64          `json:"byte,omitempty"`   // of the decompressed body, from 0
	Cut    bool            `json:"cut,omitempty"`    // Text is only the beginning
	Text   string          `json:"text,omitempty"`
	Alert  json.RawMessage `json:"alert,omitempty"`
}

// deadLetters collects records that cannot be evaluated in one file, and alerts that
// cannot be delivered in another. It is safe for concurrent use.
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
	if err := d.open(); err != nil {
		return d, err
	}
	f, err := d.openAlerts() // to see whether it can be
	if err != nil {
		return d, err
	}
	return d, f.Close()
}

func (d *deadLetters) open() error {
	f, err := ownfile.Open(d.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
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

func (d *deadLetters) openAlerts() (*os.File, error) {
	return ownfile.Open(d.path+alertsSuffix, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
}

// letters are the dead letters of one body, or of records of one object.
type letters struct {
	all    *deadLetters
	client string
	// object and chunk are set for an object: its name, and the records as msgpack, which
	// have no lines and offsets.
	object      string
	chunk       []byte
	count, size int
	left        int // out, of the file and the log
	leftFrom    int64
	leftLine    int

	events int  // in the body
	cut    bool // the rest of the body cannot be unpacked
}

// add adds a record that could not be read. text may be nil.
func (l *letters) add(reason string, line int, offset int64, text []byte) {
	l.all.records.Add(1)
	l.size += len(reason) + min(len(text), maxText)
	if l.count++; l.count <= maxLetters && l.size <= maxLettersSize || l.count == 1 {
		l.all.addRecord(l, reason, line, offset, text)
		return
	}
	if l.left++; l.left == 1 {
		l.leftLine, l.leftFrom = line, offset
	}
}

// textOf returns the text of a record, as it came or as JSON.
func (l *letters) textOf(r ingest.Record) []byte {
	if l.object == "" {
		return r.Text
	}
	v, _, err := msgpack.Read(l.chunk, r.Body)
	if err != nil {
		return nil
	}
	return jsontext.AppendJSON(nil, v)
}

// end ends the body.
func (l *letters) end() {
	if l.left > 0 {
		l.all.addRecord(l, fmt.Sprintf("%d more from here on are only counted: a body may have %d dead letters, of %d MiB", l.left, maxLetters, maxLettersSize>>20), l.leftLine, l.leftFrom, nil)
	}
}

// addRecord adds a record that could not be read, or says something about it. text may be
// nil.
func (d *deadLetters) addRecord(from *letters, reason string, line int, offset int64, text []byte) {
	l := deadLetter{Time: time.Now().UTC(), Kind: "record", Reason: reason, Object: from.object}
	where := "in " + from.object
	if from.object == "" {
		l.Client, l.Line, l.Offset = from.client, line, &offset
		where = fmt.Sprintf("from %s, line %d, byte %d", from.client, line, offset)
	}
	if d.path == "" {
		message := where + ": " + reason
		if len(text) > 0 {
			message += ": " + logger.Printable(string(text[:min(len(text), 300)]), 200)
		}
		d.log(logger.Warn, message)
		return
	}
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
		d.log.Errorf("dead_letters: %v: %s: %s", err, where, reason)
		return
	}
	d.log.Warnf("%s: %s; it is in the dead letters", where, reason)
}

// addAlert adds an alert, as JSON, that the receiver rejects. If it cannot be
// written to the file it is written to stderr.
func (d *deadLetters) addAlert(reason string, text []byte) {
	d.alerts.Add(1)
	line, err := json.Marshal(deadLetter{Time: time.Now().UTC(), Kind: "alert", Reason: reason, Alert: text})
	if err != nil { // cannot happen: the alert is valid JSON
		line = fmt.Appendf(nil, "%s: %s", reason, text)
	}
	line = append(line, '\n')
	if d.path != "" {
		err := d.writeAlert(line)
		if err == nil {
			d.log.Errorf("%s; the alert is in the dead letters", reason)
			return
		}
		d.log.Errorf("dead_letters: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.stderr.Write(line)
}

// writeAlert writes a line to the file for alerts. When it returns the line is on the
// disk: the alert leaves the outbox. The file is opened each time, so that it can be moved
// away at any time.
func (d *deadLetters) writeAlert(line []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.openAlerts()
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
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
