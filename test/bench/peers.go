package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/chart"
	"github.com/fluent-detect/fluent-detect/test/bench/pipeline"
)

// measurePeers writes how Fluent Bit and Vector find one event in 10,000, each in its own
// ways and in ours, to results/peers.md and a chart.
func measurePeers(quick bool) error {
	scale := pipeline.RareScale{Bytes: 150 << 20, Rounds: 5, Latencies: 100, Burst: 20_000}
	if quick {
		scale = pipeline.RareScale{Bytes: 20 << 20, Rounds: 1, Latencies: 10, Burst: 5_000}
	}
	began := time.Now()
	shippers, err := pipeline.MeasureRare("build", scale, func(line string) { fmt.Println(line) })
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# One match in 10,000 events\n\nWritten by `go run ./test/bench peers` in %.0f minutes, %s, %s.", time.Since(began).Minutes(), time.Now().UTC().Format("January 2006"), thisMachine())
	if quick {
		b.WriteString(" A quick run, for trying: the figures are coarse.")
	}
	b.WriteString("\n\nEach way to detect gets the same file of JSON lines. The events are parsed and discarded, the alerts go to another file. CPU and memory are of all processes together,\n" +
		"the sidecar's too; added is CPU over the same shipper without detection in the same round, with the least and the most of the rounds. All other figures are medians of the rounds.\n" +
		"Line to alert: seconds from the line in the file until the alert is in the other one, while there is nothing else to do. The burst is events that match, at once, of which the last\n" +
		"tenth comes again right behind them, as after a rotation or a retry: lost are events without an alert, again those with a second one.\n\n![CPU that detection adds](peers.svg)\n")
	var bars []chart.Bar
	for _, r := range shippers {
		if r.Version == "" {
			fmt.Fprintf(&b, "\n## %s\n\nNot tested: it was not there.\n", r.Shipper)
			continue
		}
		writePeers(&b, &r)
		for _, p := range r.Peers {
			if p.Want > 0 && !r.Slow {
				name := p.Name
				if r.Shipper != shippers[0].Shipper {
					name = r.Shipper + ": " + name
				}
				bars = append(bars, chart.Bar{Name: name, Value: p.Added, Ours: p.Ours})
			}
		}
	}
	bar := chart.Bars("CPU that detection adds, at one match in 10,000 events", "seconds for a GB of CloudTrail as JSON lines", bars)
	if err := errors.Join(write("peers.md", []byte(b.String())), write("peers.svg", bar)); err != nil {
		return err
	}
	fmt.Println("written to", results)
	return checkPeers(shippers)
}

func writePeers(b *strings.Builder, r *pipeline.Rare) {
	fmt.Fprintf(b, "\n## %s\n\nVersion %s. %d events, %.0f MB, %d round(s).\n", r.Shipper, r.Version, r.Volume.Events, float64(r.Volume.Bytes)/1e6, r.Volume.Rounds)
	if r.Slow {
		b.WriteString("\nThis program is so slow that it was built without optimization, as far as one can tell: compare its rows with each other, and not with those of another shipper. It is not in the chart.\n")
	}
	b.WriteString("\n| detection | how | CPU s/GB | added | | events/s | resident MB | at most | alerts | line to alert p50 | p99 | lost in the burst | again |\n|---|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, p := range r.Peers {
		fmt.Fprintf(b, "| %s | %s | %.2f | **%.2f** | %.2f to %.2f | %.0f | %.0f | %.0f | %d of %d | ",
			p.Name, p.Does, p.CPU, p.Added, p.Low, p.High, p.Records, p.Resident, p.Peak, p.Alerts, p.Want)
		if p.Latency.Count > 0 {
			fmt.Fprintf(b, "%.2f | %.2f | %.0f of %.0f | %.0f of %.0f |\n", p.Latency.P50, p.Latency.P99, p.Burst.Lost, p.Burst.Events, p.Burst.Again, p.Burst.Twice)
		} else {
			b.WriteString("– | – | – | – |\n")
		}
	}
	b.WriteString("\nHow each was run, with DIR for a directory of its own, and EVENTS and ALERTS for addresses:\n")
	for _, p := range r.Peers {
		fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n```text\n%s\n```\n", p.Name, strings.Join(p.Commands, "\n"))
		for _, name := range slices.Sorted(maps.Keys(p.Files)) {
			fmt.Fprintf(b, "\n`%s`:\n\n```text\n%s\n```\n", name, strings.TrimSpace(p.Files[name]))
		}
		b.WriteString("\n</details>\n")
	}
}

// checkPeers fails if one of ours did not make the expected alerts.
func checkPeers(shippers []pipeline.Rare) error {
	var errs []error
	for _, r := range shippers {
		for _, p := range r.Peers {
			if p.Ours && (p.Alerts != p.Want || p.Burst.Lost != 0 || p.Burst.Again != 0) {
				errs = append(errs, fmt.Errorf("%s: %s made %d alerts, want %d; in the burst it lost %.0f, and made %.0f again", r.Shipper, p.Name, p.Alerts, p.Want, p.Burst.Lost, p.Burst.Again))
			}
		}
	}
	return errors.Join(errs...)
}
