package terminal

import (
	"os"

	"golang.org/x/term"
)

// Style colours text, or leaves it as it is. The zero Style leaves it.
type Style struct{ on bool }

// StyleOf returns the style for what is written to f: colours when it is a
// terminal that knows them and NO_COLOR is not set (no-color.org).
func StyleOf(f *os.File) Style {
	return Style{IsTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// IsTerminal reports whether somebody looks at f.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Bad is for what is wrong.
func (s Style) Bad(text string) string { return s.wrap("31", text) }

// Good is for what is right.
func (s Style) Good(text string) string { return s.wrap("32", text) }

// Doubtful is for what may be wrong.
func (s Style) Doubtful(text string) string { return s.wrap("33", text) }

// Strong is for what is to be seen first.
func (s Style) Strong(text string) string { return s.wrap("1", text) }

// Faint is for what is there for those who look for it.
func (s Style) Faint(text string) string { return s.wrap("2", text) }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
