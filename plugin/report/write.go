package report

import (
	"cmp"
	_ "embed" // for the template and the script
	"encoding/json"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/page"
)

// Run is what the page says of the run that made the alerts.
type Run struct {
	Version string // of fluent-detect
	Command string
	Files   int
	Bytes   string
	Records uint64
	Events  uint64
	Rules   int            // that ran
	Skipped []rule.Skipped // rules that did not
	// Notes are what could not be read or was left out, and the like.
	Notes []string
}

//go:embed report.html
var pageText string

//go:embed report.js
var script string

var pageTemplate = template.Must(template.New("report").Parse(pageText))

// Write writes the page. Nothing can be added afterwards.
func (r *Report) Write(w io.Writer, run Run) error {
	r.details.flush()
	data, err := json.Marshal(r.data()) // < becomes \u003c
	if err != nil {
		return err
	}
	run.Command = page.Visible(cut(run.Command, maxLong))
	run.Version, run.Bytes = shown(run.Version), shown(run.Bytes)
	for i, note := range run.Notes {
		run.Notes[i] = long(note)
	}
	var skipped [][2]string
	for _, s := range run.Skipped[:min(len(run.Skipped), maxListed)] {
		skipped = append(skipped, [2]string{shown(s.Path), shown(s.Reason)})
	}
	return pageTemplate.Execute(w, map[string]any{
		"Policy":     page.Policy([]string{page.Style}, []string{script}),
		"Style":      template.CSS(page.Style),
		"Script":     template.JS(script),
		"Data":       template.JS(data),
		"Run":        run,
		"Skipped":    skipped,
		"Alerts":     grouped(r.totals.alerts),
		"AlertWord":  strings.TrimLeft(plural(r.totals.alerts, "alert"), "0123456789, "),
		"Count":      r.totals.alerts,
		"Span":       r.span(),
		"Severities": r.severities(),
		"Timeline":   r.drawing(),
		"Rules":      r.ruleList(),
		"Attack":     r.attack(),
		"Actors":     newList(&r.totals.actors, "actor"),
		"Addresses":  newList(&r.totals.addresses, "address"),
		"Systems":    newList(&r.totals.systems, "as"),
		"Limits":     r.leftOut(),
	})
}

// leftOut says what the page does not show.
func (r *Report) leftOut() (list []string) {
	if r.totals.summaries > 0 {
		list = append(list, plural(r.totals.summaries, "summary alert")+" of what rules held back: in the list, not counted as alerts.")
	}
	if r.thinned {
		list = append(list, "There are more than "+grouped(uint64(r.limits.alerts))+" alerts: all are counted, and of each rule the first "+
			grouped(uint64(r.limits.examples))+" are in the list. The filter searches these.")
	}
	if r.details.bare > 0 {
		list = append(list, "The page would become too large: the cards of "+plural(r.details.bare, "alert")+" are without the event.")
	}
	if r.details.none > 0 {
		list = append(list, "The page would become too large: "+plural(r.details.none, "alert")+" have a line and no card.")
	}
	if r.broken > 0 {
		list = append(list, plural(r.broken, "alert")+" could not be read and are left out.")
	}
	if r.followUps > 0 {
		list = append(list, plural(r.followUps, "follow-up")+" beyond the limit are left out.")
	}
	return list
}

func (r *Report) span() string {
	if r.totals.alerts == 0 {
		return ""
	}
	first, last := instant(r.totals.first), instant(r.totals.last)
	if first == last {
		return first
	}
	return first + " to " + last
}

// severityTotal is a tile.
type severityTotal struct {
	Name  string
	Count string
	Peak  string
}

// severities returns the totals, the highest severity first.
func (r *Report) severities() (list []severityTotal) {
	bars, _ := r.bars()
	for s := severities - 1; s >= 0; s-- {
		one := severityTotal{Name: rule.Severities[s], Count: grouped(r.totals.severities[s])}
		var most uint64
		for _, b := range bars {
			if b.counts[s] > most {
				most, one.Peak = b.counts[s], "most at "+instant(b.begin)+" ("+grouped(b.counts[s])+")"
			}
		}
		list = append(list, one)
	}
	return list
}

// maxListed is the maximum number of lines of a table.
const maxListed = 100

// list is a table of names.
type list struct {
	First []*line
	More  []*line
	Total string
	Rest  string // what is not in the table
}

// line is a name with a bar as long as its count.
type line struct {
	*tallied
	Field  string
	Amount string
	Width  int // of 100
}

