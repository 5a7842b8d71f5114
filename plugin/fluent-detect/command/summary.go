package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// summary writes how much was read, what could not be read, and the results of the
// rules.
func (r *replay) summary(w io.Writer, interrupted bool) {
	s := r.counters.Report()
	if interrupted {
		fmt.Fprintln(w, r.app.err.Bad("Interrupted: these are the results so far."))
	}
	took := time.Since(r.begin)
	rate := float64(r.bytes) / max(took.Seconds(), 0.001)
	fmt.Fprintf(w, "Read %s, %s in %s (%s/s): %s, %s\n", terminal.Plural(r.pipe.Files(), "file"), terminal.Bytes(r.bytes),
		took.Round(10*time.Millisecond), terminal.Bytes(int64(rate)), terminal.Plural(s.Records, "record"), terminal.Plural(s.Events, "event"))
	if line := shapes(&s); line != "" {
		fmt.Fprintf(w, "Shapes: %s\n", line)
	}
	r.app.writeSkipped(w, r.pipe.Skipped())
	r.faults.write(w)
	r.ruleTable(w, &s)
}

// shapes lists the number of records by shape.
func shapes(s *stats.Report) string {
	var list []string
	for i, n := range s.Shapes {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %s", terminal.Count(n), envelope.Shape(i)))
		}
	}
	if s.Unread > 0 {
		list = append(list, terminal.Count(s.Unread)+" unreadable")
	}
	if s.Unrecognized > 0 {
		list = append(list, terminal.Count(s.Unrecognized)+" unrecognised")
	}
	return strings.Join(list, ", ")
}

// column is a column of the table of rules.
type column struct {
	title string
	of    func(*stats.Outcomes) uint64
}

// columns returns the columns of the table, without those of outcomes that did not
// occur. An alert without a destination counts as an alert here.
func columns(s *stats.Report) []column {
	list := []column{{"MATCHED", (*stats.Outcomes).Matched}, {"ALERTS", (*stats.Outcomes).Alerts}}
	for outcome, n := range s.Outcomes.All() {
		if n > 0 && outcome != stats.Emitted && outcome != stats.Failed {
			list = append(list, column{strings.ToUpper(outcome.String()), func(o *stats.Outcomes) uint64 { return o[outcome] }})
		}
	}
	return list
}

// ruleTable writes a row for each rule that matched.
func (r *replay) ruleTable(w io.Writer, s *stats.Report) {
	columns := columns(s)
	matched := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells []string, name string) { fmt.Fprintf(table, "%s\t  %s\n", strings.Join(cells, "\t"), name) }
	cells := func(o *stats.Outcomes) (list []string) {
		for _, c := range columns {
			list = append(list, terminal.Count(c.of(o)))
		}
		return list
	}
	for i := range s.Rules {
		one := &s.Rules[i]
		if one.Outcomes.Matched() == 0 {
			continue
		}
		if matched++; matched == 1 {
			var titles []string
			for _, c := range columns {
				titles = append(titles, c.title)
			}
			row(titles, "RULE")
		}
		row(cells(&one.Outcomes), one.Name)
	}
	if matched > 1 {
		row(cells(&s.Outcomes), "all")
	}
	_ = table.Flush()
	r.memoryLines(w, s)
	line := fmt.Sprintf("%s of %s matched", terminal.Count(uint64(matched)), terminal.Plural(len(s.Rules), "rule"))
	if n := len(r.rules.Skipped); n > 0 {
		line += fmt.Sprintf("; %s skipped, fluent-detect check lists the reasons", terminal.Plural(n, "rule"))
	}
	if s.Summaries > 0 {
		line += fmt.Sprintf("; %s of what was held back", terminal.Plural(s.Summaries, "summary alert"))
	}
	fmt.Fprintln(w, line)
}

// memoryLines writes what rules with a memory have left out.
func (r *replay) memoryLines(w io.Writer, s *stats.Report) {
	for i := range s.Rules {
		m := s.Rules[i].Memory
		if m == nil {
			continue
		}
		line := func(n uint64, what, hint string) {
			if n > 0 {
				fmt.Fprintf(w, "%s %s: %s %s\n", r.app.err.Doubtful("Left out:"), s.Rules[i].Name, terminal.Plural(n, what), hint)
			}
		}
		line(m.Late, "event", "came later than --lateness allows; --sort evaluates them in their order")
		line(m.Evicted, "key", "forgotten, because the rule had too much to remember")
		line(m.Beyond, "combination", "of events with very many values")
	}
}
