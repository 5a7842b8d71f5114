package rule

import "slices"

// Severity is the severity of an alert, as the number in event.severity.
type Severity int

// The severities of Elastic's rules.
const (
	Low      Severity = 21
	Medium   Severity = 47
	High     Severity = 73
	Critical Severity = 99
)

var severities = []Severity{Low, Medium, High, Critical}

// Severities are the names of the severities, the lowest first.
var Severities = []string{"low", "medium", "high", "critical"}

// ParseSeverity returns the severity of that name.
func ParseSeverity(name string) (Severity, bool) {
	if i := slices.Index(Severities, name); i >= 0 {
		return severities[i], true
	}
	return 0, false
}

// String returns the name of the severity, or "" if it has none.
func (s Severity) String() string {
	if i := slices.Index(severities, s); i >= 0 {
		return Severities[i]
	}
	return ""
}
