package sidecar

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/limit"
)

// Level is how much a line of the log matters.
type Level string

// The levels.
const (
	Info  Level = "info"
	Warn  Level = "warning"
	Error Level = "error"
)

// Log writes one line to the log. It may be called from any goroutine.
type Log func(level Level, line string)

// sparse are messages that may come with every request: some of them are logged,
// a few a minute.
type sparse struct{ throttle *limit.Throttle }

func newSparse() sparse {
	return sparse{limit.NewThrottle(limit.Rate{Max: 5, Per: time.Minute})}
}

func (s sparse) log(log Log, level Level, line string) {
	missed, ok := s.throttle.Pass(time.Now())
	if !ok {
		return
	}
	if missed > 0 {
		line += fmt.Sprintf("; and %d more since the last such message", missed)
	}
	log(level, line)
}

// printable returns text of others as a line of at most that many bytes: what
// could mislead a terminal or a reader of lines is replaced.
func printable(text string, most int) string {
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(text, "?"))
}

// count returns "1 rule", "2 rules".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
