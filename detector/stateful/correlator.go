package stateful

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Correlator evaluates rules and the correlations that refer to them over events, one by
// one, and says what it finds: for tools. Exceptions and duplicates are not considered.
type Correlator struct {
	memory    *Memory
	rules     []*ruleset.Rule
	plans     []*CorrelationPlan // by rule; nil: it is not a correlation
	feeds     [][]Feed
	schema    *event.Schema
	timestamp *event.Field
	digester  Digester
	scratch   Scratch
}

// NewCorrelator returns a correlator for the rules that the memory uses, in their order.
func NewCorrelator(m *Memory, rules []*ruleset.Rule, s *event.Schema) *Correlator {
	c := &Correlator{memory: m, rules: rules, feeds: Feeds(rules), schema: s, timestamp: s.Field("@timestamp"), digester: m.Digester()}
	for _, r := range rules {
		var p *CorrelationPlan
		if r.IsCorrelation() {
			p = NewCorrelationPlan(r)
		}
		c.plans = append(c.plans, p)
	}
	return c
}

// CorrelationFinding is what a correlation says of a match.
type CorrelationFinding struct {
	Rule, Of *ruleset.Rule // the correlation, and the rule that matches
	Finding
}

// Observe evaluates all rules on an event that arrives now. It returns the rules that match,
// and what correlations say of them, in the order in which they know of them.
func (c *Correlator) Observe(e *event.Event, now time.Time) (matches []*ruleset.Rule, findings []CorrelationFinding) {
	c.memory.Begin()
	defer c.memory.Commit()
	one := match{c: c, e: e, now: now, at: Moment{Event: MillisOf(event.ParseTime(e.First(c.timestamp))), Record: Undated}}
	for place, r := range c.rules {
		if c.plans[place] != nil || !r.Program.Match(e) {
			continue
		}
		matches = append(matches, r)
		if len(c.feeds[place]) > 0 && one.id == "" {
			one.identity = c.identify(e)
			one.id = string(e.First(c.schema.Field("event.id")).Bytes())
		}
		one.pass(place, nil, binary.BigEndian.Uint64(one.identity[:]), &c.scratch)
	}
	c.scratch.Release()
	return matches, one.findings
}

// identify returns a digest of what an event is.
func (c *Correlator) identify(e *event.Event) [sha256.Size]byte {
	if e.Schema() == nil { // a document that is none
		return sha256.Sum256(e.Document().Encoded())
	}
	return c.schema.Identify(e)
}

// match is an event that is passed on to correlations.
type match struct {
	c        *Correlator
	e        *event.Event
	now      time.Time
	at       Moment
	identity [sha256.Size]byte
	id       string
	findings []CorrelationFinding
}

func (m *match) pass(place int, group [][]byte, identity uint64, s *Scratch) {
	c := m.c
	for _, f := range c.feeds[place] {
		plan, id := c.plans[f.Rule], c.memory.RuleID(f.Rule)
		values := plan.Values(f.Step, m.e, group, s, &c.digester, id, nil)
		beyond := plan.Groups(f.Step, m.e, group, s, func(by [][]byte) {
			c.digester.Begin(id)
			c.digester.AddGroup(by)
			o := &Observation{Rule: f.Rule, Step: f.Step, Key: c.digester.Key(), At: m.at, Event: identity, ID: m.id, Values: slices.Clone(values)}
			v := c.memory.Observe(o, m.now)
			finding := Finding{By: describeGroup(plan.Fields, by), Text: c.text(f.Rule, o, &v), Alerts: v.Alerts()}
			m.findings = append(m.findings, CorrelationFinding{c.rules[f.Rule], c.rules[place], finding})
			if !v.Alerts() || len(c.feeds[f.Rule]) == 0 {
				return
			}
			alert := event.MemoryAlertID(c.rules[f.Rule].ID, m.identity, plan.Digest(by, v.Window))
			at := m.at
			m.at = Moment{Event: v.Window.To.UnixMilli(), Record: Undated}
			m.pass(f.Rule, by, binary.BigEndian.Uint64(alert[:]), s.Inner())
			m.at = at
		})
		if beyond > 0 {
			text := fmt.Sprintf("%d more groups are not remembered: %d of an event are", beyond, MaxCombinations)
			m.findings = append(m.findings, CorrelationFinding{c.rules[f.Rule], c.rules[place], Finding{Text: text}})
		}
	}
}

func describeGroup(fields []string, by [][]byte) string {
	var parts []string
	for i, v := range by {
		text := "(missing)"
		if v != nil {
			text = string(v[:min(len(v), 256)])
		}
		parts = append(parts, fields[i]+": "+text)
	}
	return strings.Join(parts, ", ")
}

// text says what the memory says of a match.
func (c *Correlator) text(place int, o *Observation, v *Verdict) string {
	of := c.plans[place].Correlation
	switch {
	case v.Result == TooLate:
		return "too late to count: the group has newer events"
	case v.Result == Same:
		return "the same event was counted before"
	case v.Window != nil:
		w := v.Window
		return fmt.Sprintf("reached with %s from %s to %s", amount(of, w.Number), w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
	}
	g, _ := c.memory.look(c.memory.loaded[place], o.Key).(*correlated)
	if g == nil || v.At.UnixMilli() <= g.consumed {
		return "not counted: an alert was made of later events of the group"
	}
	x, ok := g.numberAt(of, v.At.UnixMilli(), c.memory.loaded[place].window)
	if !ok {
		return "not reached: no number in " + of.Values[0]
	}
	return "not reached: " + amount(of, x) + " in the window that ends with this event"
}

// numberAt returns the number of the window that ends then.
func (g *correlated) numberAt(c *rule.Correlation, to, length int64) (float64, bool) {
	w := newTally(c)
	var in []matched
	for i := range g.matches {
		if m := &g.matches[i]; to-length <= m.at && m.at <= to {
			w.add(m, g.isFirst(i))
			in = append(in, *m)
		}
	}
	return w.number(in)
}

// amount returns "2 events, wanted gte 3", or what else a correlation is about.
func amount(c *rule.Correlation, x float64) string {
	number := strconv.FormatFloat(x, 'f', -1, 64)
	var text string
	switch c.Type {
	case rule.EventCount:
		text = number + " " + plural("event", x)
	case rule.ValueCount:
		text = number + " " + plural("value", x) + " of " + strings.Join(c.Values, ", ")
	case rule.Temporal:
		text = fmt.Sprintf("%s of %d rules", number, len(c.Rules))
	case rule.TemporalOrdered:
		text = fmt.Sprintf("%s of %d rules in their order", number, len(c.Rules))
	default:
		text = fmt.Sprintf("a %s of %s", strings.TrimPrefix(c.Type.String(), "value_"), number)
	}
	for i, b := range c.Bounds {
		text += []string{", wanted", " and"}[min(i, 1)] + fmt.Sprintf(" %s %v", b.Operator, b.Number)
	}
	return text
}

func plural(noun string, x float64) string {
	if x == 1 {
		return noun
	}
	return noun + "s"
}
