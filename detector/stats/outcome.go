package stats

import (
	"fmt"
	"iter"
	"strings"
)

// Outcome is what became of a match.
type Outcome uint8

// Every match has exactly one of these outcomes. A match for which a rule with a memory
// decides about several alerts counts as so many.
const (
	Emitted    Outcome = iota // its alert is in the outbox
	Duplicate                 // alerted before
	Suppressed                // resembles an alert
	Excepted                  // an exception covers it
	Capped                    // over max_alerts
	Failed                    // its alert has no destination
	Remembered                // its rule has a memory, and it was nothing to alert on
	BelowLevel                // the level of its Sigma rule is below min_level
	numOutcomes
)

// The names are those of metrics, heartbeats and logs.
var outcomeNames = [numOutcomes]string{"emitted", "duplicate", "suppressed", "excepted", "capped", "failed", "remembered", "below_level"}

// String returns the name: "emitted".
func (o Outcome) String() string { return outcomeNames[o] }

// Outcomes counts matches by outcome.
type Outcomes [numOutcomes]uint64

// Matched returns the number of matches.
func (o *Outcomes) Matched() uint64 {
	var sum uint64
	for _, n := range o {
		sum += n
	}
	return sum
}

// Alerts returns the number of alerts made, with or without a destination.
func (o *Outcomes) Alerts() uint64 { return o[Emitted] + o[Failed] }

// All returns the outcomes with their counts.
func (o *Outcomes) All() iter.Seq2[Outcome, uint64] {
	return func(yield func(Outcome, uint64) bool) {
		for i, n := range o {
			if !yield(Outcome(i), n) {
				return
			}
		}
	}
}

// Add adds other counts.
func (o *Outcomes) Add(other *Outcomes) {
	for i, n := range other {
		o[i] += n
	}
}

// String returns "matched=3 emitted=1 duplicate=2 …", for the log.
func (o *Outcomes) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "matched=%d", o.Matched())
	for outcome, n := range o.All() {
		fmt.Fprintf(&b, " %s=%d", outcome, n)
	}
	return b.String()
}
