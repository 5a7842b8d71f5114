package stats

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Report is all that a detector counted, at one moment.
type Report struct {
	Counts
	Began    time.Time // when counting began
	Keys     []Key     // the members that unrecognized records have the names in
	Rules    []Rule    // those in force, in their order
	Dedup    hold.DuplicateStats
	SelfTest SelfTest
	// Databases are those that addresses are looked up in.
	Databases []geo.Stat
	// History is that of actors; nil: none is kept.
	History *History
}

// SelfTest counts self-tests: synthetic events that take the path of all events.
type SelfTest struct {
	On             bool
	Runs, Failures uint64
	LastSuccess    time.Time
	Problem        string // of the last one, empty if it passed
}

// Failed reports whether the last self-test failed.
func (s *SelfTest) Failed() bool { return s.On && s.Problem != "" }
