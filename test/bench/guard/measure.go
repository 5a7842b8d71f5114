package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// binary is the path of the compiled benchmarks.
type binary string

// Small chunks, for an instruction takes valgrind fifty times as long.
const chunk = 128 << 10

// args returns the arguments that run the benchmarks, each so many times.
func (b binary) args(times int, names ...string) []string {
	return []string{string(b), "-test.run", "^$", "-test.benchtime", strconv.Itoa(times) + "x", "-test.bench", pattern(names)}
}

// pattern returns the -test.bench of names that have equally many parts.
func pattern(names []string) string {
	var parts []string
	for i := range strings.Count(names[0], "/") + 1 {
		var any []string
		for _, name := range names {
			part := regexp.QuoteMeta(strings.Split(name, "/")[i])
			if i == 0 {
				part = "Benchmark" + part
			}
			any = append(any, part)
		}
		parts = append(parts, "^("+strings.Join(any, "|")+")$")
	}
	return strings.Join(parts, "/")
}

// execute runs a command over small chunks and returns what it wrote.
func execute(args []string, more ...string) ([]byte, error) {
	c := exec.Command(args[0], args[1:]...)
	c.Dir = "detector" // where go test would run it
	c.Env = append(append(os.Environ(), "BENCH_CHUNK="+strconv.Itoa(chunk), "GOMAXPROCS=1"), more...)
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return out, nil
}

// instructions counts without collections of garbage, whose number depends on
// times, and without instructions that not every processor of the architecture
// has.
var instructions = way{unit: "instructions/B", tolerance: 0.10, measure: func(b binary, name string) (float64, error) {
	const few, many = 2, 82
	var counts [2]float64
	var errs [2]error
	var wg sync.WaitGroup
	for i, times := range []int{few, many} {
		wg.Go(func() { counts[i], errs[i] = b.count(name, times) })
	}
	wg.Wait()
	return (counts[1] - counts[0]) / (many - few) / chunk, errors.Join(errs[:]...)
}}

// count counts the instructions of a benchmark and all around it.
func (b binary) count(name string, times int) (float64, error) {
	args := append([]string{"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"}, b.args(times, name)...)
	out, err := execute(args, "GOGC=off", "GODEBUG=asyncpreemptoff=1,cpu.all=off")
	if err != nil {
		return 0, err
	}
	if !bytes.Contains(out, []byte("ns/op")) {
		return 0, fmt.Errorf("there is no benchmark %s", name)
	}
	return number(out, `Collected : (\d+)`)
}

// ratios compares the best of rounds, in each of which the loop is measured too:
// what else the machine does makes times longer only.
var ratios = way{unit: "times the loop", tolerance: 1, measure: func(b binary, name string) (float64, error) {
	const rounds = 9
	var best [2]float64
	for range rounds {
		for i, which := range []string{"Memory/add_up_the_bytes", name} {
			out, err := execute(b.args(200, which))
			if err != nil {
				return 0, err
			}
			speed, err := number(out, `([\d.]+) MB/s`)
			if err != nil {
				return 0, err
			}
			best[i] = max(best[i], speed)
		}
	}
	return best[0] / best[1], nil
}}

// number returns what the pattern's group matches.
func number(text []byte, pattern string) (float64, error) {
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("nothing like %s in\n%s", pattern, text)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
