package instance

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
