package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/fluent-detect/fluent-detect/test/bench/workload"
)

// baseline has the figures of the last renewal, by workload.
type baseline struct {
	Go           string             `json:"go"` // the compiler's version
	Arch         string             `json:"arch"`
	Instructions map[string]float64 `json:"instructions_per_byte"`
	Ratios       map[string]float64 `json:"time_to_add_up_the_bytes"`
}

func readBaseline(path string) (b baseline, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func (b baseline) write(path string) error {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// way is a way to measure.
type way struct {
	measure   func(b workload.Binary, name string) (float64, error)
	unit      string
	tolerance float64 // by which part a figure may be above the baseline
}

// lowest measures a workload, and again if the figure is above the limit: randomness
// such as the order of maps may add to it, but a slower workload is above the limit
// every time.
func (w way) lowest(b workload.Binary, name string, limit float64) (got float64, err error) {
	for range 3 {
		v, err := w.measure(b, name)
		if err != nil {
			return 0, err
		}
		if got == 0 || v < got {
			got = v
		}
		if got <= limit {
			break
		}
	}
	return got, nil
}

// compare measures all workloads. The error names those that have become slower.
func compare(base map[string]float64, compiler string, w way, b workload.Binary) error {
	var slower []string
	faster := false
	for _, name := range workload.Names {
		if !workload.Comparable(name) {
			fmt.Printf("NOT TESTED  %s: this processor has no AVX2\n", name)
			continue
		}
		want, ok := base[name]
		if !ok {
			return fmt.Errorf("%s has no %s. Renew it: make guard-renew", baselinePath, name)
		}
		got, err := w.lowest(b, name, want*(1+w.tolerance))
		if err != nil {
			return err
		}
		verdict := ""
		switch {
		case got > want*(1+w.tolerance):
			verdict = "SLOWER"
			slower = append(slower, name)
		case got < want*(1-w.tolerance):
			verdict = "faster"
			faster = true
		}
		fmt.Printf("%-28s %8.3f %s, baseline %8.3f, %+6.1f %%  %s\n", name, got, w.unit, want, 100*(got/want-1), verdict)
	}
	if faster {
		fmt.Println("Some have become faster: make guard-renew keeps it that way.")
	}
	if len(slower) == 0 {
		return nil
	}
	text := fmt.Sprintf("more than %.0f %% above the baseline: %s.\nIf it is worth it, make guard-renew and say in the commit why", 100*w.tolerance, strings.Join(slower, ", "))
	if compiler != runtime.Version() {
		text += fmt.Sprintf(".\nThe baseline is of %s and this is %s, which may be the reason", compiler, runtime.Version())
	}
	return fmt.Errorf("%s", text)
}
