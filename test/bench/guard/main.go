package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// workloads are the guarded benchmarks of the package detector.
var workloads = []string{
	"Rules/quiet/rules=1",
	"Rules/awake/rules=1",
	"Rules/quiet/rules=85",
	"Rules/awake/rules=85",
	"Rules/awake/rules=1000",
	"Shapes/records",
	"Shapes/text",
	"Shapes/cloudwatch",
	"Matches/per1000=100",
	"Size/objects/bytes=16384",
	"Nesting/depth=32",
}

const baselinePath = "test/bench/baseline.json"

func main() {
	renew := flag.Bool("renew", false, "write the baseline anew instead of comparing with it")
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
	tests := binary(filepath.Join(dir, "detector.test"))
	build := exec.Command("go", "test", "-c", "-o", string(tests), "./detector")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the benchmarks: %w", err)
	}
	if renew {
		return tests.renew()
	}
	if _, err := exec.LookPath("valgrind"); err != nil || runtime.GOARCH != base.Arch {
		fmt.Printf("NOT TESTED  instruction counts: valgrind is not on PATH, or this is not %s. Times are compared instead, coarsely.\n", base.Arch)
		return compare(base.Ratios, base.Go, ratios, tests)
	}
	return compare(base.Instructions, base.Go, instructions, tests)
}

// renew measures in both ways and writes the baseline.
func (b binary) renew() error {
	base := baseline{Go: runtime.Version(), Arch: runtime.GOARCH, Instructions: map[string]float64{}, Ratios: map[string]float64{}}
	for _, way := range []struct {
		way  way
		into map[string]float64
	}{{instructions, base.Instructions}, {ratios, base.Ratios}} {
		for _, name := range workloads {
			v, err := way.way.measure(b, name)
			if err != nil {
				return err
			}
			fmt.Printf("%-28s %8.3f %s\n", name, v, way.way.unit)
			way.into[name] = math.Round(v*1000) / 1000
		}
	}
	return base.write(baselinePath)
}
