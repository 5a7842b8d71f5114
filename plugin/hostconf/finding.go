package hostconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a position in a file. Line and Column count from 1; 0 is unknown.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column, without unknown parts.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity is the severity of a finding.
type Severity int

// The severities.
const (
	Note    Severity = iota // not wrong, but possibly unexpected
	Warning                 // it works under normal circumstances only
	Error                   // it does not start, or does not work as intended
)

// String returns "note", "warning" or "error".
func (s Severity) String() string { return [...]string{"note", "warning", "error"}[s] }

// Finding is a message about a configuration.
type Finding struct {
	Position
	Severity Severity
	Text     string
}

// String returns the position, a colon and the text.
func (f Finding) String() string { return f.Position.String() + ": " + f.Text }

// findings collects findings.
type findings struct {
	all []Finding
}

func (f *findings) fail(at Position, format string, args ...any) { f.add(at, Error, format, args...) }

func (f *findings) warn(at Position, format string, args ...any) { f.add(at, Warning, format, args...) }

func (f *findings) note(at Position, format string, args ...any) { f.add(at, Note, format, args...) }

func (f *findings) add(at Position, s Severity, format string, args ...any) {
	f.all = append(f.all, Finding{at, s, fmt.Sprintf(format, args...)})
}

// sorted returns the findings in the order of their positions.
func (f *findings) sorted() []Finding {
	slices.SortStableFunc(f.all, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return f.all
}
