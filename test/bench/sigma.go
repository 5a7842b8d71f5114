package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
	"github.com/fluent-detect/fluent-detect/test/bench/sigma"
)

// sigmaEvents is about how many events each program gets.
const sigmaEvents = 20_000

// measureSigma writes how fast Sigma rules are evaluated, and beside RSigma, to
// results/sigma.md. SIGMA_RULES are directories with rules, and FLUENT_DETECT_CORPUS a file
// of events, one a line.
func measureSigma() error {
	var dirs []string
	if named := os.Getenv("SIGMA_RULES"); named != "" {
		dirs = strings.Split(named, ",")
	}
	corpus := os.Getenv("FLUENT_DETECT_CORPUS")
	if len(dirs) == 0 || corpus == "" {
		return errors.New("not tested: Sigma rules: SIGMA_RULES names no directories with rules, or FLUENT_DETECT_CORPUS no file of events")
	}
	dir, err := os.MkdirTemp("", "sigma")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rules := filepath.Join(dir, "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		return err
	}
	n, leftOut, err := sigma.CopyRules(rules, dirs)
	if err != nil {
		return err
	}
	programs := sigma.Ours("build/fluent-detect")
	peers, version, err := sigma.Peers()
	if err != nil {
		fmt.Println("not tested: RSigma, of which there is none on PATH:", err)
		version = "RSigma was not there"
	}
	programs = append(programs, peers...)
	var b strings.Builder
	fmt.Fprintf(&b, "# Sigma rules\n\n%s, %s, %s. %d files with rules, %d with correlations left out. Each program runs on one core, in turns with the\nothers, "+
		"%d times, and the median of its processor time counts, without that for loading the rules. What they print differs: `--format brief` is to be\n"+
		"compared with `rsigma engine eval`, a line for each match with the rule and what it is about, and whole alerts with `--include-event`.\n", time.Now().UTC().Format("January 2006"), thisMachine(), version, n, leftOut, sigma.Rounds)
	loads, err := sigma.Loads(programs, rules)
	if err != nil {
		return err
	}
	fmt.Fprint(&b, "\n| program | loads the rules in |\n|---|---|\n")
	for i, p := range programs {
		fmt.Fprintf(&b, "| `%s` | %.2f s |\n", p.Name, loads[i].Seconds())
	}
	real, err := os.ReadFile(corpus)
	if err != nil {
		return err
	}
	var ordinary []byte
	for i := range 400 {
		ordinary = append(append(ordinary, events.Ordinary(i)...), '\n')
	}
	sample := filepath.Join(dir, "sample")
	if err := os.WriteFile(sample, ordinary, 0o600); err != nil {
		return err
	}
	quiet, err := sigma.Unmatched(programs[0], rules, sample)
	if err != nil {
		return err
	}
	for _, load := range []struct {
		name string
		text []byte
	}{
		{"Events that no rule matches", bytes.Join(quiet, nil)},
		{"Ordinary events: rules of the level informational match most of them", ordinary},
		{"Real attacks, again and again", real},
	} {
		text, count := repeated(load.text)
		path := filepath.Join(dir, "events")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
		speeds, err := sigma.Measure(programs, loads, rules, path, count)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d events, %d MB.\n\n| program | events a second | lines of output |\n|---|---|---|\n", load.name, count, len(text)>>20)
		for _, s := range speeds {
			fmt.Fprintf(&b, "| `%s` | %s%.0f | %d |\n", s.Program, map[bool]string{true: "more than "}[s.More], s.Rate, s.Matches)
		}
	}
	if len(peers) > 0 {
		onlyOurs, onlyTheirs, both, err := sigma.Compare(programs[0], peers[len(peers)-1], rules, corpus)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n## The matches\n\nOf the real events, each once: %d matches of a rule and an event that both programs have, %d of ours alone, %d of RSigma's alone.\n", both, len(onlyOurs), len(onlyTheirs))
		for _, f := range onlyOurs {
			fmt.Fprintf(&b, "\n- only ours: rule %s, event %s", f.Rule, f.Event)
		}
		for _, f := range onlyTheirs {
			fmt.Fprintf(&b, "\n- only RSigma's: rule %s, event %s", f.Rule, f.Event)
		}
	}
	fmt.Print(b.String())
	return write("sigma.md", []byte(b.String()))
}

// repeated returns lines as often as it takes, and how many there are.
func repeated(lines []byte) (text []byte, n int) {
	lines = append(bytes.TrimSpace(lines), '\n')
	for each := bytes.Count(lines, []byte("\n")); n < sigmaEvents; n += each {
		text = append(text, lines...)
	}
	return text, n
}
