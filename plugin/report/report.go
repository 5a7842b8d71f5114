package report

import (
	"bytes"
	"encoding/json"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/page"
)

const (
	// MaxAlerts is the maximum number of alerts that all have a card. If there are more,
	// only the first Examples of each rule have one.
	MaxAlerts = 20_000
	// Examples is the number of alerts of a rule that have a card, if there are more than
	// MaxAlerts in all.
	Examples = 20

	// maxShown is the maximum length of a text in the list of alerts, in characters.
	maxShown = 200
)

// Report collects alerts. It is not for concurrent use.
type Report struct {
	rules   []*ruleTotal
	byID    map[string]int
	texts   texts
	rows    []row
	details details
	follow  map[string]*side // by the id of the alert
	totals  totals
	limits  limits
	thinned bool // there were more than limits.alerts

	broken    uint64 // alerts that are not readable
	followUps uint64 // follow-ups beyond limits.alerts
}

// limits are constants, but for tests.
type limits struct{ alerts, examples int }

// ruleTotal is a rule with the number of its alerts.
type ruleTotal struct {
	*rule.Rule
	alerts   uint64 // all
	kept     int    // rows
	severity int    // the highest of its alerts, an index of rule.Severities
}

// row is an alert in the list.
type row struct {
	id       string
	at       int64 // of the event, in milliseconds since 1970
	severity int   // an index of rule.Severities
	rule     int   // an index of Report.rules
	columns  [columns]int
	detail   int // its number in details; -1: left out
}

// What the list says of an alert: texts, by which it is filtered too.
const (
	columnActor = iota
	columnAction
	columnAddress
	columnAccount
	columnRegion
	columnOutcome
	columnTarget
	columnAS
	columnCountry
	columnClient
	columnReason
	columns
)

// New returns a report without alerts. The rules are those that may have made them.
func New(rules []*rule.Rule) *Report {
	r := &Report{
		byID: map[string]int{}, follow: map[string]*side{}, texts: newTexts(), totals: newTotals(),
		limits: limits{MaxAlerts, Examples}, details: details{max: maxDetails},
	}
	for _, one := range rules {
		if _, known := r.byID[one.ID]; !known {
			r.byID[one.ID] = len(r.rules)
			r.rules = append(r.rules, &ruleTotal{Rule: one})
		}
	}
	return r
}

// Add adds an alert, as JSON in any of the formats of alerts. event is the event that it
// is about, as JSON; nil if it is about several ones, or not known. A follow-up is added
// to its alert, and reports of the detector about itself are left out.
func (r *Report) Add(alert, event []byte) {
	d, ok := parse(alert)
	if !ok {
		r.broken++ // the detector's alerts are JSON
		return
	}
	if of := d.text("fluent_detect.follow_up.of"); of != "" {
		if len(r.follow) < r.limits.alerts {
			r.follow[of] = d.side("after")
		} else {
			r.followUps++
		}
		return
	}
	if !d.isAlert() {
		return
	}
	one, texts := r.row(d)
	r.totals.add(d, &one, &texts)
	total := r.rules[one.rule]
	total.alerts++
	total.severity = max(total.severity, one.severity)
	if !r.thinned && len(r.rows) == r.limits.alerts {
		r.thin()
	}
	if r.thinned && total.kept >= r.limits.examples {
		return
	}
	total.kept++
	for i, text := range texts {
		one.columns[i] = r.texts.number(text)
	}
	one.detail = r.details.add(r.detail(d, event), event != nil)
	r.rows = append(r.rows, one)
}

// Alerts returns the number of alerts that were added, summaries left out.
func (r *Report) Alerts() uint64 { return r.totals.alerts }

// EventDigest returns the digest of the event that an alert is about, as JSON in any of
// the formats; "" if it is about several ones.
func EventDigest(alert []byte) string {
	d, _ := parse(alert)
	return d.text("fluent_detect.event.sha256")
}

// row returns the row of an alert, and the texts of its columns.
func (r *Report) row(d document) (one row, texts [columns]string) {
	one = row{id: shown(d.text("alert_id")), at: d.time("event.start").UnixMilli(), severity: d.severity(), rule: r.ruleOf(d)}
	if d.time("event.start").IsZero() {
		one.at = d.time("@timestamp").UnixMilli()
	}
	for i, text := range d.columns() {
		texts[i] = shown(text)
	}
	return one, texts
}

// ruleOf returns the index of the rule of an alert, which becomes known if it is not.
func (r *Report) ruleOf(d document) int {
	id := d.text("rule.id")
	i, ok := r.byID[id]
	if !ok {
		i = len(r.rules)
		r.byID[id] = i
		r.rules = append(r.rules, &ruleTotal{Rule: &rule.Rule{ID: id, Name: d.text("rule.name"), Description: d.text("rule.description")}})
	}
	return i
}

// thin leaves of each rule the first examples only.
func (r *Report) thin() {
	r.thinned = true
	for _, total := range r.rules {
		total.kept = 0
	}
	old, texts := r.details, r.texts.list
	r.details, r.texts = details{max: old.max}, newTexts()
	number := -1
	next := old.each()
	kept := r.rows[:0]
	for _, one := range r.rows {
		var text []byte
		for one.detail > number {
			text = next()
			number++
		}
		total := r.rules[one.rule]
		if total.kept >= r.limits.examples {
			continue
		}
		total.kept++
		if one.detail >= 0 {
			one.detail = r.details.add(func(bool) []byte { return text }, false)
		}
		for i, n := range one.columns {
			one.columns[i] = r.texts.number(texts[n])
		}
		kept = append(kept, one)
	}
	clear(r.rows[len(kept):])
	r.rows = kept
}

// detail returns a function that returns what a card shows, with the event or without.
func (r *Report) detail(d document, event []byte) func(whole bool) []byte {
	return func(whole bool) []byte {
		c := card{Answers: d.answers(), Before: d.side("before"), After: d.side("after"), Summary: d.summary(), Reason: d.text("event.reason"), Fields: d.fields(event != nil)}
		if event != nil {
			c.Raw = "left out"
			if whole {
				c.Raw, c.Cut = shorten(event)
			}
		}
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false) // it is compressed, and becomes text
		_ = e.Encode(&c)       // it has texts only
		return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	}
}

// card is what an opened alert shows.
type card struct {
	Reason  string      `json:"reason,omitempty"`
	Summary string      `json:"summary,omitempty"`
	Answers []answer    `json:"answers"`
	Before  *side       `json:"before,omitempty"`
	After   *side       `json:"after,omitempty"`
	Fields  [][2]string `json:"fields"`
	Raw     string      `json:"raw,omitempty"`
	Cut     bool        `json:"cut,omitempty"` // long parts of Raw are left out
}

// shown returns a text of the list.
func shown(text string) string { return page.Visible(cut(text, maxShown)) }

// texts gives each text a number.
type texts struct {
	list    []string
	numbers map[string]int
}

func newTexts() texts { return texts{[]string{""}, map[string]int{"": 0}} }

func (t *texts) number(text string) int {
	n, ok := t.numbers[text]
	if !ok {
		n = len(t.list)
		t.numbers[text] = n
		t.list = append(t.list, text)
	}
	return n
}
