package document

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is the type of a value, in TOML, JSON and YAML.
type Kind uint8

// The kinds of values.
const (
	Table Kind = iota
	List
	String
	Integer
	Float
	Bool
	Time // TOML's dates and times
	Null // of YAML, also where there is nothing behind a key
)

// String returns the kind as in "is a table".
func (k Kind) String() string {
	return [...]string{"a table", "a list", "a string", "an integer", "a number with a fraction", "a boolean", "a date or time", "null"}[k]
}

// Value is a value in a document.
type Value struct {
	Kind  Kind
	Key   string   // in its table; empty in a list
	Text  string   // of a string decoded, of another scalar as written
	Items []*Value // of a table or list, in the order of the file

	parent *Value
	key    int    // offset of the key
	at     int    // offset of the value
	raw    string // of a string as written, with its quotes
	index  map[string]*Value
}

// indexFrom is the number of items from which a table has an index.
const indexFrom = 16

// Get returns the value of a key of a table, or nil.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	if v.index != nil {
		return v.index[key]
	}
	for _, item := range v.Items {
		if item.Key == key {
			return item
		}
	}
	return nil
}

// TextOf returns the text of a scalar in a table, empty if there is none.
func (v *Value) TextOf(key string) string {
	if item := v.Get(key); item != nil {
		return item.Text
	}
	return ""
}

// add adds an item to a list, or to a table that does not have its key.
func (v *Value) add(item *Value) {
	item.parent = v
	v.Items = append(v.Items, item)
	switch {
	case v.Kind != Table || len(v.Items) < indexFrom:
	case v.index != nil:
		v.index[item.Key] = item
	default:
		v.index = make(map[string]*Value, 2*indexFrom)
		for _, i := range v.Items {
			v.index[i.Key] = i
		}
	}
}

// IsEmpty reports whether the value is "", [] or {}.
func (v *Value) IsEmpty() bool { return v.Kind <= String && v.Text == "" && len(v.Items) == 0 }

// Root makes v the root of its tree: keys in messages start from there.
func (v *Value) Root() *Value {
	v.parent = nil
	return v
}

// path returns the path of a key of v, as in "threat[0].tactic.id". An empty key
// stands for v itself.
func (v *Value) path(key string) string {
	var parts []string // from the last to the first
	if key != "" {
		parts = append(parts, "."+key)
	}
	for ; v.parent != nil; v = v.parent {
		if v.parent.Kind == List {
			parts = append(parts, fmt.Sprintf("[%d]", slices.Index(v.parent.Items, v)))
		} else {
			parts = append(parts, "."+v.Key)
		}
	}
	slices.Reverse(parts)
	return strings.TrimPrefix(strings.Join(parts, ""), ".")
}
