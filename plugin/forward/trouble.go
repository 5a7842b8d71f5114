package forward

import (
	"fmt"
	"time"
)

const (
	// logEvery is how often a failure that goes on is logged.
	logEvery = 5 * time.Minute
	// logAgain is how soon the same failure is logged that came, went and
	// came again.
	logAgain = 10 * time.Second
)

// trouble keeps count of failures, and says what is worth a line in the log: a
// receiver that is away for a day, or comes and goes, must not fill it. Its
// methods return that line, or nothing.
type trouble struct {
	failures   int // in a row
	connecting bool
	since      time.Time
	told       bool // that there are failures
	logged     time.Time
	last       string // what was logged then
	introduced bool   // a connection was logged
}

// fail notes a failure: to connect, or to deliver.
func (t *trouble) fail(text string, connecting bool) string {
	now := time.Now()
	if t.failures++; t.failures == 1 {
		t.since = now
	}
	t.connecting = connecting
	gap := logAgain
	if t.told {
		gap = logEvery
	}
	if text == t.last && now.Sub(t.logged) < gap {
		return ""
	}
	t.told, t.logged, t.last = true, now, text
	return text + "; alerts wait in the outbox"
}

// connected notes a connection. It ends a failure to connect, and no other.
func (t *trouble) connected() string {
	switch {
	case t.failures > 0 && t.connecting:
		t.introduced = true
		return t.over("connected")
	case t.failures == 0 && !t.introduced:
		t.introduced = true
		return "connected"
	}
	return ""
}

// delivered notes that alerts were acknowledged.
func (t *trouble) delivered() string {
	if t.failures == 0 {
		return ""
	}
	return t.over("delivers again")
}

// over ends a failure.
func (t *trouble) over(how string) string {
	told := t.told
	t.failures, t.told = 0, false
	if !told {
		return ""
	}
	return fmt.Sprintf("%s after %s", how, time.Since(t.since).Round(100*time.Millisecond))
}
