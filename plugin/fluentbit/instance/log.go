package instance

import (
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/limit"
)

// Level is a level of Fluent Bit's log, with its numbers.
type Level int

// The levels that the plugin uses.
const (
	Error Level = 1
	Warn  Level = 2
	Info  Level = 3
)

// Log writes one line to the host's log. It may be called from any goroutine.
type Log func(level Level, line string)

// sparse are messages that may come with every chunk: some of them are logged, a
// few a minute.
type sparse struct{ *limit.Throttle }

func newSparse() sparse { return sparse{limit.NewThrottle(limit.Rate{Max: 5, Per: time.Minute})} }

func (s sparse) log(log Log, level Level, line string) {
	if missed, ok := s.Pass(time.Now()); ok {
		log(level, line+AndMore(missed))
	}
}

// AndMore tells in a message how many like it were not logged before.
func AndMore(missed uint64) string {
	if missed == 0 {
		return ""
	}
	return fmt.Sprintf("; and %d more since the last such message", missed)
}
