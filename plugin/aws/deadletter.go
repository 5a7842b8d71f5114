package aws

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ownfile"
)

const (
	// maxDeadLetters is the maximum size of the file. Then it is renamed to a name with the
	// suffix .1, and replaces the previous one.
	maxDeadLetters = 64 << 20
	// maxBody is the maximum size of a message that is kept for a dead letter. Of a longer
	// one there is only the beginning.
	maxBody = 64 << 10
)

// DeadLetters is a file of lines of JSON: messages and objects that were given up. It is
// safe for concurrent use.
type DeadLetters struct {
	path string
	mu   sync.Mutex
}

// deadLetter is a line.
type deadLetter struct {
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"` // message or object
	Reason   string    `json:"reason"`
	Queue    string    `json:"queue,omitempty"`
	Message  string    `json:"message,omitempty"` // its ID
	Receives int       `json:"receives,omitempty"`
	Bucket   string    `json:"bucket,omitempty"`
	Key      string    `json:"key,omitempty"`
	Cut      bool      `json:"cut,omitempty"` // Text is only the beginning
	Text     string    `json:"text,omitempty"`
}

// OpenDeadLetters checks that the file can be written to. It creates it if it does not
// exist.
func OpenDeadLetters(path string) (*DeadLetters, error) {
	d := &DeadLetters{path: path}
	f, err := d.open()
	if err != nil {
		return nil, err
	}
	return d, f.Close()
}

func (d *DeadLetters) open() (*os.File, error) {
	return ownfile.Open(d.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
}

// add writes a line. When it returns the line is on the disk: the message is deleted then.
// The file is opened each time, so that it can be moved away at any time.
func (d *DeadLetters) add(l deadLetter) error {
	l.Time = time.Now().UTC()
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f, err := d.open()
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Size() > 0 && info.Size()+int64(len(line)) > maxDeadLetters {
		if err := errors.Join(f.Close(), os.Rename(d.path, d.path+".1")); err != nil {
			return err
		}
		if f, err = d.open(); err != nil {
			return err
		}
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
