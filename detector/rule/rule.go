// Package rule defines detection rules and exceptions, free of the formats of
// the files that they are read from.
//
// The packages below it read those files: files finds them, elastic and native
// read them. Nothing changes a rule once it is loaded.
package rule

import (
	"fmt"
	"strings"
	"time"
)

// What a rule has if its file does not say.
const (
	DefaultInterval   = "5m"
	DefaultFrom       = "now-6m"
	DefaultMaxSignals = 100
	DefaultVersion    = 1
)

// Rule is one detection rule. Texts are as the file has them.
type Rule struct {
	ID          string // by convention a UUID
	Name        string
	Description string
	Note        string // investigation guide, Markdown
	Setup       string // what must be set up for the rule to work, Markdown
	Severity    Severity
	RiskScore   int // 0 to 100
	Version     int // from 1
	Author      []string
	License     string
	References  []string
	Tags        []string

	FalsePositives      []string
	Threat              []Threat
	InvestigationFields []string // fields to look at first

	Type  string // as the file has it, such as "eql"; of a Sigma rule "sigma"
	Query Query
	// Memory says what a rule remembers of the events that match its query; nil for a
	// rule about one event.
	Memory *Memory

	Index             []string      // metadata: the host decides where records come from
	From              string        // metadata: records of any age are evaluated
	LookBack          time.Duration // of From, of a rule of type esql; 0 if it is not understood
	FromAt            Place         // of a rule of type esql
	Interval          string        // as written
	IntervalDuration  time.Duration // of Interval; the window of the cap
	MaxSignals        int           // the cap: alerts in one interval
	TimestampOverride string        // metadata

	BuildingBlock bool   // its alerts are input for other rules rather than for people
	Enabled       bool   // false if the file disables it
	Maturity      string // "production", "deprecated", …; empty if the file has none

	Extension Extension
	Sigma     *Sigma // nil for rules of other formats
	Notices   []Notice
	Source    Source
}

// Sigma is what a Sigma rule has besides.
type Sigma struct {
	Name      string // by which correlations and filters may name it; may be empty
	Level     Level
	Status    string // may be empty
	LogSource LogSource
	Fields    []string // to look at first, by the names of the source's own records
	Groups    []string // IDs of ATT&CK
	Software  []string
	Condition string // for people
	// SharedID is the ID in the file of a rule if another one has it too: the rule is there
	// for the correlations of its own file, and makes no alerts by itself. Its own ID is made
	// up. Else it is empty.
	SharedID string
}

// IsCalled reports whether a Sigma rule has that ID, name or title.
func (r *Rule) IsCalled(name string) bool {
	return r.Sigma != nil && name != "" && (strings.EqualFold(name, r.ID) || strings.EqualFold(name, r.Sigma.SharedID) || name == r.Sigma.Name || name == r.Name)
}

// LogSource says of which events a Sigma rule is. What is empty is not said.
type LogSource struct{ Category, Product, Service string }

// Contains reports whether all events of the other log source are of this one.
func (s LogSource) Contains(other LogSource) bool {
	covers := func(own, others string) bool { return own == "" || own == others }
	return covers(s.Category, other.Category) && covers(s.Product, other.Product) && covers(s.Service, other.Service)
}

// Filter is a condition that is added to Sigma rules from another file.
type Filter struct {
	Name      string
	ID        string   // may be empty
	Rules     []string // IDs, names or titles of rules; nil: of all rules
	LogSource LogSource
	Query     Query // its first document is the filter
	Source    Source
}

// Threat is one entry of a rule's mapping to a threat framework.
type Threat struct {
	Framework string // "MITRE ATT&CK"
	Tactic    Tactic
	Technique []Technique
}

// Tactic is the goal of an attack.
type Tactic struct {
	ID        string // "TA0004"
	Name      string
	Reference string // URL
}

// Technique is a way to reach the goal. A subtechnique has no subtechniques of
// its own.
type Technique struct {
	ID           string // "T1098", "T1098.004"
	Name         string
	Reference    string // URL
	Subtechnique []Technique
}