// maxFirst is the number of lines that are there without a click.
const maxFirst = 8

func newList(t *tally, field string) list {
	l := list{Total: grouped(uint64(len(t.names)))}
	names := t.sorted()
	var lines []*line
	for _, one := range names[:min(len(names), maxListed)] {
		lines = append(lines, &line{one, field, grouped(one.Count), max(1, int(100*one.Count/names[0].Count))})
	}
	n := min(len(lines), maxFirst)
	l.First, l.More = lines[:n], lines[n:]
	rest := t.beyond
	for _, one := range names[len(lines):] {
		rest += one.Count
	}
	if rest > 0 {
		l.Rest = plural(rest, "alert") + " of further names"
	}
	return l
}

// ruleList returns the rules with alerts by their number.
func (r *Report) ruleList() list {
	t := newTally()
	for _, i := range r.order() {
		total := r.rules[i]
		if total.alerts == 0 {
			continue
		}
		name := shown(total.Name)
		if old := t.names[name]; old != nil { // another rule of that name
			old.Count += total.alerts
			continue
		}
		t.names[name] = &tallied{Name: name, Note: total.Type, Count: total.alerts, severity: total.severity}
	}
	return newList(&t, "rule")
}

// order returns the indices of the rules with rows: the highest severity first, then the
// most alerts.
func (r *Report) order() (list []int) {
	for i, total := range r.rules {
		if total.alerts > 0 || total.kept > 0 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(i, j int) int {
		a, b := r.rules[i], r.rules[j]
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.alerts, a.alerts), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// pageData is what the script reads.
type pageData struct {
	Rules   []ruleData       `json:"rules"` // in the order of the page
	Texts   []string         `json:"texts"`
	IDs     []string         `json:"ids"`
	Rows    [][]int64        `json:"rows"` // by id: rule, severity, time, detail, then the columns
	Details []string         `json:"details"`
	PerPart int              `json:"perPart"` // alerts in each of Details
	After   map[string]*side `json:"after"`
}

// ruleData is a rule in it.
type ruleData struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Severity    int      `json:"severity"`
	Alerts      uint64   `json:"alerts"`
	Kept        int      `json:"kept"`
	Kind        string   `json:"kind"`
	Description string   `json:"description"`
	Attack      []string `json:"attack"`
	Benign      []string `json:"benign,omitempty"` // false positives
	Setup       []any    `json:"setup,omitempty"`
	Guide       []any    `json:"guide,omitempty"`
	References  []string `json:"references,omitempty"`
}

func (r *Report) data() *pageData {
	d := &pageData{Rules: []ruleData{}, Texts: r.texts.list, IDs: []string{}, Rows: [][]int64{}, Details: r.details.blocks, PerPart: perBlock, After: map[string]*side{}}
	if d.Details == nil {
		d.Details = []string{}
	}
	place := map[int]int{}
	for _, i := range r.order() {
		place[i] = len(d.Rules)
		d.Rules = append(d.Rules, newRuleData(r.rules[i]))
	}
	for i := range r.rows {
		one := &r.rows[i]
		row := []int64{int64(place[one.rule]), int64(one.severity), one.at, int64(one.detail)}
		for _, text := range one.columns {
			row = append(row, int64(text))
		}
		d.Rows = append(d.Rows, row)
		d.IDs = append(d.IDs, one.id)
		if after := r.follow[one.id]; after != nil {
			d.After[one.id] = after
		}
	}
	return d
}

func newRuleData(t *ruleTotal) ruleData {
	d := ruleData{ID: shown(t.ID), Name: shown(t.Name), Severity: t.severity, Alerts: t.alerts, Kept: t.kept, Description: long(strings.TrimSpace(t.Description)), Attack: []string{}}
	d.Kind = t.Type
	for _, threat := range t.Threat {
		d.Attack = append(d.Attack, shown(strings.TrimSpace(threat.Tactic.ID+" "+threat.Tactic.Name)))
		for _, technique := range threat.Technique {
			d.Attack = append(d.Attack, techniqueName(technique))
			for _, sub := range technique.Subtechnique {
				d.Attack = append(d.Attack, techniqueName(sub))
			}
		}
	}
	for _, text := range t.FalsePositives {
		d.Benign = append(d.Benign, long(text))
	}
	for _, text := range t.References {
		d.References = append(d.References, shown(text))
	}
	d.Setup, d.Guide = guide(t.Setup), guide(t.Note)
	return d
}

func techniqueName(t rule.Technique) string { return shown(strings.TrimSpace(t.ID + " " + t.Name)) }
