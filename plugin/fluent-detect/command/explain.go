package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

func (a *app) explain() *cobra.Command {
	var globs []string
	var name string
	var matching bool
	var fields *keys
	var dir, lateness string
	c := &cobra.Command{
		Use:   "explain --rule RULE FILE...",
		Short: "Show for each event why a rule matches or does not",
		Long: `Show the result of each condition of a rule's query for each event: true or false, the
condition, and the value of its field in the event, or - if there is none. The result
is that of the condition alone: after "not", it must be false. A field that no event of
that form has is marked. Warnings about the rule go to stderr. RULE is an ID, or a name
as in alert_rule.

For a rule with a memory, the output also says what the memory says about each event
that matches. It is a memory of the events before it in the files, or with
--state-path that of a detector, which is not changed. For a Sigma correlation, the
conditions are those of the rules that it refers to.

Exit code: 0 if everything was read, 1 if something could not be read, 2 if the command
line or a rule is wrong.`,
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
			fmt.Printf("%s\n  %s\n", a.out.Strong(rule.Name), oneLine(rule.Query.Shown()))
			if rule.IsCorrelation() {
				return a.explainCorrelation(c.Context(), rules.Alone(rule), correlationOptions{files, dir, lateness, matching})
			}
			remembers, err := a.explainMemory(loader.Schema, rule, dir, lateness)
			if err != nil {
				return err
			}
			return a.eachEvent(c.Context(), loader.Schema, files, func(r *reading, e located) error {
				matches, findings := rule.Explain(e.Event)
				if matches || !matching {
					r.out.buf = a.appendEvent(r.out.buf, e, matches)
					r.out.buf = a.appendFindings(r.out.buf, findings)
				}
				if matches && remembers != nil {
					r.out.buf = a.appendRemembered(r.out.buf, remembers.Explain(e.Event, time.Now()))
				}
				return nil
			})
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(textValue{&name}, "rule", "the rule to explain (required)")
	rulesFlag(c, &globs)
	fields = fieldFlags(c)
	c.Flags().Var(textValue{&dir}, "state-path", "use the memory of the rule in this state_path of a detector")
	c.Flags().Var(textValue{&lateness}, "lateness", "how much later than the newest an event may come and still count (default 1h)")
	c.Flags().BoolVar(&matching, "matching", false, "show only the events that match")
	_ = c.RegisterFlagCompletionFunc("rule", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ruleNames(globs), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// explainMemory returns what shows the memory of a rule, nil if it has none. The memory is
// that of the first detector in the directory that has one of the rule.
func (a *app) explainMemory(schema *event.Schema, r *ruleset.Rule, dir, lateness string) (*stateful.Explainer, error) {
	if r.Memory == nil {
		if dir != "" {
			return nil, fail(exitUsage, errors.New("--state-path: the rule is about one event: it has no memory"))
		}
		return nil, nil
	}
	m, err := a.memoryOf([]*ruleset.Rule{r}, dir, lateness)
	if err != nil {
		return nil, err
	}
	m.Begin() // it is never committed
	plan := stateful.NewPlan(r.Rule, schema).WithSteps(&r.Steps)
	plan.Stream = r.Stream
	return stateful.NewExplainer(m, 0, plan, schema), nil
}

// memoryOf returns a memory of the rules: that which a detector in a directory has of the
// last one, or an empty one if the directory is "".
func (a *app) memoryOf(rules []*ruleset.Rule, dir, lateness string) (*stateful.Memory, error) {
	limits := stateful.DefaultLimits
	limits.Lateness = time.Hour
	if lateness != "" {
		var err error
		if limits.Lateness, err = time.ParseDuration(lateness); err != nil || limits.Lateness < 0 {
			return nil, fail(exitUsage, fmt.Errorf("--lateness: invalid value %q: must be a duration such as 1h", lateness))
		}
	}
	m := stateful.NewMemory()
	if dir != "" {
		var err error
		if m, err = a.restoreMemory(dir, rules[len(rules)-1].ID); err != nil {
			return nil, err
		}
	}
	list := make([]*rule.Rule, len(rules))
	for i, r := range rules {
		list[i] = r.Rule
	}
	for _, line := range m.Use(list, limits) {
		a.warn(line)
	}
	return m, nil
}

// restoreMemory returns the memory of the first detector in a directory that has one of
// the rule.
func (a *app) restoreMemory(dir, id string) (*stateful.Memory, error) {
	s, err := a.openState(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	detectors, err := s.Detectors()
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--state-path: %w", err))
	}
	for _, name := range detectors {
		m := stateful.NewMemory()
		if err := s.Restore(name, hold.Memories{m}); err != nil {
			return nil, fail(exitUsage, fmt.Errorf("--state-path: %w", err))
		}
		if slices.ContainsFunc(m.Overviews(), func(o stateful.Overview) bool { return o.RuleID == id }) {
			return m, nil
		}
	}
	return nil, fail(exitUsage, fmt.Errorf("--state-path: no detector in %s remembers anything of the rule", dir))
}

// appendRemembered appends a line for each finding of a memory.
func (a *app) appendRemembered(dst []byte, findings []stateful.Finding) []byte {
	if len(findings) == 0 {
		return fmt.Appendf(dst, "  %s  a field has no value: nothing is remembered\n", a.out.Faint("memory"))
	}
	for _, f := range findings {
		word := a.out.Faint("memory")
		if f.Alerts {
			word = a.out.Good("alert") + " "
		}
		text := f.Text
		if f.By != "" {
			text = f.By + ": " + text
		}
		dst = fmt.Appendf(dst, "  %s  %s\n", word, printable(text))
	}
	return dst
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