// Extension is what fluent-detect adds to a rule.
type Extension struct {
	// DedupBy are the fields that identify an event. Empty: its alert's id does.
	DedupBy []string
	DedupAt Place

	// SuppressBy are the fields by which alerts are grouped for suppression;
	// SuppressFor is how long the alerts that follow the first one of a group are
	// suppressed. Where they are empty, the settings of the detector apply.
	SuppressBy  []string
	SuppressAt  Place
	SuppressFor time.Duration
	// SuppressMissing: that a field has no value is a value like others, in rules of type
	// esql.
	SuppressMissing bool

	// Exceptions is the path of a file of exceptions, as written. A relative
	// path starts from the directory of the rule file.
	Exceptions string

	// Window and HoldOff take the place of those that follow from the rule; LearnFor
	// takes the place of the detector's setting. Nil: they do not.
	Window, HoldOff, LearnFor *time.Duration

	// Reason is the template of an alert's one-line reason.
	Reason Template

	Tests []Test
}

// Place is where a rule file has a value.
type Place struct {
	Key          string // "suppress_by"
	Line, Column int
}

// Test is a test of a rule: events, one after the other, and of which of them the rule must
// make an alert.
type Test struct {
	Name   string // unique in the rule
	Events []TestEvent
	Line   int // of the test in the file
}

// TestEvent is an event of a test.
type TestEvent struct {
	Event  []byte    // one JSON value, in any shape that a record may have
	Time   time.Time // zero, or the time that the event was given
	Expect string    // ExpectAlert or ExpectNone
	Line   int       // of the event, or of its test, in the file
}

// What a [TestEvent] may expect.
const (
	ExpectAlert = "alert"
	ExpectNone  = "none"
)

// WantAlert reports whether the rule must make an alert of the event.
func (t *TestEvent) WantAlert() bool { return t.Expect == ExpectAlert }

// Exception describes known events for which a rule makes no alerts.
type Exception struct {
	Rule    string // slug or ID of the rule, or "*" for all rules
	Query   Query  // of the events
	Owner   string // who answers for it
	Reason  string
	Expires time.Time // when it ceases to apply
	Source  Source
}

// Notice is about something in a rule file that is not an error but may surprise
// its author, such as a key without effect.
type Notice struct {
	Key          string
	Line, Column int
	Text         string
}

// Source tells where a rule or an exception was read.
type Source struct {
	Path             string // as shown to people; that of a built-in file begins with "builtin/"
	Named            bool   // the file was named, not a directory or a glob that it is in
	Line             int    // where the rule begins
	IDLine, IDColumn int    // of the rule's ID
	SHA256           string // of the whole file, hex
	Ruleset          string // "elastic/detection-rules" for Elastic's rules, else empty
}

// Set is what a file or several files contain.
type Set struct {
	Rules   []*Rule
	Skipped []Skipped
	Filters []*Filter
}

// Skipped is a rule that was read and does not run here.
type Skipped struct {
	Path         string
	Line, Column int
	Key          string // that is the reason, as in "language"; may be empty
	Name         string
	ID           string
	Called       string // the name by which correlations of Sigma may refer to it; may be empty
	Reason       string
	Type         string // of the rule as its file has it, such as "eql"; empty if it is not known
}

// String returns "path:line: rule "name": reason".
func (s Skipped) String() string {
	return fmt.Sprintf("%s:%d: rule %q: %s", s.Path, s.Line, s.Name, s.Reason)
}

// Refusal returns the error for a rule that was asked for by name and does not
// run here.
func (s Skipped) Refusal() *Error {
	message := s.Reason
	if s.Name != "" {
		message = fmt.Sprintf("rule %q: %s", s.Name, s.Reason)
	}
	return &Error{Path: s.Path, Line: s.Line, Column: s.Column, Key: s.Key, Message: message, Err: ErrSkipped}
}
