package command

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/ruletest"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

func (a *app) test() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use:   "test PATH...",
		Short: "Run the tests in rule files",
		Long: `Run the tests in rule files. Each test is a table like this:

  [[fluent_detect.test]]
  name = "a failed call"
  expect = "none"            # or "alert"
  event = '''{"eventName": "StopLogging", "errorCode": "AccessDenied"}'''

The event may be in any envelope. A complete engine evaluates it, each test by itself.

A test of a rule with a memory has several events, each a table
[[fluent_detect.test.events]] with event, expect (by default "none"), and optionally
time, which replaces the event's time. They come one after the other.

A failed test is printed with its file and line, and for each condition of the query its
result and the value in the event. PATH is a rule file, a directory, a glob, or builtin.

Exit code: 0 if all tests pass, 1 if one fails, 2 if a rule cannot be loaded.`,
		Example: `  fluent-detect test rules/
  fluent-detect test --verbose builtin`,
		Args: atLeastOne("PATH"),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := loadRules(args)
			if err != nil {
				return err
			}
			return a.runTests(rules, verbose)
		},
	}
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "also print the tests that pass")
	return c
}

func (a *app) runTests(rules *ruleset.Set, verbose bool) error {
	passed, failed := 0, 0
	for r := range ruletest.Results(rules) {
		switch {
		case r.Err != nil:
			failed++
			fmt.Printf("%s %s\n", a.out.Bad("FAIL"), r.Err)
			if len(r.Findings) == 0 {
				fmt.Println("  no event was found in it")
			}
			for _, findings := range r.Findings {
				os.Stdout.Write(a.appendFindings(nil, findings))
			}
		case verbose:
			passed++
			fmt.Printf("%s   %s:%d: rule %q, test %q\n", a.out.Good("ok"), r.Rule.Source.Path, r.Test.Line, r.Rule.Name, r.Test.Name)
		default:
			passed++
		}
	}
	without := 0
	for _, r := range rules.Rules {
		if len(r.Extension.Tests) == 0 {
			without++
		}
	}
	if without > 0 {
		fmt.Fprintf(os.Stderr, "%s of %d without a test\n", terminal.Plural(without, "rule"), len(rules.Rules))
	}
	if failed > 0 {
		fmt.Fprintf(os.Stderr, "%s %s, %d passed\n", a.err.Bad("FAIL:"), terminal.Plural(failed, "test"), passed)
		return fail(exitIncomplete, nil)
	}
	fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Good("passed:"), terminal.Plural(passed, "test"))
	return nil
}
