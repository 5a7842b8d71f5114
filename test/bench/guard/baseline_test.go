package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/test/bench/workload"
)

func TestCompare(t *testing.T) {
	base := map[string]float64{}
	for _, name := range workload.Names {
		base[name] = 10
	}
	last := workload.Names[len(workload.Names)-1]
	for _, c := range []struct {
		name  string
		last  float64
		fails string // "": no error
	}{
		{"as before", 10, ""},
		{"within what is allowed", 10.9, ""},
		{"slower", 11.1, "more than 10 % above the baseline: " + last + ".\nIf it is worth it, make guard-renew"},
		{"faster", 5, ""},
		{"cannot be measured", -1, "no figure"},
	} {
		w := way{unit: "units", tolerance: 0.10, measure: func(_ workload.Binary, name string) (float64, error) {
			if name != last {
				return 10, nil
			}
			if c.last < 0 {
				return 0, errors.New("no figure")
			}
			return c.last, nil
		}}
		err := compare(base, "go1.0", w, "")
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: the error is %v, want %q in it", c.name, err, c.fails)
		}
	}
	delete(base, last)
	if err := compare(base, "go1.0", way{measure: func(workload.Binary, string) (float64, error) { return 10, nil }, tolerance: 0.1}, ""); err == nil {
		t.Error("a workload without a baseline is ignored")
	}
}

// The baseline has figures of all guarded benchmarks, of both ways, and no others.
func TestBaselineIsComplete(t *testing.T) {
	base, err := readBaseline("../baseline.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, figures := range map[string]map[string]float64{"instructions": base.Instructions, "ratios": base.Ratios} {
		if len(figures) != len(workload.Names) {
			t.Errorf("%d %s, want %d", len(figures), name, len(workload.Names))
		}
		for _, w := range workload.Names {
			if figures[w] <= 0 {
				t.Errorf("no %s of %s", name, w)
			}
		}
	}
}
