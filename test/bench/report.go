package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/fluent-detect/fluent-detect/test/bench/chart"
	"github.com/fluent-detect/fluent-detect/test/bench/pipeline"
)

// report has the measurements from which the results are written.
type report struct {
	machine      string
	quick        bool
	engine       figures
	instructions map[string]float64 // a byte, by workload; nil: not counted
	pipelines    *pipeline.Result   // nil: there was no Fluent Bit
}

// write writes the tables and the charts.
func (r *report) write() error {
	var b strings.Builder
	b.WriteString("# What was measured\n\nWritten by `make bench`; [test/bench](../README.md) says how, and what limits the figures.\n\n" + r.machine + ".")
	if r.quick {
		b.WriteString(" A quick run, for trying: the figures are coarse.")
	}
	b.WriteString("\n\n")
	var errs []error
	if r.pipelines == nil {
		b.WriteString("There was no Fluent Bit: whole pipelines were not measured.\n\n")
	} else {
		r.writePipelines(&b)
		errs = append(errs, write("pipelines.svg", r.bars()))
	}
	b.WriteString("## The engine alone\n\nOne goroutine, chunks of 2 MiB, medians. In the same run memory was copied at " +
		fmt.Sprintf("%.1f GB/s and searched for a byte at %.1f GB/s.\n\n", r.engine.speed("Memory/copy"), r.engine.speed("Memory/search_for_a_byte")))
	for _, c := range curves {
		fmt.Fprintf(&b, "### %s\n\n![%[1]s](%s)\n\n%s\n", c.title, c.file, c.table(r.engine))
		if c.file == "rules.svg" {
			b.WriteString(r.ruleSets())
		}
		errs = append(errs, write(c.file, c.draw(r.engine)))
	}
	b.WriteString(r.shapes())
	r.writeInstructions(&b)
	if _, err := os.Stat(results + "/soak.svg"); err == nil {
		b.WriteString("## Over time\n\n![Memory over time](soak.svg)\n\nFrom [soak.csv](soak.csv), which the soak test of test/e2e wrote.\n")
	}
	errs = append(errs, write("README.md", []byte(b.String())))
	if r.pipelines != nil && !r.quick {
		errs = append(errs, r.updateReadme())
	}
	return errors.Join(errs...)
}

func (r *report) writePipelines(b *strings.Builder) {
	p := r.pipelines
	fmt.Fprintf(b, "## In Fluent Bit %s\n\n![CPU that detection adds](pipelines.svg)\n\n", p.FluentBit)
	fmt.Fprintf(b, "%d events, %.0f MB of JSON lines, through `tail` and the JSON parser to `null`; 6 in 3,210 events match. Medians of %d round(s) in turns, of a third of them for what adds most.\n"+
		"Added is CPU over the pipeline that detects nothing in the same round, with the least and the most of the rounds.\n\n",
		p.Volume.Events, float64(p.Volume.Bytes)/1e6, p.Volume.Rounds)
	b.WriteString("| detection | how | CPU s/GB | added | | records/s | resident MB | at most | alerts |\n|---|---|--:|--:|---|--:|--:|--:|--:|\n")
	for _, t := range p.Throughput {
		alerts := fmt.Sprintf("%d of %d", t.Alerts, t.Want)
		fmt.Fprintf(b, "| %s | %s | %.2f | **%.2f** | %.2f to %.2f | %.0f | %.0f | %.0f | %s |\n",
			t.Name, t.Does, t.CPU, t.Added, t.Low, t.High, t.Records, t.Resident, t.Peak, alerts)
	}
	fmt.Fprintf(b, "\n### From the line to the alert\n\nWith `Flush 0.2`, %d lines of either kind, one at a time: seconds from the line in the file until Fluent Bit has written it to another file.\n\n"+
		"| | p50 | p90 | p99 | longest |\n|---|--:|--:|--:|--:|\n", p.Latency.Alert.Count)
	for _, l := range []struct {
		name string
		d    pipeline.Distribution
	}{{"the record, which is not detection", p.Latency.Record}, {"its alert", p.Latency.Alert}, {"its alert, within a second of another", p.Latency.Close}} {
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.2f | %.2f |\n", l.name, l.d.P50, l.d.P90, l.d.P99, l.d.Longest)
	}
	fmt.Fprintf(b, "\n### Beside the detector\n\nWith %d events a second: what the process uses, and how long a line of another input takes to a file, with `Flush 0.2`.\n\n"+
		"| detection | CPU, ms a second | p50 | p90 | p99 | longest |\n|---|--:|--:|--:|--:|--:|\n", pipeline.Rate)
	for _, x := range p.Busy {
		fmt.Fprintf(b, "| %s | %.0f | %.2f | %.2f | %.2f | %.2f |\n", x.Name, x.CPU, x.Line.P50, x.Line.P90, x.Line.P99, x.Line.Longest)
	}
	b.WriteString("\n### With nothing to do\n\n| detection | CPU, ms a second | resident MB |\n|---|--:|--:|\n")
	for _, i := range p.Idle {
		fmt.Fprintf(b, "| %s | %.2f | %.0f |\n", i.Name, i.CPU, i.Resident)
	}
	b.WriteString("\n")
}

