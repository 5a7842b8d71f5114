package command

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

func (a *app) rules() *cobra.Command {
	var globs []string
	c := &cobra.Command{
		Use:   "rules [RULE]",
		Short: "List the built-in rules, or show one of them",
		Long: `List the built-in rules, or those in --rules. With RULE, an ID or a name as in
alert_rule, show the whole rule: its query, investigation guide, and ATT&CK techniques.`,
		Example: `  fluent-detect rules
  fluent-detect rules aws-ec2-instance-connect-ssh-public-key-uploaded
  fluent-detect rules --rules 'rules/**/*.toml'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return none(c, args[1:])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			rules, err := loadRules(globs)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.listRules(rules)
			}
			r, err := findRule(c, rules, args[0])
			if err != nil {
				return err
			}
			a.showRule(r.Rule)
			return nil
		},
	}
	rulesFlag(c, &globs)
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ruleNames(globs), cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

// loadRules loads the rules of a flag, or the built-in ones.
func loadRules(globs []string) (*ruleset.Set, error) {
	return loadRulesWith(ruleset.DefaultLoader(), globs)
}

func loadRulesWith(loader ruleset.Loader, globs []string) (*ruleset.Set, error) {
	spec := strings.Join(globs, ",")
	if spec == "" {
		spec = files.Builtin
	}
	rules, err := loader.Load(spec)
	if err != nil {
		return nil, fail(exitUsage, rulesError(err))
	}
	return rules, nil
}

// rulesError adds a line above several errors of rules.
func rulesError(err error) error {
	if strings.Contains(err.Error(), "\n") {
		return fmt.Errorf("the rules cannot be loaded:\n%w", err)
	}
	return err
}

// findRule returns the rule with that id, slug or name.
func findRule(c *cobra.Command, rules *ruleset.Set, name string) (*ruleset.Rule, error) {
	for _, r := range rules.Rules {
		if name == r.ID || name == r.Slug() || name == r.Name {
			return r, nil
		}
	}
	return nil, usage(c, "rule %q is not loaded; %s rules lists all rules", name, c.Root().Name())
}

// ruleNames returns the rules for completion.
func ruleNames(globs []string) []string {
	rules, err := loadRules(globs)
	if err != nil {
		return nil
	}
	var names []string
	for _, r := range rules.Rules {
		names = append(names, r.Slug()+"\t"+r.Name)
	}
	return names
}

func (a *app) listRules(rules *ruleset.Set) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tID\tVERSION\tSEVERITY\tRISK\tTESTS\tFILE")
	for _, r := range rules.Rules {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%d\t%s\n", r.Slug(), r.ID, r.Version, r.Severity, r.RiskScore, len(r.Extension.Tests), r.Source.Path)
	}
	if err := w.Flush(); err != nil {
		return fail(exitIncomplete, err)
	}
	if n := len(rules.Skipped); n > 0 {
		fmt.Fprintf(os.Stderr, "%s skipped; fluent-detect check lists the reasons\n", terminal.Plural(n, "rule"))
	}
	return nil
}

// showRule prints a rule.
func (a *app) showRule(r *rule.Rule) {
	section := func(title, text string) {
		if text = strings.TrimSpace(text); text != "" {
			fmt.Printf("\n%s\n%s\n", a.out.Strong(title), text)
		}
	}
	fmt.Println(a.out.Strong(r.Name))
	fmt.Printf("%s, version %d, %s, risk score %d, %s\n", r.ID, r.Version, r.Severity, r.RiskScore, r.Source.Path)
	fmt.Printf("by %s, %s\n", strings.Join(r.Author, ", "), r.License)
	section("Description", r.Description)
	section("Query", r.Query.Text)
	var threats []string
	for _, t := range r.Threat {
		threats = append(threats, t.Tactic.ID+" "+t.Tactic.Name)
		for _, technique := range t.Technique {
			threats = append(threats, "  "+technique.ID+" "+technique.Name)
			for _, sub := range technique.Subtechnique {
				threats = append(threats, "    "+sub.ID+" "+sub.Name)
			}
		}
	}
	section("Threat", strings.Join(threats, "\n"))
	section("Tags", strings.Join(r.Tags, ", "))
	section("References", strings.Join(r.References, "\n"))
	section("False positives", strings.Join(r.FalsePositives, "\n"))
	section("Setup", r.Setup)
	section("Guide", r.Note)
}
