package event

// Type is the Elasticsearch mapping of a field, as far as it decides what a
// condition on the field means.
type Type uint8

// The types.
const (
	TypeDynamic         Type = iota // not in the table: the type of the value that is met
	TypeKeyword                     // whole value, exact
	TypeConstantKeyword             // the same value in every document
	TypeBoolean
	TypeLong
	TypeDouble
	TypeIP
	TypeDate
	TypeText
	TypeFlattened // a leaf below an object whose keys are not known beforehand
	TypeObject
	TypeNested
	TypeWildcard // as keyword, but made for searches with wildcards
	TypeGeoPoint // an object with lat and lon
	TypeAny      // a member of a source's own records: whatever value is met, as text or as number
)

var typeNames = [...]string{"dynamic", "keyword", "constant_keyword", "boolean", "long", "double", "ip", "date", "text", "flattened", "object", "nested", "wildcard", "geo_point", "any"}

// String returns Elasticsearch's name of the type.
func (t Type) String() string { return typeNames[t] }

// ParseType returns the type of that name, as Elasticsearch's mappings have it:
// the numeric types are long or double here, date_nanos is a date.
func ParseType(name string) (Type, bool) {
	switch name {
	case "integer", "short", "byte", "unsigned_long":
		return TypeLong, true
	case "float", "half_float", "scaled_float":
		return TypeDouble, true
	case "date_nanos":
		return TypeDate, true
	case "match_only_text":
		return TypeText, true
	}
	for t, known := range typeNames {
		if name == known && Type(t) != TypeDynamic && Type(t) != TypeAny {
			return Type(t), true
		}
	}
	return 0, false
}
