package command

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/detector/store"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

func (a *app) memory() *cobra.Command {
	var o memoryOptions
	c := &cobra.Command{
		Use:   "memory --state-path DIR",
		Short: "Show or delete what rules remember",
		Long: `Show what rules with a memory remember in a directory of state_path: rules about new
terms, thresholds, sequences, groups in ES|QL, and correlations. For each detector and
rule it prints

  - the number of keys: combinations of values, groups, or keys of a sequence
  - the number of events that still count
  - where the memory begins, and the times of the oldest and the newest event

The values themselves are not stored.

--rule shows one rule, by its ID, or by its name if the rule is in --rules. --forget
deletes what that rule remembers. The rule then starts again, and learns for learn_for.

Stop the detector first: the directory must not be in use.

Exit code: 0, or 2 if the command line is wrong or the directory cannot be read.`,
		Example: `  fluent-detect memory --state-path /var/lib/fluent-bit/fluent-detect
  fluent-detect memory --state-path state --rules rules/ --rule first-time-seen --forget`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case o.dir == "":
				return usage(c, "--state-path is missing")
			case o.forget && o.rule == "":
				return usage(c, "--forget needs --rule")
			}
			return a.runMemory(c, &o)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(textValue{&o.dir}, "state-path", "the directory (required)")
	c.Flags().Var(textValue{&o.rule}, "rule", "show only this rule")
	rulesFlag(c, &o.globs)
	c.Flags().BoolVar(&o.asJSON, "json", false, "print lines of JSON")
	c.Flags().BoolVar(&o.forget, "forget", false, "delete what the rule remembers")
	return c
}

type memoryOptions struct {
	dir, rule      string
	globs          []string
	asJSON, forget bool
}

// remembered is a line of the output: what a detector has of a rule.
type remembered struct {
	Detector string     `json:"detector"`
	RuleID   string     `json:"rule_id"`
	Name     string     `json:"name,omitempty"`
	Type     string     `json:"type"`
	Keys     int        `json:"keys"`
	Events   int        `json:"events,omitempty"`
	Bytes    int        `json:"bytes"`
	Since    *time.Time `json:"since,omitempty"`
	Oldest   *time.Time `json:"oldest,omitempty"`
	Newest   *time.Time `json:"newest,omitempty"`
	Files    bool       `json:"learned_from_files,omitempty"`
	Learned  int        `json:"learned,omitempty"`
}

func (a *app) runMemory(c *cobra.Command, o *memoryOptions) error {
	rules, err := loadRules(o.globs)
	if err != nil {
		return err
	}
	id := o.rule
	if r, err := findRule(c, rules, o.rule); o.rule != "" && err == nil {
		id = r.ID
	}
	s, err := a.openState(o.dir)
	if err != nil {
		return err
	}
	defer s.Close()
	detectors, err := s.Detectors()
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--state-path: %w", err))
	}
	var lines []remembered
	for _, name := range detectors {
		m := stateful.NewMemory()
		if err := s.Restore(name, hold.Memories{m}); err != nil {
			return fail(exitUsage, fmt.Errorf("--state-path: %w", err))
		}
		for _, v := range m.Overviews() {
			if id == "" || v.RuleID == id {
				lines = append(lines, line(name, &v, rules))
			}
		}
		if o.forget {
			if err := forget(s, name, m, id); err != nil {
				return fail(exitUsage, fmt.Errorf("--state-path: %w", err))
			}
		}
	}
	if id != "" && len(lines) == 0 {
		return fail(exitUsage, fmt.Errorf("--rule: nothing is remembered of a rule with the id %q", id))
	}
	if o.asJSON {
		encoder := json.NewEncoder(os.Stdout)
		for _, l := range lines {
			if err := encoder.Encode(l); err != nil {
				return fail(exitIncomplete, err)
			}
		}
	} else {
		a.writeRemembered(lines)
	}
	if o.forget {
		for _, l := range lines {
			fmt.Fprintf(os.Stderr, "fluent-detect: detector %s has forgotten %s of the rule %s\n", l.Detector, terminal.Plural(l.Keys, "key"), l.RuleID)
		}
	}
	return nil
}

// openState opens the directory of --state-path, which must exist.
func (a *app) openState(dir string) (*store.Store, error) {
	if err := store.Exists(dir); err != nil { // Open would make one
		return nil, fail(exitUsage, fmt.Errorf("--state-path: there is no state: %w", err))
	}
	s, err := store.Open(dir, a.warn)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--state-path: %w", err))
	}
	return s, nil
}

// forget deletes what a detector has of a rule.
func forget(s *store.Store, detector string, m *stateful.Memory, id string) error {
	m.Begin()
	if _, ok := m.Forget(id); !ok {
		m.Rollback()
		return nil
	}
	if _, err := s.Commit(store.Batch{Detector: detector, Changes: m.Changes(nil)}); err != nil {
		return err
	}
	m.Commit()
	return nil
}

func line(detector string, v *stateful.Overview, rules *ruleset.Set) remembered {
	l := remembered{
		Detector: detector, RuleID: v.RuleID, Type: v.Kind.String(), Keys: v.Keys, Events: v.Events, Bytes: v.Bytes,
		Since: known(v.Since), Oldest: known(v.Oldest), Newest: known(v.Newest), Files: v.FromFiles, Learned: v.Learned,
	}
	for _, r := range rules.Rules {
		if r.ID == v.RuleID {
			l.Name = r.Name
		}
	}
	return l
}

// known returns nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *app) writeRemembered(lines []remembered) {
	if len(lines) == 0 {
		fmt.Println("Nothing is remembered.")
		return
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DETECTOR\tTYPE\tKEYS\tEVENTS\tSINCE\tOLDEST\tNEWEST\tRULE")
	text := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.UTC().Format(time.RFC3339)
	}
	for _, l := range lines {
		name := l.RuleID
		if l.Name != "" {
			name += " " + printable(l.Name)
		}
		fmt.Fprintln(table, strings.Join([]string{
			l.Detector, l.Type, terminal.Count(uint64(l.Keys)), terminal.Count(uint64(l.Events)), text(l.Since), text(l.Oldest), text(l.Newest), name,
		}, "\t"))
	}
	_ = table.Flush()
}
