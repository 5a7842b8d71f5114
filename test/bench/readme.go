package main

import (
	"fmt"
	"os"
	"strings"
)

// updateReadme writes what is between these lines of README.md.
const readmeBegin, readmeEnd = "<!-- written by make bench -->\n", "<!-- end -->\n"

// updateReadme writes the figures of a full run to README.md.
func (r *report) updateReadme() error {
	text, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), readmeBegin)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok || !ok2 {
		return fmt.Errorf("README.md has no lines %q and %q with the figures between", strings.TrimSpace(readmeBegin), strings.TrimSpace(readmeEnd))
	}
	return os.WriteFile("README.md", []byte(before+readmeBegin+r.summary()+readmeEnd+after), 0o644)
}

// summary returns the figures in three sentences.
func (r *report) summary() string {
	p := r.pipelines
	ours, theirs := p.Throughput[1], p.Throughput[1]
	for _, t := range p.Throughput {
		if strings.HasPrefix(t.Name, "rewrite_tag") {
			theirs = t
		}
	}
	return fmt.Sprintf("In Fluent Bit %s the built-in rule adds %.2f s of CPU to the %.1f s that a GB of CloudTrail takes anyway to be read and parsed; `rewrite_tag` and `grep` add %.2f s.\n"+
		"The alert is there %.2f s after the line at the median, with `Flush 0.2`; doing nothing costs %.1f ms of CPU a second more, and %.0f MB of memory.\n"+
		"Alone, the engine passes over chunks with nothing to find at %.1f GB/s and reads records at %.1f GB/s, with a thousand rules at %.1f GB/s.\n"+
		"(%s; [all figures](test/bench/results/README.md), [how they were measured](test/bench/README.md).)\n",
		p.FluentBit, ours.Added, p.Throughput[0].CPU, theirs.Added,
		p.Latency.Alert.P50, max(0, p.Idle[1].CPU-p.Idle[0].CPU), p.Idle[1].Resident-p.Idle[0].Resident,
		r.engine.speed("Rules/quiet/rules=builtin"), r.engine.speed("Rules/awake/rules=builtin"), r.engine.speed("Rules/awake/rules=1000"), r.machine)
}
