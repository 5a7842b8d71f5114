package rule

// Severity is how bad an alert is, as the number that event.severity has. Worse
// ones are greater.
type Severity int

// The four severities of Elastic's rules.
const (
	Low      Severity = 21
	Medium   Severity = 47
	High     Severity = 73
	Critical Severity = 99
)

var severityWords = []string{"low", "medium", "high", "critical"}

// ParseSeverity gives the severity that a word stands for: low, medium, high or
// critical.
func ParseSeverity(word string) (Severity, bool) {
	for _, s := range []Severity{Low, Medium, High, Critical} {
		if s.String() == word {
			return s, true
		}
	}
	return 0, false
}

// String gives the word: "low", "medium", "high", "critical", or "" for a
// number that is none of the four.
func (s Severity) String() string {
	switch s {
	case Low:
		return severityWords[0]
	case Medium:
		return severityWords[1]
	case High:
		return severityWords[2]
	case Critical:
		return severityWords[3]
	}
	return ""
}
