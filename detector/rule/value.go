package rule

// kind is what a value of a file is. TOML and JSON share them.
type kind uint8

const (
	kindTable kind = iota
	kindArray
	kindString
	kindInteger
	kindFloat
	kindBool
	kindTime // TOML's four dates and times
)

// String names a kind as in "is a table".
func (k kind) String() string {
	return [...]string{"a table", "a list", "a string", "an integer", "a number with a fraction", "a boolean", "a date or time"}[k]
}

// value is a value of a file and the place it was read from.
type value struct {
	kind kind
	at   int    // offset of its first byte
	text string // a string decoded, any other scalar as written
	raw  string // a string as written, quotes included

	items   []*value // of an array
	members []member // of a table, in file order
	index   map[string]int
}

// member is one key of a table.
type member struct {
	key   string
	at    int // offset of the key
	value *value
}

// indexFrom is the number of members from which a table looks keys up in a map.
const indexFrom = 16

// get finds a key of a table. Nil tables have no keys.
func (v *value) get(key string) *member {
	if v == nil {
		return nil
	}
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			return &v.members[i]
		}
		return nil
	}
	for i := range v.members {
		if v.members[i].key == key {
			return &v.members[i]
		}
	}
	return nil
}

// add appends a key that the table does not have yet.
func (v *value) add(m member) {
	if v.index != nil {
		v.index[m.key] = len(v.members)
	}
	v.members = append(v.members, m)
	if v.index == nil && len(v.members) >= indexFrom {
		v.index = make(map[string]int, 2*indexFrom)
		for i := range v.members {
			v.index[v.members[i].key] = i
		}
	}
}

// isEmpty reports whether a value holds nothing: "", [] or {}.
func (v *value) isEmpty() bool {
	switch v.kind {
	case kindTable:
		return len(v.members) == 0
	case kindArray:
		return len(v.items) == 0
	case kindString:
		return v.text == ""
	}
	return false
}
