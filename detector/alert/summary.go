package alert

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// Summary is what was held back, and why.
type Summary struct {
	hold.Held
	Kind SummaryKind // if it is not of suppression or of a cap
	Cap  hold.Rate   // that was reached; zero for the other kinds
	By   []string    // of suppression: "user.name: alice" for each field of the group

	// Of what came in the hold-off of a threshold:
	Key        []byte // what the group is, should By not be known
	DistinctOf string // the field whose distinct values are counted, if any
	Distinct   int
}

// SummaryKind is a kind of summaries of rules with a memory.
type SummaryKind string

// The kinds. The others are "capped" and "suppressed".
const (
	SummaryLearned SummaryKind = "learned"
	SummaryHeldOff SummaryKind = "held_off"
)

// kind is fluent_detect.summary.kind.
func (s *Summary) kind() string {
	switch {
	case s.Kind != "":
		return string(s.Kind)
	case s.Cap.Max > 0:
		return "capped"
	}
	return "suppressed"
}

// reason is the summary's sentence.
func (s *Summary) reason() string {
	from, to := s.Begin.UTC().Format(timeFormat), s.End.UTC().Format(timeFormat)
	var reason string
	switch {
	case s.Kind == SummaryLearned:
		reason = fmt.Sprintf("%d new values were learned from %s to %s, and made no alert", s.Count, from, to)
	case s.Kind == SummaryHeldOff:
		reason = fmt.Sprintf("%d more events of the group came after its alert, from %s to %s", s.Count, from, to)
		if s.DistinctOf != "" {
			reason += fmt.Sprintf(", with %d values of %s", s.Distinct, s.DistinctOf)
		}
		if len(s.By) > 0 {
			reason += " (" + strings.Join(s.By, ", ") + ")"
		}
	case s.Cap.Max > 0:
		reason = fmt.Sprintf("%d more alerts of this rule were held back from %s to %s: the cap is %s", s.Count, from, to, s.Cap)
	default:
		reason = fmt.Sprintf("%d more alerts of this rule were suppressed from %s to %s: they resemble one that came out (%s)",
			s.Count, from, to, strings.Join(s.By, ", "))
	}
	if actions := s.Attribute("actions"); len(actions.Values) > 0 {
		shown := actions.Values[:min(len(actions.Values), maxReasonActions)]
		reason += "; calls: " + strings.Join(shown, ", ")
		if actions.More || len(shown) < len(actions.Values) {
			reason += " and others"
		}
	}
	if s.Attribute(hold.Unnamed).More {
		reason += fmt.Sprintf("; there were more than %d principals, of some there is no alert", hold.MaxPrincipals)
	}
	return reason
}

// maxReasonActions is how many calls the sentence of a summary names.
const maxReasonActions = 8

// MakeSummary appends the summary alert for the alerts that were held back in an
// interval. Its ID is computed from the host, the group and the interval.
func (m *Maker) MakeSummary(dst []byte, s Summary, now time.Time) (hold.Key, []byte) {
	id := sha256.New()
	write(id, []byte(event.IDScheme+"/summary"))
	write(id, []byte(m.rule.ID))
	write(id, []byte(m.observer.Hostname))
	for _, by := range s.By {
		write(id, []byte(by))
	}
	if s.Kind != "" {
		write(id, []byte(s.Kind))
		write(id, s.Key)
	}
	_, _ = id.Write(strconv.AppendInt(nil, s.Begin.UnixNano(), 10))
	var key hold.Key
	id.Sum(key[:0])

	d := &m.doc
	m.head(key, Arrival{Now: now})
	d.setTime(slotEventStart, s.First)
	d.setTime(slotKibanaOriginalTime, s.First)
	d.setTime(slotEventEnd, s.Last)
	d.setString(slotEventReason, s.reason())
	d.setString(slotSummaryKind, s.kind())
	d.setStrings(slotSummaryBy, s.By)
	d.setInt(slotSummaryCount, int64(s.Count))
	d.setTime(slotSummaryFirst, s.First)
	d.setTime(slotSummaryLast, s.Last)
	d.setTime(slotSummaryIntervalBegin, s.Begin)
	d.setTime(slotSummaryIntervalEnd, s.End)
	more := s.Attribute(hold.Unnamed).More
	for _, a := range m.fields.summarized {
		values := s.Attribute(a.name)
		d.setInt(a.count, int64(len(values.Values)))
		if a.list >= 0 {
			d.setStrings(a.list, values.Values)
		}
		more = more || values.More
	}
	d.setBool(slotSummaryMore, more)
	return key, m.finish(dst, m.fields.schema.Sources()[0])
}
