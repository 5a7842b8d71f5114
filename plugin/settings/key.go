package settings

import (
	"errors"
	"fmt"
)

// Key describes one configuration key.
type Key struct {
	Name    string
	Type    string // the values it accepts, for messages and documentation; follows "must be"
	Default string
	Meaning string
}

// Secret is a text that must not appear in logs. Convert it to a string to use it.
type Secret string

// String does not return the secret.
func (Secret) String() string { return "(secret)" }

// GoString does not return it either.
func (Secret) GoString() string { return "(secret)" }

// KeyError is an invalid value of a key.
type KeyError struct {
	Key, Value string
	// Allowed is the key's Type. It is empty if the value is valid by itself but
	// not together with the other keys.
	Allowed string
	Err     error // details, or nil
}

// maxShown is how many bytes of an invalid value are shown.
const maxShown = 200

// Error names the key, the value and the allowed values.
func (e *KeyError) Error() string {
	if e.Allowed == "" {
		return fmt.Sprintf("%s: %v", e.Key, e.Err)
	}
	value := e.Value
	if len(value) > maxShown {
		value = value[:maxShown] + "…"
	}
	s := fmt.Sprintf("%s: invalid value %q: must be %s", e.Key, value, e.Allowed)
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}

func (e *KeyError) Unwrap() error { return e.Err }

// Errors returns the errors that err joins, at any depth.
func Errors(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &joined):
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Errors(e)...)
	}
	return all
}
