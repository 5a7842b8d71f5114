package terminal

import (
	"os"

	"golang.org/x/term"
)

// Style colours text. The zero Style returns text unchanged.
type Style struct{ on bool }

// StyleOf returns the style for text written to f: with colours if f is a terminal
// that has them and NO_COLOR is not set (no-color.org).
func StyleOf(f *os.File) Style {
	return Style{IsTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Bad is the style of errors.
func (s Style) Bad(text string) string { return s.wrap("31", text) }

// Good is the style of success.
func (s Style) Good(text string) string { return s.wrap("32", text) }

// Doubtful is the style of warnings.
func (s Style) Doubtful(text string) string { return s.wrap("33", text) }

// Strong is the style of headings and results.
func (s Style) Strong(text string) string { return s.wrap("1", text) }

// Faint is the style of details.
func (s Style) Faint(text string) string { return s.wrap("2", text) }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
