package detector

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// Host is what an Engine needs from its environment.
type Host struct {
	Outbox   *outbox.Box
	Observer alert.Observer
	// State is the state of a previous Engine, or NewState().
	State *State
	// Store keeps alerts and State's memories on disk; nil: memory only. Name
	// identifies the detector among those that share the Store.
	Store Store
	Name  string
	// Lost handles an alert that no consumer takes, also one that a previous Engine
	// left. The alert is not kept.
	Lost func(outbox.Alert)
	// Warn logs a line that an operator should know, Info one that he may like to know.
	Warn func(line string)
	Info func(line string)
	Now  func() time.Time // nil: time.Now
}
