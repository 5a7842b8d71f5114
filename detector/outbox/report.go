package outbox

import "time"

// maxReports is the maximum number of reports in a box. They are small, but come at
// intervals: while an input is paused for a day they must not take the room of
// alerts.
const maxReports = 32

// IsReport reports whether this is not an alert of a rule but a record about the
// detector itself, such as a heartbeat.
func (a *Alert) IsReport() bool { return a.Rule == "" }

// Report puts a record that is not an alert in the box, and reports whether there was
// room for it. The consumer that was opened first gets it, whatever its filter.
// Reports are in memory only, and are not among the undelivered alerts.
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
