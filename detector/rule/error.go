package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing wrong with a rule file, or with the key that names the
// files.
type Error struct {
	Path         string // empty when no file is to blame
	Line, Column int    // 0 when the whole file is meant
	Key          string // as in "threat[0].tactic.id"; may be empty
	Message      string // what is wrong and what is allowed
	Err          error  // the cause, when there is one
}

// Error gives "path:line:column: key: message", without the parts that are
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

// Unwrap gives the cause, nil when there is none.
func (e *Error) Unwrap() error { return e.Err }

// shownErrors is how many errors [Errors] spells out.
const shownErrors = 100

// Errors is everything wrong with a set of files, sorted by path, line and
// column.
type Errors []*Error

// Error gives one line for each of the first 100 errors, then how many more
// there are.
func (e Errors) Error() string {
	var b strings.Builder
	for i, one := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == shownErrors {
			fmt.Fprintf(&b, "and %d more", len(e)-i)
			break
		}
		b.WriteString(one.Error())
	}
	return b.String()
}

// Unwrap gives all errors, also those beyond the first 100.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// orNil sorts the errors and makes them an error value, nil if there are none.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return e
}

// Skipped is a rule that was read and left out.
type Skipped struct {
	Path   string
	Line   int
	Name   string
	ID     string
	Reason string
}

// String says which rule it is and why it was left out.
func (s Skipped) String() string {
	return fmt.Sprintf("%s:%d: rule %q: %s", s.Path, s.Line, s.Name, s.Reason)
}

// UnsupportedError is a rule that is well known but not evaluated here, such as
// one in EQL.
type UnsupportedError struct {
	Skipped
	Column int
	Key    string // the key that says so: type, language or filters
}

// Error gives "path:line:column: key: reason".
func (e *UnsupportedError) Error() string { return e.refusal().Error() }

// refusal is the same as one of [Errors], naming the rule.
func (e *UnsupportedError) refusal() *Error {
	message := e.Reason
	if e.Name != "" {
		message = fmt.Sprintf("rule %q: %s", e.Name, e.Reason)
	}
	return &Error{Path: e.Path, Line: e.Line, Column: e.Column, Key: e.Key, Message: message, Err: e}
}
