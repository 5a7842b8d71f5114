package outbox

import "time"

// maxReports is how many reports wait in a box. They are small, but come by the
// clock: for an input that is paused for a day they must not take the room of
// alerts.
const maxReports = 32

// IsReport reports whether this is no alert of a rule but what a detector says about
// itself, a heartbeat for instance.
func (a *Alert) IsReport() bool { return a.Rule == "" }

// Report puts a record in the box that is no alert, and returns false when the
// box is full or holds too many of them already. The taker that was opened first
// gets it, whatever its filter. A report is in memory only, and at the end it is
// not among what was not delivered.
func (b *Box) Report(at time.Time, record []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reports >= maxReports || b.bytes+len(record) > b.maxBytes {
		return false
	}
	b.bytes += len(record)
	b.count++
	b.add([]Alert{{Time: at, Record: record}}, nil, nil)
	return true
}
