// Package logger has the log of all hosts: Fluent Bit's own log for the plugins,
// stderr for the sidecar and the commands.
package logger

import (
	"fmt"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Level is the severity of a line. The numbers are Fluent Bit's.
type Level int

// The levels.
const (
	Error Level = 1
	Warn  Level = 2
	Info  Level = 3
)

// String returns "error", "warning" or "info".
func (l Level) String() string {
	switch l {
	case Error:
		return "error"
	case Warn:
		return "warning"
	}
	return "info"
}

// Log writes a message to the log. It may be called from any goroutine.
type Log func(level Level, message string)

// Infof logs a message at level [Info].
func (log Log) Infof(format string, args ...any) { log(Info, fmt.Sprintf(format, args...)) }

// Warnf logs a message at level [Warn].
func (log Log) Warnf(format string, args ...any) { log(Warn, fmt.Sprintf(format, args...)) }

// Errorf logs a message at level [Error].
func (log Log) Errorf(format string, args ...any) { log(Error, fmt.Sprintf(format, args...)) }

// maxRate limits messages that any record or client can cause.
var maxRate = hold.Rate{Max: 5, Per: time.Minute}

// Limited returns a Log that drops messages beyond a few a minute. The next one
// that is logged tells how many were dropped.
func (log Log) Limited() Log {
	throttle := hold.NewThrottle(maxRate)
	return func(level Level, message string) {
		dropped, ok := throttle.Pass(time.Now())
		if !ok {
			return
		}
		if dropped > 0 {
			message += fmt.Sprintf("; and %d more since the last such message", dropped)
		}
		log(level, message)
	}
}
