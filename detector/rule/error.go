package rule

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with a file of rules or exceptions, or with
// the list of such files.
type Error struct {
	Path         string // empty if the list is wrong
	Line, Column int    // 0 if the error is about the whole file
	Key          string // as in "threat[0].tactic.id"; may be empty
	Message      string // what is wrong and what is allowed
	Err          error  // the cause, or nil
}

// Error returns "path:line:column: key: message", without the parts that are
// empty.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors is everything that is wrong with one or more files.
type Errors []*Error

// ErrSkipped is the cause of an error about a rule that does not run here.
var ErrSkipped = errors.New("the rule does not run here")

// maxShown is how many errors the text of [Errors] contains.
const maxShown = 100

// Error returns a line for each of the first 100 errors, then how many more
// there are.
func (e Errors) Error() string {
	var lines []string
	for _, err := range e[:min(len(e), maxShown)] {
		lines = append(lines, err.Error())
	}
	if len(e) > maxShown {
		lines = append(lines, fmt.Sprintf("and %d more", len(e)-maxShown))
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns all errors.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, err := range e {
		all[i] = err
	}
	return all
}

// Err sorts the errors by position and returns them as an error, nil if there
// are none.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return e
}
