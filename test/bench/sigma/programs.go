package sigma

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Ours are the ways to run fluent-detect at that path. The first two print a line for each
// match, as RSigma does: the first one an alert, a document of some kilobytes with all that
// is known of the event, and the second one a short line, which says more than RSigma's does
// without --include-event.
func Ours(path string) []Program {
	replay := func(more ...string) func(rules, events string) []string {
		return func(rules, events string) []string {
			return append([]string{path, "replay", "--rules", rules, "--no-cap"}, append(more, events)...)
		}
	}
	key := func(line []byte) (rule, event string, err error) {
		if rule, err = text(line, "rule", "id"); err == nil {
			event, err = text(line, "event", "id")
		}
		return rule, event, err
	}
	return []Program{
		{Name: "fluent-detect replay --no-cap --no-dedup --no-suppression --min-level informational", Command: replay("--no-dedup", "--no-suppression", "--min-level", "informational"), Key: key},
		{Name: "fluent-detect replay --format brief --no-cap --no-dedup --no-suppression --min-level informational", Command: replay("--format", "brief", "--no-dedup", "--no-suppression", "--min-level", "informational"), Key: key},
		{Name: "fluent-detect replay --no-cap", Command: replay(), Key: key},
	}
}

// Peers are the ways to run RSigma that its documentation describes, and its version. The
// error says that there is none on PATH.
func Peers() ([]Program, string, error) {
	path, err := exec.LookPath("rsigma")
	if err != nil {
		return nil, "", err
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, "", err
	}
	help, err := exec.Command(path, "engine", "eval", "--help").Output()
	if err != nil {
		return nil, "", err
	}
	eval := func(more ...string) func(rules, events string) []string {
		return func(rules, events string) []string {
			return append([]string{path, "engine", "eval", "--quiet", "--no-stats", "--rules", rules, "--event", "@" + events}, more...)
		}
	}
	key := func(line []byte) (rule, event string, err error) {
		if rule, err = text(line, "rule_id"); err == nil {
			event, err = text(line, "event", "eventID")
		}
		return rule, event, err
	}
	list := []Program{{Name: "rsigma engine eval", Command: eval(), Key: key}}
	for _, mode := range [][]string{
		{"--logsource-routing", "--event-logsource", "product=aws,service=cloudtrail"}, {"--bloom-prefilter"}, {"--cross-rule-ac"},
	} {
		if strings.Contains(string(help), mode[0]) {
			list = append(list, Program{Name: "rsigma engine eval " + mode[0], Command: eval(mode...), Key: key})
		}
	}
	list = append(list, Program{Name: "rsigma engine eval --include-event", Command: eval("--include-event"), Key: key})
	return list, strings.TrimSpace(string(version)), nil
}

var isCorrelation = regexp.MustCompile(`(?m)^correlation:`)

// CopyRules copies the Sigma rules below some directories to one, and returns how many files
// there are, without those with correlations: of these each program knows other references.
func CopyRules(to string, from []string) (n, leftOut int, err error) {
	var errs []error
	for i, dir := range from {
		errs = append(errs, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if isCorrelation.Match(data) {
				leftOut++
				return nil
			}
			n++
			return os.WriteFile(filepath.Join(to, fmt.Sprintf("%d-%d.yml", i, n)), data, 0o600)
		}))
	}
	return n, leftOut, errors.Join(errs...)
}
