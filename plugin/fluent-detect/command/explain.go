package command

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

func (a *app) explain() *cobra.Command {
	var globs []string
	var name string
	var matching bool
	var fields *keys
	c := &cobra.Command{
		Use:   "explain --rule RULE FILE...",
		Short: "Show, event by event, why a rule matches or does not",
		Long: `Show for each event the result of each condition of a rule's query: true or false,
the condition, and the value of its field in the event, or - if there is none. The
result is that of the condition by itself: after "not" it has to be false. A field
that no event of that form has is marked, and warnings about the rule are printed to
stderr. RULE is an id or a name as in alert_rule.

Exit code: 0 if everything was read, 1 if something could not be read, 2 if the
command line or a rule is wrong.`,
		Example: `  fluent-detect explain --rule aws-ec2-instance-connect-ssh-public-key-uploaded trail.json.gz
  fluent-detect explain --rules rules/ --rule 873b5452-074e-11ef-852e-f661ea17fbcc --matching -`,
		Args: atLeastOne("FILE"),
		RunE: func(c *cobra.Command, files []string) error {
			if name == "" {
				return usage(c, "--rule is missing")
			}
			loader, err := fields.loader()
			if err != nil {
				return err
			}
			rules, err := loadRulesWith(loader, globs)
			if err != nil {
				return err
			}
			rule, err := findRule(c, rules, name)
			if err != nil {
				return err
			}
			for _, line := range rule.Warnings {
				a.warn(line)
			}
			fmt.Printf("%s\n  %s\n", a.out.Strong(rule.Name), oneLine(rule.Query.Text))
			return a.eachEvent(c.Context(), loader.Schema, files, func(r *reading, e located) error {
				matches, findings := rule.Explain(e.Event)
				if matches || !matching {
					r.out.buf = a.appendEvent(r.out.buf, e, matches)
					r.out.buf = a.appendFindings(r.out.buf, findings)
				}
				return nil
			})
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(textValue{&name}, "rule", "the rule to explain (required)")
	rulesFlag(c, &globs)
	fields = fieldFlags(c)
	c.Flags().BoolVar(&matching, "matching", false, "only the events that match")
	_ = c.RegisterFlagCompletionFunc("rule", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ruleNames(globs), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// appendEvent appends the line above the findings of an event.
func (a *app) appendEvent(dst []byte, e located, matches bool) []byte {
	verdict := a.out.Bad("no match")
	if matches {
		verdict = a.out.Good("match")
	}
	head := fmt.Sprintf("%s:%d:", e.file, e.record.Line)
	for _, f := range []string{"event.action", "event.id"} {
		if text := e.First(e.Schema().Field(f)).Bytes(); len(text) > 0 {
			head += " " + printable(string(text))
		}
	}
	return fmt.Appendf(dst, "%s: %s\n", a.out.Strong(head), verdict)
}

// appendFindings appends a line for each condition.
func (a *app) appendFindings(dst []byte, findings []ruleset.Finding) []byte {
	const maxWidth = 80 // of the column of conditions
	width := 0
	for _, f := range findings {
		if n := utf8.RuneCountInString(oneLine(f.Condition)); n <= maxWidth {
			width = max(width, n)
		}
	}
	for _, f := range findings {
		word := a.out.Bad("false")
		if f.Holds {
			word = a.out.Good("true") + " "
		}
		values := a.out.Faint("-")
		switch {
		case len(f.Values) > 0:
			values = printable(strings.Join(f.Values, ", "))
		case f.Absent:
			values = a.out.Faint("- (the field does not exist)")
		}
		condition := oneLine(f.Condition)
		pad := max(width-utf8.RuneCountInString(condition), 0)
		dst = fmt.Appendf(dst, "  %s  %s%s  %s\n", word, condition, strings.Repeat(" ", pad), values)
	}
	return dst
}

// oneLine returns a part of a query without line breaks.
func oneLine(text string) string { return printable(strings.Join(strings.Fields(text), " ")) }

// maxText is the maximum size of a text that is shown.
const maxText = 200

// printable returns an untrusted text for a terminal.
func printable(text string) string { return logger.Printable(text, maxText) }
