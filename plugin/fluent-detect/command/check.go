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

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
	"github.com/fluent-detect/fluent-detect/plugin/hostconf"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

func (a *app) check() *cobra.Command {
	return &cobra.Command{
		Use:   "check PATH...",
		Short: "Find what is wrong with rules, exceptions and configurations",
		Long: `Find everything that is wrong with rule files (*.toml, *.ndjson), with all such
files below a directory, with files of exceptions, and with configurations of
Fluent Bit (*.conf, *.yaml, with the files that they include), Vector and
fluent-detect serve (*.yaml, also in ConfigMaps of Kubernetes), of which a
directory is searched without those below it. In configurations these are misspelt keys and sections, values that
stop the start, channels without an input, alerts that no output takes, tail
buffers too small for CloudTrail, and settings that lose alerts.

Errors go to stdout, a line each that begins with file:line:column, below it the
place in a query; what stops nothing goes to stderr: warnings, notes, keys
without effect here, and rules that a directory has for other engines. Tests
inside of rules are not run; that is what fluent-detect test is for.

Exit code: 0 without errors, 1 with any, 2 when the command line is wrong.`,
		Example: `  fluent-detect check rules/
  fluent-detect check rules/ exceptions.toml
  fluent-detect check /etc/fluent-bit/fluent-bit.conf
  fluent-detect check builtin`,
		Args: atLeastOne("PATH"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runCheck(args) },
	}
}

// findings are what a check came to. Errors are texts that begin with their
// place.
type findings struct {
	errors   []string
	warnings []string
	notes    []string
	skipped  []string
	good     []string // what is right: "3 rules"
}

func (f *findings) fail(err error) {
	for _, e := range settings.Errors(err) {
		f.errors = append(f.errors, e.Error())
	}
}

// kind is a kind of file that can be checked.
type kind struct {
	takes func(path string) bool
	check func(paths []string, f *findings)
}

// kinds are asked in this order; the first that takes a path checks it.
var kinds = []kind{
	{isExceptions, nil}, // together with the rules, see checkRules
	{isRules, nil},
	{hostconf.IsConfiguration, checkConfiguration},
	{func(string) bool { return true }, checkUnknown},
}

func (a *app) runCheck(paths []string) error {
	sorted := make([][]string, len(kinds))
	for _, path := range paths {
		if hasConfigurations(path) {
			sorted[2] = append(sorted[2], path)
			if !hasRules(path) {
				continue
			}
		}
		i := slices.IndexFunc(kinds, func(k kind) bool { return k.takes(path) })
		sorted[i] = append(sorted[i], path)
	}
	var f findings
	checkRules(sorted[1], sorted[0], &f)
	for i, k := range kinds {
		if k.check != nil && len(sorted[i]) > 0 {
			k.check(sorted[i], &f)
		}
	}
	return a.report(&f)
}

func isRules(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return path == files.Builtin || strings.ContainsAny(path, "*?[")
	}
	return info.IsDir() || slices.Contains([]string{".toml", ".ndjson"}, filepath.Ext(path))
}

var exceptionTable = regexp.MustCompile(`(?m)^\s*\[\[\s*"?exception"?\s*\]\]`)

// isExceptions reports whether the file has exceptions: both kinds are TOML.
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

// checkRules checks rules, and exceptions against them: without rules those
// that are built in.
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
		f.good = append(f.good, terminal.Plural(len(rules.Rules), "rule"))
	}
	for _, path := range exceptions {
		if err := rules.LoadExceptions(path); err != nil {
			f.fail(err)
		} else {
			f.good = append(f.good, path)
		}
	}
	f.warnings = append(f.warnings, rules.Warnings...)
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
		f.errors = append(f.errors, path+": is nothing that can be checked: rule files and files of exceptions are called *.toml or *.ndjson, configurations *.conf or *.yaml")
	}
}

// report prints the findings in the order of their places.
func (a *app) report(f *findings) error {
	slices.SortStableFunc(f.errors, byPlace)
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
		fmt.Println(a.colourPlace(e))
	}
	switch n := len(f.errors); n {
	case 0:
		what := strings.Join(f.good, ", ")
		if len(f.skipped) > 0 {
			what += fmt.Sprintf(", %d skipped", len(f.skipped))
		}
		fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Good("nothing is wrong:"), what)
		return nil
	default:
		fmt.Fprintln(os.Stderr, a.err.Bad(terminal.Plural(n, "error")))
		return fail(exitIncomplete, nil)
	}
}

// place is file:line:column at the beginning of an error.
var place = regexp.MustCompile(`^(.+?):(\d+):(?:(\d+):)?`)

// byPlace orders errors by file, line and column.
func byPlace(x, y string) int {
	fileX, lineX, columnX := placeOf(x)
	fileY, lineY, columnY := placeOf(y)
	if c := strings.Compare(fileX, fileY); c != 0 {
		return c
	}
	if lineX != lineY {
		return lineX - lineY
	}
	return columnX - columnY
}

func placeOf(text string) (file string, line, column int) {
	m := place.FindStringSubmatch(text)
	if m == nil {
		file, _, _ = strings.Cut(text, ":")
		return file, 0, 0
	}
	line, _ = strconv.Atoi(m[2]) // digits, and if too many of them the order is all that suffers
	column, _ = strconv.Atoi(m[3])
	return m[1], line, column
}

func (a *app) colourPlace(text string) string {
	at := place.FindString(text)
	return a.out.Strong(at) + text[len(at):]
}
