package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

func (a *app) check() *cobra.Command {
	summary := false
	c := &cobra.Command{
		Use:   "check PATH...",
		Short: "Find errors in rules, exceptions and configurations",
		Long: `Find errors in these files, and print each with file:line:column:

  - rule files (*.toml, *.ndjson, Sigma's *.yml), or all rule files below a directory
  - files of exceptions
  - configurations of Fluent Bit (*.conf, *.yaml, with the files that they include),
    Vector (*.yaml, *.toml, *.json) and fluent-detect serve (*.yaml), also in
    ConfigMaps of Kubernetes

Configurations are searched for in a directory, but not in its subdirectories. Several
files of Vector, or a directory of them, are checked as one configuration, as Vector
reads them. In configurations, check finds misspelt keys and sections, values that
prevent the start, channels without an input, alerts that no output takes, tail
buffers too small for CloudTrail, and settings that lose alerts.

Errors go to stdout. Everything else goes to stderr: warnings, notes, keys without an
effect, and rules in a directory that are for other engines. Tests in rules are not
run; fluent-detect test runs them. --summary prints a table: how many rules of each
type run, how many of these need fields that are looked up, and why the others do not
run.

Exit code: 0 without errors, 1 with errors, 2 if the command line is wrong.`,
		Example: `  fluent-detect check rules/
  fluent-detect check rules/ exceptions.toml
  fluent-detect check --summary rules/
  fluent-detect check /etc/fluent-bit/fluent-bit.conf
  fluent-detect check builtin`,
		Args: atLeastOne("PATH"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runCheck(args, summary) },
	}
	c.Flags().BoolVar(&summary, "summary", false, "print how many rules of each type run, and why others do not")
	return c
}

// findings are the results of a check. Errors are texts that begin with their
// position.
type findings struct {
	errors   []string
	warnings []string
	notes    []string
	skipped  []string
	good     []string // what has no errors: "3 rules"
	rules    *ruleset.Set
}

func (f *findings) fail(err error) {
	for _, e := range settings.Errors(err) {
		f.errors = append(f.errors, e.Error())
	}
}

// kind is a kind of file that can be checked.
type kind struct {
	matches func(path string) bool
	check   func(paths []string, f *findings)
}

// kinds are in order of precedence.
var kinds = []kind{
	{isExceptions, nil}, // together with the rules, see checkRules
	{isRules, nil},
	{hostconf.IsConfiguration, checkConfiguration},
	{func(string) bool { return true }, checkUnknown},
}

func (a *app) runCheck(paths []string, summary bool) error {
	sorted := make([][]string, len(kinds))
	for _, path := range paths {
		if hostconf.HasConfigurations(path) {
			sorted[2] = append(sorted[2], path)
			sorted[1] = append(sorted[1], rulesIn(path)...)
			continue
		}
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.matches(path) })
		sorted[i] = append(sorted[i], path)
	}
	var f findings
	checkRules(sorted[1], sorted[0], &f)
	for i, k := range kinds {
		if k.check != nil && len(sorted[i]) > 0 {
			k.check(sorted[i], &f)
		}
	}
	if summary && f.rules != nil {
		fmt.Print(summaryOf(f.rules))
	}
	return a.report(&f)
}

func isRules(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return path == files.Builtin || strings.ContainsAny(path, "*?[")
	}
	return info.IsDir() || isRuleFile(path)
}

// isRuleFile reports whether a file contains rules by its name, and no configuration.
func isRuleFile(path string) bool {
	return slices.Contains([]string{".toml", ".ndjson", ".yml", ".yaml"}, filepath.Ext(path)) && !hostconf.IsConfiguration(path)
}

var exceptionTable = regexp.MustCompile(`(?m)^\s*\[\[\s*"?exception"?\s*\]\]`)

