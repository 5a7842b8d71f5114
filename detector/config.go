package detector

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/calendar"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Config is the configuration of an Engine.
type Config struct {
	Channel   string
	Format    alert.Format
	DedupSize int
	DedupTTL  time.Duration
	MaxAlerts *hold.Rate // nil: each rule's own

	SuppressBy  []string // fields; empty: only rules with their own suppression
	SuppressFor time.Duration

	// Lateness is how much later than the newest event an event may come and still count
	// for rules with a memory. LearnFor is how long rules of type new_terms only learn and
	// make no alerts, by the time of events, from the first event on.
	Lateness, LearnFor time.Duration

	// Context keeps a history of actors, so that alerts tell what their actors did before.
	// ContextActors is the maximum number of actors in it.
	Context       bool
	ContextActors int
	// Calendar tells business hours and maintenance; nil: nothing does.
	Calendar *calendar.Calendar
	// FollowUp is how long after an alert a record tells what its actor did next; 0:
	// there is none. FollowUpByEvents goes by the time of events, not by that of the host.
	FollowUp         time.Duration
	FollowUpByEvents bool

	// MinLevel is the lowest level of Sigma rules that make alerts; matches of others are
	// counted only.
	MinLevel rule.Level

	Heartbeat time.Duration // between heartbeat records; 0: none
	SelfTest  time.Duration // between self-tests; 0: none

	// NoDedup lets exact duplicates through.
	NoDedup bool
	// NoSuppression lets alerts through that resemble others. The hold-off of rules of type
	// threshold stays.
	NoSuppression bool
	// ReadAll parses also records that cannot match, so that every record is
	// counted by its shape.
	ReadAll bool
	// IgnoreRecordTime leaves an event without a time as it is. Otherwise the time of
	// its record stands for it.
	IgnoreRecordTime bool
}

// maxSuppression is the longest window of suppression.
const maxSuppression = 24 * time.Hour
