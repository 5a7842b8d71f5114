package command

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

func (a *app) explain() *cobra.Command {
	var globs []string
	var name string
	var matching bool
	c := &cobra.Command{
		Use:   "explain --rule RULE FILE...",
		Short: "Show, event by event, why a rule matches or does not",
		Long: `Show for each event what each condition of a rule's query came to: true or false,
the condition, and the value that the event has in its field (or - when it has
none). A condition stands for itself: one behind "not" has to be false. RULE is
an id or a name as in alert_rule.

Exit code: 0 when everything was read, 1 when something could not be, 2 when the
command line or a rule is wrong.`,
		Example: `  fluent-detect explain --rule aws-ec2-instance-connect-ssh-public-key-uploaded trail.json.gz
  fluent-detect explain --rules rules/ --rule 873b5452-074e-11ef-852e-f661ea17fbcc --matching -`,
		Args: atLeastOne("FILE"),
		RunE: func(c *cobra.Command, files []string) error {
			if name == "" {
				return usage(c, "no --rule is named")
			}
			rules, err := loadRules(globs)
			if err != nil {
				return err
			}
			rule, err := findRule(c, rules, name)
			if err != nil {
				return err
			}
			fmt.Printf("%s\n  %s\n", a.out.Strong(rule.Name), oneLine(rule.Query.Text))
			return a.eachEvent(c.Context(), files, func(r *reading, e located) error {
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
		if text := e.First(source.Schema().Field(f)).Bytes(); len(text) > 0 {
			head += " " + printable(string(text))
		}
	}
	return fmt.Appendf(dst, "%s: %s\n", a.out.Strong(head), verdict)
}

// appendFindings appends a line for each condition.
func (a *app) appendFindings(dst []byte, findings []ruleset.Finding) []byte {
	const most = 80 // characters that a condition may take before its value
	width := 0
	for _, f := range findings {
		if n := utf8.RuneCountInString(oneLine(f.Condition)); n <= most {
			width = max(width, n)
		}
	}
	for _, f := range findings {
		word := a.out.Bad("false")
		if f.Holds {
			word = a.out.Good("true") + " "
		}
		values := a.out.Faint("-")
		if len(f.Values) > 0 {
			values = printable(strings.Join(f.Values, ", "))
		}
		condition := oneLine(f.Condition)
		pad := max(width-utf8.RuneCountInString(condition), 0)
		dst = fmt.Appendf(dst, "  %s  %s%s  %s\n", word, condition, strings.Repeat(" ", pad), values)
	}
	return dst
}

// oneLine is a piece of a query without its line breaks.
func oneLine(text string) string { return printable(strings.Join(strings.Fields(text), " ")) }

// maxText is how many characters of a value are shown.
const maxText = 200

// printable is a text of an event fit for a terminal: without control
// characters, and not too long.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
	if utf8.RuneCountInString(text) > maxText {
		return string([]rune(text)[:maxText-1]) + "…"
	}
	return text
}