// isExceptions reports whether a TOML file contains exceptions and not a rule.
func isExceptions(path string) bool {
	if filepath.Ext(path) != ".toml" {
		return false
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > files.MaxSize {
		return false
	}
	data, err := os.ReadFile(path)
	return err == nil && exceptionTable.Match(data) && !bytes.Contains(data, []byte("[rule]"))
}

// checkRules checks rules, and exceptions together with them, or with the built-in
// rules.
func checkRules(paths, exceptions []string, f *findings) {
	if len(paths)+len(exceptions) == 0 {
		return
	}
	spec := strings.Join(paths, ",")
	if spec == "" {
		spec = files.Builtin
	}
	rules, err := ruleset.Load(spec)
	if err != nil {
		f.fail(err)
		if len(exceptions) == 0 {
			return
		}
		if rules, err = ruleset.Load(files.Builtin); err != nil {
			f.fail(err)
			return
		}
	} else if len(paths) > 0 {
		f.rules = rules
		f.good = append(f.good, terminal.Plural(len(rules.Rules), "rule"))
	}
	for _, path := range exceptions {
		if err := rules.LoadExceptions(path); err != nil {
			f.fail(err)
		} else {
			f.good = append(f.good, path)
		}
	}
	f.warnings = slices.Concat(f.warnings, rules.Warnings, rules.Expired(time.Now()))
	for _, s := range rules.Skipped {
		f.skipped = append(f.skipped, s.String())
	}
}

func checkUnknown(paths []string, f *findings) {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			f.errors = append(f.errors, path+": cannot be read: "+pipeline.Pathless(err).Error())
			continue
		}
		f.errors = append(f.errors, path+": unknown kind of file: rules and exceptions are in *.toml, *.ndjson or Sigma's *.yml files, configurations in *.conf or *.yaml files, those of Vector also in *.toml and *.json files")
	}
}

// report prints the findings in the order of their positions.
func (a *app) report(f *findings) error {
	slices.SortStableFunc(f.errors, byPosition)
	f.warnings = distinct(f.warnings) // a configuration may name rules that are checked as well
	for _, w := range f.warnings {
		a.warn(w)
	}
	for _, n := range f.notes {
		fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Faint("note:"), n)
	}
	for _, s := range f.skipped {
		fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Faint("skipped:"), s)
	}
	for _, e := range f.errors {
		fmt.Println(a.colourPosition(e))
	}
	count := func(n int, what string) string {
		if n == 0 {
			return "no " + what + "s"
		}
		return terminal.Plural(n, what)
	}
	// Errors, warnings and what was checked in one line: "no errors, 2 warnings: a.conf".
	line := count(len(f.errors), "error")
	if n := len(f.warnings); n > 0 {
		line += ", " + count(n, "warning")
	}
	if len(f.errors) > 0 {
		fmt.Fprintln(os.Stderr, a.err.Bad(line))
		return fail(exitIncomplete, nil)
	}
	what := strings.Join(f.good, ", ")
	if len(f.skipped) > 0 {
		what += fmt.Sprintf(", %d skipped", len(f.skipped))
	}
	style := a.err.Good
	if len(f.warnings) > 0 {
		style = a.err.Doubtful
	}
	fmt.Fprintf(os.Stderr, "%s %s\n", style(line+":"), what)
	return nil
}

// distinct returns the lines, each once, in their order.
func distinct(lines []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(line string) bool {
		before := seen[line]
		seen[line] = true
		return before
	})
}

// position is file:line:column at the beginning of an error.
var position = regexp.MustCompile(`^(.+?):(\d+):(?:(\d+):)?`)

// byPosition orders errors by file, line and column.
func byPosition(x, y string) int {
	fileX, lineX, columnX := positionOf(x)
	fileY, lineY, columnY := positionOf(y)
	if c := strings.Compare(fileX, fileY); c != 0 {
		return c
	}
	if lineX != lineY {
		return lineX - lineY
	}
	return columnX - columnY
}

func positionOf(text string) (file string, line, column int) {
	m := position.FindStringSubmatch(text)
	if m == nil {
		file, _, _ = strings.Cut(text, ":")
		return file, 0, 0
	}
	line, _ = strconv.Atoi(m[2]) // digits; too many of them only affect the order
	column, _ = strconv.Atoi(m[3])
	return m[1], line, column
}

func (a *app) colourPosition(text string) string {
	at := position.FindString(text)
	return a.out.Strong(at) + text[len(at):]
}
