// Package workload runs benchmarks of package detector in a way that makes figures of
// different days comparable: it counts the processor's instructions, or compares times
// with those of a loop over the same bytes.
package workload

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/cpu"
)

// Names are the benchmarks of package detector that are guarded.
var Names = []string{
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

// Comparable reports whether the figures of a benchmark are comparable with the
// baseline's, which was measured with AVX2.
func Comparable(name string) bool { return !isSearch(name) || cpu.X86.HasAVX2 }

func isSearch(name string) bool { return strings.HasPrefix(name, "Rules/quiet/") }

// Binary is the path of the compiled benchmarks.
type Binary string

// Build compiles the benchmarks into a directory.
func Build(dir string) (Binary, error) {
	b := Binary(filepath.Join(dir, "detector.test"))
	build := exec.Command("go", "test", "-c", "-o", string(b), "./detector")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the benchmarks: %w\n%s", err, out)
	}
	return b, nil
}

// chunk is the size of a chunk, which is small because valgrind is fifty times slower.
const chunk = 128 << 10

// args returns the arguments that run the benchmarks, each so many times.
func (b Binary) args(times int, names ...string) []string {
	return []string{string(b), "-test.run", "^$", "-test.benchtime", strconv.Itoa(times) + "x", "-test.bench", pattern(names)}
}

// pattern returns the -test.bench pattern of names with the same number of parts.
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

// execute runs a command with small chunks and returns its output.
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

// CanCount reports whether instructions can be counted: by valgrind's callgrind.
func CanCount() bool {
	_, err := exec.LookPath("valgrind")
	return err == nil
}

// Instructions returns the number of instructions per byte of a benchmark, without
// garbage collections, whose number depends on time, and without instructions that some
// processors of the architecture lack, except for AVX2 where chunks are searched.
func (b Binary) Instructions(name string) (float64, error) {
	const few, many = 2, 82
	var counts [2]float64
	var errs [2]error
	var wg sync.WaitGroup
	for i, times := range []int{few, many} {
		wg.Go(func() { counts[i], errs[i] = b.count(name, times) })
	}
	wg.Wait()
	return (counts[1] - counts[0]) / (many - few) / chunk, errors.Join(errs[:]...)
}

// count counts the instructions of a process that runs a benchmark.
func (b Binary) count(name string, times int) (float64, error) {
	args := append([]string{"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"}, b.args(times, name)...)
	debug := "GODEBUG=asyncpreemptoff=1"
	if !isSearch(name) { // without AVX2 the search is not worth guarding
		debug += ",cpu.all=off"
	}
	out, err := execute(args, "GOGC=off", debug)
	if err != nil {
		return 0, err
	}
	if !bytes.Contains(out, []byte("ns/op")) {
		return 0, fmt.Errorf("no benchmark %s", name)
	}
	return number(out, `Collected : (\d+)`)
}

// Ratio returns the time of a benchmark divided by that of a loop that adds up the bytes
// of the chunk. Both are the best of several rounds in turns, since other load on the
// machine only adds time.
func (b Binary) Ratio(name string) (float64, error) {
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
}

// number returns the number that the group of the pattern matches.
func number(text []byte, pattern string) (float64, error) {
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s does not match\n%s", pattern, text)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
