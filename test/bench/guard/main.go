package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"

	"github.com/fluent-detect/fluent-detect/test/bench/workload"
)

// The two ways to measure.
var (
	instructions = way{workload.Binary.Instructions, "instructions/B", 0.10}
	ratios       = way{workload.Binary.Ratio, "times the loop", 1}
)

const baselinePath = "test/bench/baseline.json"

func main() {
	renew := flag.Bool("renew", false, "write the baseline instead of comparing with it")
	flag.Parse()
	if err := run(*renew); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func run(renew bool) error {
	base, err := readBaseline(baselinePath)
	if err != nil && !(renew && errors.Is(err, os.ErrNotExist)) {
		return err
	}
	dir, err := os.MkdirTemp("", "guard")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tests, err := workload.Build(dir)
	if err != nil {
		return err
	}
	if renew {
		return renewBaseline(tests)
	}
	if !workload.CanCount() || runtime.GOARCH != base.Arch {
		fmt.Printf("NOT TESTED  instruction counts: valgrind is not on PATH, or this is not %s. Times are compared instead, coarsely.\n", base.Arch)
		return compare(base.Ratios, base.Go, ratios, tests)
	}
	return compare(base.Instructions, base.Go, instructions, tests)
}

// renewBaseline measures in both ways, and writes the baseline.
func renewBaseline(b workload.Binary) error {
	base := baseline{Go: runtime.Version(), Arch: runtime.GOARCH, Instructions: map[string]float64{}, Ratios: map[string]float64{}}
	for _, way := range []struct {
		way  way
		into map[string]float64
	}{{instructions, base.Instructions}, {ratios, base.Ratios}} {
		for _, name := range workload.Names {
			v, err := way.way.lowest(b, name, 0)
			if err != nil {
				return err
			}
			fmt.Printf("%-28s %8.3f %s\n", name, v, way.way.unit)
			way.into[name] = math.Round(v*1000) / 1000
		}
	}
	return base.write(baselinePath)
}