func (r *report) bars() []byte {
	var bars []chart.Bar
	for _, t := range r.pipelines.Throughput[1:] {
		bars = append(bars, chart.Bar{Name: t.Name, Value: t.Added, Ours: t.Ours})
	}
	return chart.Bars("CPU that detection adds in Fluent Bit",
		fmt.Sprintf("seconds for a GB of CloudTrail as JSON lines; the rest of the pipeline takes %.1f", r.pipelines.Throughput[0].CPU), bars)
}

// ruleSets returns a table of the sets of rules that are not on the curve.
func (r *report) ruleSets() string {
	text := "| | nothing to find, GB/s | every record read, GB/s | as JSON in text, GB/s |\n|---|--:|--:|--:|\n"
	for _, s := range []struct{ name, benchmark string }{{"the built-in rule", "builtin"}, {"Elastic's AWS rules", "upstream"}} {
		if _, ok := r.engine["Rules/quiet/rules="+s.benchmark]; ok {
			text += fmt.Sprintf("| %s | %.2f | %.2f | %.2f |\n", s.name, r.engine.speed("Rules/quiet/rules="+s.benchmark),
				r.engine.speed("Rules/awake/rules="+s.benchmark), r.engine.speed("Rules/text/rules="+s.benchmark))
		}
	}
	full := r.engine["Matches/per1000=1000"]
	return text + fmt.Sprintf("\nAn alert takes %.1f µs and %.0f allocations, its record included.\n\n", full["ns/alert"]/1000, full["allocs/op"]/full["records"])
}

func (r *report) shapes() string {
	text := "### Forms in which events come\n\nThe built-in rule, every record read.\n\n| form | GB/s | of raw | ns an event | allocations for a chunk |\n|---|--:|--:|--:|--:|\n"
	_, names := r.engine.under("Shapes")
	for _, name := range names {
		f := r.engine["Shapes/"+name]
		text += fmt.Sprintf("| %s | %.2f | %.2f | %.0f | %.0f |\n", strings.ReplaceAll(name, "_", " "), f["MB/s"]/1000, f["MB/s"]/r.engine["Shapes/raw"]["MB/s"], f["ns/record"], f["allocs/op"])
	}
	return text + "\n"
}

// check fails if one of our pipelines did not make the expected alerts: its figures are
// then worthless. Other pipelines may lose alerts, which the table shows.
func (r *report) check() error {
	if r.pipelines == nil {
		return nil
	}
	var errs []error
	for _, t := range r.pipelines.Throughput {
		if t.Ours && t.Alerts != t.Want {
			errs = append(errs, fmt.Errorf("%s made %d alerts, want %d", t.Name, t.Alerts, t.Want))
		}
	}
	return errors.Join(errs...)
}
