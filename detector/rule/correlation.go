package rule

import "slices"

// CorrelationType says what of a window of events a correlation looks at.
type CorrelationType uint8

// The types of correlations.
const (
	// EventCount counts events.
	EventCount CorrelationType = iota
	// ValueCount counts the different values of fields.
	ValueCount
	// Temporal counts the rules that match.
	Temporal
	// TemporalOrdered counts the rules that match in the order of the list.
	TemporalOrdered
	// ValueSum, ValueAvg, ValuePercentile and ValueMedian compute with the numbers in a field.
	ValueSum
	ValueAvg
	ValuePercentile
	ValueMedian
)

// CorrelationTypes are the names of the types, as Sigma has them.
var CorrelationTypes = []string{"event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median"}

// String returns the name of the type.
func (t CorrelationType) String() string { return CorrelationTypes[t] }

// IsTemporal reports whether the type is about which rules match.
func (t CorrelationType) IsTemporal() bool { return t == Temporal || t == TemporalOrdered }

// IsNumeric reports whether the type computes with numbers in a field.
func (t CorrelationType) IsNumeric() bool { return t >= ValueSum }

// Correlation says which events in a window are more than each of them.
type Correlation struct {
	Type  CorrelationType
	Rules []Reference // whose matches it is about
	// Aliases are names in Fields and Values that stand for another field in the events of
	// each rule.
	Aliases []Alias
	// Values are the fields whose values are counted or computed with: several are counted
	// as tuples.
	Values   []string
	ValuesAt Place
	// Bounds all have to hold for the number that the type is about. A temporal type
	// without any wants all rules.
	Bounds     []Bound
	Percentile float64 // 0 to 100, of a ValuePercentile
	Generate   bool    // the rules make alerts by themselves too
}

// Reference is the name of a rule, by its ID, name or title.
type Reference struct {
	Name string
	Place
}

// Alias is a name for fields that events of different rules have.
type Alias struct {
	Name   string
	Fields []AliasField
	Place
}

// AliasField is the field that an alias stands for in the events of a rule.
type AliasField struct {
	Rule  Reference
	Field string
}

// Operator compares a number with one of a rule.
type Operator uint8

// The operators.
const (
	Greater Operator = iota
	AtLeast
	Less
	AtMost
	Equal
	NotEqual
)

// Operators are the names of the operators in Sigma.
var Operators = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

// String returns the name of the operator.
func (o Operator) String() string { return Operators[o] }

// ParseOperator returns the operator of that name.
func ParseOperator(name string) (Operator, bool) {
	i := slices.Index(Operators, name)
	return Operator(max(i, 0)), i >= 0
}

// Bound is a comparison with a number.
type Bound struct {
	Operator Operator
	Number   float64
}

// Holds reports whether the comparison holds for x.
func (b Bound) Holds(x float64) bool {
	switch b.Operator {
	case Greater:
		return x > b.Number
	case AtLeast:
		return x >= b.Number
	case Less:
		return x < b.Number
	case AtMost:
		return x <= b.Number
	case Equal:
		return x == b.Number
	}
	return x != b.Number
}

// Hold reports whether all bounds hold for x.
func (c *Correlation) Hold(x float64) bool {
	for _, b := range c.Bounds {
		if !b.Holds(x) {
			return false
		}
	}
	return true
}
