package rule

import (
	"slices"
	"time"
)

// MemoryKind says when a rule with a memory makes an alert.
type MemoryKind uint8

const (
	// NewTerms alerts on values that no event in the window before had.
	NewTerms MemoryKind = iota
	// Threshold alerts when a window has a number of events.
	Threshold
	// Correlated alerts when a window has the matches that a correlation of Sigma describes.
	Correlated
	// Aggregated alerts when the row that a query in ES|QL makes of a group of events is left
	// at its end.
	Aggregated
	// Sequence alerts when events with the same keys came one after the other.
	Sequence
)

// MemoryKinds are the names of the kinds. Their numbers are stored: new ones are added at
// the end.
var MemoryKinds = []string{NewTerms: "new_terms", Threshold: "threshold", Correlated: "correlation", Aggregated: "aggregate", Sequence: "sequence"}

// MemoryTypes are the types of rules that are called like their kind.
var MemoryTypes = []string{NewTerms.String(), Threshold.String()}

// String returns the name of the kind.
func (k MemoryKind) String() string { return MemoryKinds[k] }

// Memory says what a rule remembers of the events that match its query.
type Memory struct {
	Kind MemoryKind
	// Fields are those whose values are remembered in all combinations: the terms, or
	// what events are grouped by. A threshold may have none: there is one group.
	Fields   []string
	FieldsAt Place
	// Parts are what the memory belongs to beside the fields, such as a query: if they change,
	// it begins anew.
	Parts []string
	// Window is how long a combination is known after its last event, or the length of
	// the windows in which events are counted.
	Window time.Duration

	Events int // of a group of a rule that aggregates: how many are kept at most

	// Of a threshold:
	Count      int    // of events in a window from which on it alerts, 1 at least
	Distinct   int    // of values of DistinctOf; 0: they are not counted
	DistinctOf string // a field
	DistinctAt Place
	HoldOff    time.Duration // after the last event of a window that alerted; windows that end in it do not

	Correlation *Correlation // of a correlation; its Fields are the names behind group-by

	// Of a sequence, whose Fields are the keys of its first step, and whose Window is the
	// longest time from its first to its last event:
	Steps  []Step
	Until  *Step // what ends a sequence that has begun; nil: nothing does
	Stages []int // of each event of a match the place of its step
}

// Needed returns the fields without which an event is not remembered: of a sequence the
// keys of any of its steps.
func (m *Memory) Needed() (fields []string) {
	if m.Kind != Sequence {
		return m.Fields
	}
	for i := range m.Steps {
		for _, k := range m.Steps[i].By {
			if !k.Optional && !slices.Contains(fields, k.Field) {
				fields = append(fields, k.Field)
			}
		}
	}
	return fields
}

// Step is a step of a sequence.
type Step struct{ By []Key }

// Key is a field whose values the events of a sequence have in common.
type Key struct {
	Field    string
	Optional bool // events without a value count, and belong together
}
