package rule

import "time"

// What a rule has when its file does not say.
const (
	DefaultInterval   = "5m"
	DefaultFrom       = "now-6m"
	DefaultMaxSignals = 100
	DefaultVersion    = 1
)

// Rule is one detection rule. Texts are as the file has them.
type Rule struct {
	ID          string // rule_id; a UUID by custom, any text by right
	Name        string
	Description string
	Note        string // investigation guide, Markdown
	Setup       string // what has to be set up for the rule to see anything, Markdown
	Severity    Severity
	RiskScore   int // 0 to 100
	Version     int // from 1; upstream keeps it outside of the file, then it is 1
	Author      []string
	License     string
	References  []string
	Tags        []string

	FalsePositives      []string
	Threat              []Threat
	InvestigationFields []string // fields to look at first

	Type     string // "query"
	Language string // "kuery"
	Query    string // KQL, not looked at yet

	Index             []string // metadata: records come from wherever the host reads
	From              string   // metadata: no record is too old to be evaluated
	Interval          string
	IntervalDuration  time.Duration // of Interval; the window of the cap
	MaxSignals        int           // the cap: alerts in one interval
	TimestampOverride string        // metadata

	BuildingBlock bool   // its alerts are meant for other rules, not for eyes
	Enabled       bool   // false only when the file says so; [Load] leaves such rules out
	Maturity      string // "production", "deprecated", …; empty if the file has none

	Extension FluentDetect
	Notices   []Notice
	Source    Source
}

// Threat is one entry of a rule's mapping to a threat framework.
type Threat struct {
	Framework string // "MITRE ATT&CK"
	Tactic    Tactic
	Technique []Technique
}

// Tactic is what an attacker is after.
type Tactic struct {
	ID        string // "TA0004"
	Name      string
	Reference string // URL
}

// Technique is how an attacker gets there. A subtechnique has no
// subtechniques of its own.
type Technique struct {
	ID           string // "T1098", "T1098.004"
	Name         string
	Reference    string // URL
	Subtechnique []Technique
}

// FluentDetect is what the table [fluent_detect] adds to a rule.
type FluentDetect struct {
	// DedupBy are the fields that make two events the same event. Empty means
	// account and event ID.
	DedupBy []string

	// SuppressBy are the fields whose values group alerts for suppression, and
	// SuppressFor is how long a group stays quiet after its first alert. What
	// the rule does not say is empty: there the configuration's holds. A rule
	// with Elastic's alert_suppression and without suppress_by has both from
	// there.
	SuppressBy  []string
	SuppressFor time.Duration

	// Exceptions is the path of a file of exceptions, as written. A relative
	// one starts from the directory of the rule file.
	Exceptions string

	// Reason is the template of an alert's one-line reason.
	Reason Template

	// Tests are the rule's own tests.
	Tests []Test
}

// Notice tells of something in a rule file that stops nothing but that its
// author may count on, such as a key without effect here.
type Notice struct {
	Key          string
	Line, Column int
	Text         string
}

// Source tells where a rule was read.
type Source struct {
	Path    string // as shown to people; built-in files begin with "builtin/"
	Line    int    // of the [rule] header, or of the rule in an NDJSON file
	SHA256  string // of the whole file, hex
	Ruleset string // "elastic/detection-rules" for Elastic's rules, else empty

	// QueryLine and QueryColumn are where the first character of the query is.
	QueryLine, QueryColumn int

	query []anchor
	id    anchor // of rule_id
}
