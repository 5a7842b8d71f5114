package query

import "time"

// Sequence is the root of a query about several events, which come one after the other and
// have the same keys. It is true for an event that is one of its steps, or that ends what
// has begun.
type Sequence struct {
	Steps []Step
	// Until, if not nil, says which events end what has begun.
	Until *Step
	// MaxSpan is the longest time from the first to the last event, 0 if there is none.
	MaxSpan time.Duration
	// Keyword is where the sequence begins.
	Keyword Span
	At      Span
}

// Step is a step of a [Sequence].
type Step struct {
	Node Node
	// By are the keys, as many as those of the other steps: those of equal places are
	// compared.
	By []Key
	// Runs is how many events the step takes, 1 at least.
	Runs int
	// Missing means that there must be no such event.
	Missing bool
	At      Span
}

// Key is a key of a step.
type Key struct {
	Field Field
	// Optional means that events without a value count, and belong together.
	Optional bool
}

// Parts calls do with each step, and with Until.
func (n *Sequence) Parts(do func(*Step)) {
	for i := range n.Steps {
		do(&n.Steps[i])
	}
	if n.Until != nil {
		do(n.Until)
	}
}
