package settings

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Getter returns the value of a key as the user wrote it, or "" if it is not set.
type Getter func(key string) string

// row is a key with the function that parses its value into a T.
type row[T any] struct {
	Key
	secret bool // the value must not be printed
	list   bool // the value is a list separated by commas
	// set is not called for an empty value: the field keeps its zero value. It
	// returns errInvalid if Key.Type says everything about what is wrong.
	set func(c *T, value string) error
	// Without the keys in needs, or without the condition, the key has no effect
	// and must not be set.
	needs     []string
	condition *condition[T]
}

// condition is something that must be configured for a key to have an effect.
type condition[T any] struct {
	what  string
	holds func(c *T) bool
}

var errInvalid = errors.New("invalid value")

// values are the values of the keys of a table, as texts.
type values[T any] struct {
	table []row[T]
	get   Getter
}

// set returns the value that the user has set.
func (v *values[T]) set(key string) string { return strings.TrimSpace(v.get(key)) }

// read parses the values into c. The errors are of type *KeyError.
func (v *values[T]) read(c *T) []error {
	var errs []error
	for _, r := range v.table {
		value := v.set(r.Name)
		if value == "" {
			value = r.Default
		}
		if value == "" {
			continue
		}
		if err := r.set(c, value); err != nil {
			if errors.Is(err, errInvalid) {
				err = nil
			}
			errs = append(errs, &KeyError{Key: r.Name, Value: r.printable(value), Allowed: r.Type, Err: err})
		}
	}
	for _, r := range v.table {
		if missing := v.missing(r, c); missing != "" && v.set(r.Name) != "" {
			errs = append(errs, &KeyError{Key: r.Name, Err: errors.New("requires " + missing + ", which is not set")})
		}
	}
	return errs
}

// missing returns what the key needs and does not have, or "".
func (v *values[T]) missing(r row[T], c *T) string {
	for _, key := range r.needs {
		if v.set(key) == "" {
			return key
		}
	}
	if r.condition != nil && !r.condition.holds(c) {
		return r.condition.what
	}
	return ""
}

// effective lists the values in effect in the order of the table, without
// secrets.
func (v *values[T]) effective(c *T) string {
	var list []string
	for _, r := range v.table {
		value := v.set(r.Name)
		if value == "" {
			value = r.Default
		}
		if value != "" && v.missing(r, c) == "" {
			list = append(list, fmt.Sprintf("%s=%s", r.Name, r.printable(value)))
		}
	}
	return strings.Join(list, " ")
}

// printable returns the value without secrets.
func (r *row[T]) printable(value string) string {
	if r.secret {
		return Secret(value).String()
	}
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}

func keysOf[T any](table []row[T]) []Key {
	var keys []Key
	for _, r := range table {
		keys = append(keys, r.Key)
	}
	return keys
}
