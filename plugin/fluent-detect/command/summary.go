package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// summary writes what was read, what the rules made of it, and what could not
// be read.
func (r *replay) summary(w io.Writer, interrupted bool) {
	s := r.engine.Stats()
	if interrupted {
		fmt.Fprintln(w, r.app.err.Bad("Interrupted: this is what was read until then."))
	}
	took := time.Since(r.begin)
	rate := float64(r.bytes) / max(took.Seconds(), 0.001)
	fmt.Fprintf(w, "Read %s, %s in %s (%s/s): %s, %s\n", terminal.Plural(len(r.files), "file"), terminal.Bytes(r.bytes),
		took.Round(10*time.Millisecond), terminal.Bytes(int64(rate)), terminal.Plural(s.Records, "record"), terminal.Plural(s.Events, "event"))
	if line := shapes(s); line != "" {
		fmt.Fprintf(w, "Shapes: %s\n", line)
	}
	r.faults.write(w)
	r.ruleTable(w, s)
}

// shapes lists how many records had which shape, those that occurred.
func shapes(s detector.Stats) string {
	var list []string
	for i, n := range s.Shapes {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %s", terminal.Count(n), event.Shape(i)))
		}
	}
	return strings.Join(list, ", ")
}

// column is one column of the table of rules.
type column struct {
	title string
	of    func(*detector.RuleStats) uint64
	sum   uint64
}

// ruleTable writes a line for each rule that matched. Columns without a count
// are left out.
func (r *replay) ruleTable(w io.Writer, s detector.Stats) {
	columns := []column{
		{"MATCHED", (*detector.RuleStats).Matched, s.Matched},
		{"ALERTS", func(s *detector.RuleStats) uint64 { return s.Alerts }, s.Emitted + s.Failed},
		{"DUPLICATE", func(s *detector.RuleStats) uint64 { return s.Duplicate }, s.Duplicate},
		{"SUPPRESSED", func(s *detector.RuleStats) uint64 { return s.Suppressed }, s.Suppressed},
		{"EXCEPTED", func(s *detector.RuleStats) uint64 { return s.Excepted }, s.Excepted},
		{"CAPPED", func(s *detector.RuleStats) uint64 { return s.Capped }, s.Capped},
	}
	n := 2
	for _, c := range columns[2:] {
		if c.sum > 0 {
			columns[n] = c
			n++
		}
	}
	columns = columns[:n]
	all := r.engine.RuleStats()
	matched := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells []string, name string) { fmt.Fprintf(table, "%s\t  %s\n", strings.Join(cells, "\t"), name) }
	for i := range all {
		if all[i].Matched() == 0 {
			continue
		}
		if matched++; matched == 1 {
			var titles []string
			for _, c := range columns {
				titles = append(titles, c.title)
			}
			row(titles, "RULE")
		}
		var cells []string
		for _, c := range columns {
			cells = append(cells, terminal.Count(c.of(&all[i])))
		}
		row(cells, all[i].Rule.Name)
	}
	if matched > 1 {
		var cells []string
		for _, c := range columns {
			cells = append(cells, terminal.Count(c.sum))
		}
		row(cells, "all")
	}
	_ = table.Flush()
	line := fmt.Sprintf("%s of %s matched", terminal.Count(uint64(matched)), terminal.Plural(len(all), "rule"))
	if n := len(r.rules.Skipped); n > 0 {
		line += fmt.Sprintf("; %s skipped, fluent-detect check says why", terminal.Plural(n, "rule"))
	}
	if s.Summaries > 0 {
		line += fmt.Sprintf("; %s of what was held back", terminal.Plural(s.Summaries, "summary alert"))
	}
	fmt.Fprintln(w, line)
}
