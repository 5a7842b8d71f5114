package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// figures are the medians of the benchmarks, by name, without "Benchmark" and the
// number of processors, and by unit.
type figures map[string]map[string]float64

// shown are the benchmarks of package detector in the report.
const shown = "^Benchmark(Memory|Rules|Shapes|Matches|Size|Nesting|Goroutines)$"

func runBenchmarks(quick bool) (figures, error) {
	long, times := "200ms", "3"
	if quick {
		long, times = "20ms", "1"
	}
	args := []string{"test", "-run", "^$", "-bench", shown, "-benchtime", long, "-count", times, "./detector"}
	var out bytes.Buffer
	c := exec.Command("go", args...)
	c.Stdout, c.Stderr = io.MultiWriter(os.Stdout, &out), os.Stderr
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return parse(&out), nil
}

var resultLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

func parse(r io.Reader) figures {
	all := map[string]map[string][]float64{}
	for s := bufio.NewScanner(r); s.Scan(); {
		m := resultLine.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		if all[m[1]] == nil {
			all[m[1]] = map[string][]float64{}
		}
		fields := strings.Fields(m[2])
		for i := 0; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				all[m[1]][fields[i+1]] = append(all[m[1]][fields[i+1]], v)
			}
		}
	}
	f := figures{}
	for name, units := range all {
		f[name] = map[string]float64{}
		for unit, values := range units {
			slices.Sort(values)
			f[name][unit] = values[len(values)/2]
		}
	}
	return f
}

// speed returns GB/s, or 0 if the benchmark was not run.
func (f figures) speed(name string) float64 { return f[name]["MB/s"] / 1000 }

// under returns the last parts of the names of sub-benchmarks: the numbers of those of
// the form key=number, in order, and the other names.
func (f figures) under(parent string) (numbers []int, names []string) {
	for name := range f {
		rest, ok := strings.CutPrefix(name, parent+"/")
		if !ok || strings.Contains(rest, "/") {
			continue
		}
		_, value, _ := strings.Cut(rest, "=")
		if n, err := strconv.Atoi(value); err == nil {
			numbers = append(numbers, n)
		} else {
			names = append(names, rest)
		}
	}
	slices.Sort(numbers)
	slices.Sort(names)
	return numbers, names
}
