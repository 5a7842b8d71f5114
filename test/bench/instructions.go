package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/fluent-detect/fluent-detect/test/bench/workload"
)

// countInstructions returns the instructions per byte that the guard watches, by
// workload, or nil if they cannot be counted here.
func countInstructions(quick bool) (map[string]float64, error) {
	if quick || !workload.CanCount() {
		fmt.Println("NOT TESTED  instruction counts: this is a quick run, or valgrind is not on PATH")
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "instructions")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b, err := workload.Build(dir)
	if err != nil {
		return nil, err
	}
	counts := map[string]float64{}
	for _, name := range workload.Names {
		if counts[name], err = b.Instructions(name); err != nil {
			return nil, err
		}
		fmt.Printf("%-28s %8.3f instructions/B\n", name, counts[name])
	}
	return counts, nil
}

func (r *report) writeInstructions(b *strings.Builder) {
	if r.instructions == nil {
		return
	}
	b.WriteString("### Instructions\n\nWhat the processor is told to do for a byte of the chunk, as callgrind counts it, without SIMD but where chunks are searched: the figures that `make guard` watches.\n\n" +
		"| workload | instructions a byte |\n|---|--:|\n")
	for _, name := range workload.Names {
		fmt.Fprintf(b, "| %s | %.2f |\n", name, r.instructions[name])
	}
	b.WriteString("\n")
}
