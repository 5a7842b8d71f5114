package rule

import "slices"

// Level is the level of a Sigma rule. The zero Level is low, as that of a rule without one.
type Level int8

// The levels, the lowest first.
const (
	LevelInformational Level = iota - 1
	LevelLow
	LevelMedium
	LevelHigh
	LevelCritical
)

// Levels are the names of the levels, the lowest first.
var Levels = []string{"informational", "low", "medium", "high", "critical"}

// ParseLevel returns the level of that name.
func ParseLevel(name string) (Level, bool) {
	i := slices.Index(Levels, name)
	return Level(i) + LevelInformational, i >= 0
}

// String returns the name of the level.
func (l Level) String() string { return Levels[l-LevelInformational] }

// Severity returns the severity and the risk score of alerts of that level.
func (l Level) Severity() (Severity, int) {
	if l == LevelInformational {
		return Low, 1
	}
	s := severities[l]
	return s, int(s)
}
