package sigma

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Program is a program that evaluates the rules in a directory on a file of events, and
// prints a line of JSON for each match.
type Program struct {
	Name string
	// Command returns the command line.
	Command func(rules, events string) []string
	// Key returns what a line of the output is about: the ID of the rule and of the event.
	Key func(line []byte) (rule, event string, err error)
}

// Speed is how fast a program is, in processor time of one core.
type Speed struct {
	Program string
	Rate    float64 // events a second, without loading
	More    bool    // it is more than that: loading the rules hides the rest
	Matches int
}

// noise is what two measurements of loading the rules differ by.
const noise = 50 * time.Millisecond

// Rounds is how often each program runs; they take turns, and the median counts.
const Rounds = 5

// Loads returns how long each program takes to load the rules.
func Loads(programs []Program, rules string) ([]time.Duration, error) {
	dir, err := os.MkdirTemp("", "sigma")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	one := filepath.Join(dir, "one.ndjson")
	if err := os.WriteFile(one, []byte("{\"eventName\": \"none\"}\n"), 0o600); err != nil {
		return nil, err
	}
	loads, _, err := inTurns(programs, rules, one)
	return loads, err
}

// Measure returns the speed of each program with the rules, which it loads in that time, on a
// file of so many events.
func Measure(programs []Program, loads []time.Duration, rules, events string, n int) ([]Speed, error) {
	times, lines, err := inTurns(programs, rules, events)
	if err != nil {
		return nil, err
	}
	speeds := make([]Speed, len(programs))
	for i := range programs {
		took := times[i] - loads[i]
		rate := float64(n) / max(took, noise).Seconds()
		speeds[i] = Speed{Program: programs[i].Name, Rate: rate, More: took < noise, Matches: lines[i]}
	}
	return speeds, nil
}

// inTurns returns the median of the times that each program takes, and the lines of its output.
func inTurns(programs []Program, rules, events string) ([]time.Duration, []int, error) {
	times, lines := make([][]time.Duration, len(programs)), make([]int, len(programs))
	for round := range Rounds {
		for turn := range programs {
			i := (turn + round) % len(programs)
			counter := new(lineCounter)
			took, err := run(programs[i].Command(rules, events), counter)
			if err != nil {
				return nil, nil, err
			}
			times[i], lines[i] = append(times[i], took), int(*counter)
		}
	}
	medians := make([]time.Duration, len(programs))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, lines, nil
}

// Unmatched returns the lines of a file of events that the program does not match.
func Unmatched(p Program, rules, events string) ([][]byte, error) {
	found, err := findings(p, rules, events)
	if err != nil {
		return nil, err
	}
	matched := map[string]bool{}
	for f := range found {
		matched[f.Event] = true
	}
	data, err := os.ReadFile(events)
	if err != nil {
		return nil, err
	}
	var lines [][]byte
	for line := range bytes.Lines(data) {
		id, err := text(line, "eventID")
		if err != nil {
			return nil, err
		}
		if !matched[id] {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func median[T cmp.Ordered](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}

// lineCounter counts lines.
type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	*c += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

// run runs a command on one core, with its output to out, and returns the processor time that
// it took.
func run(command []string, out io.Writer) (time.Duration, error) {
	if pin, err := exec.LookPath("taskset"); err == nil {
		command = append([]string{pin, "-c", "0"}, command...)
	}
	c := exec.Command(command[0], command[1:]...)
	var stderr bytes.Buffer
	c.Stderr, c.Stdout = &stderr, out
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, tail(stderr.Bytes()))
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}

func tail(text []byte) []byte { return text[max(len(text)-500, 0):] }

// Finding is that a rule matches an event.
type Finding struct{ Rule, Event string }

// Compare returns the findings of the first program that the second one does not have, and
// the other way round, and how many both have.
func Compare(a, b Program, rules, events string) (onlyA, onlyB []Finding, both int, err error) {
	foundA, errA := findings(a, rules, events)
	foundB, errB := findings(b, rules, events)
	if err := errors.Join(errA, errB); err != nil {
		return nil, nil, 0, err
	}
	for f := range foundA {
		if foundB[f] {
			both++
		} else {
			onlyA = append(onlyA, f)
		}
	}
	for f := range foundB {
		if !foundA[f] {
			onlyB = append(onlyB, f)
		}
	}
	order := func(x, y Finding) int { return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Event, y.Event)) }
	slices.SortFunc(onlyA, order)
	slices.SortFunc(onlyB, order)
	return onlyA, onlyB, both, nil
}

func findings(p Program, rules, events string) (map[Finding]bool, error) {
	var out bytes.Buffer
	if _, err := run(p.Command(rules, events), &out); err != nil {
		return nil, err
	}
	found := map[Finding]bool{}
	for line := range bytes.Lines(out.Bytes()) {
		rule, event, err := p.Key(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", p.Name, err, line)
		}
		found[Finding{rule, event}] = true
	}
	return found, nil
}

// text returns the text at a path of members.
func text(line []byte, path ...string) (string, error) {
	var v any
	if err := json.Unmarshal(line, &v); err != nil {
		return "", err
	}
	for _, name := range path {
		in, _ := v.(map[string]any)
		v = in[name]
	}
	s, _ := v.(string)
	return s, nil
}
