package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

func (a *app) learn() *cobra.Command {
	var globs []string
	var dir, exceptions, lateness, channel, actors string
	c := &cobra.Command{
		Use:   "learn --state-path DIR [flags] PATH...",
		Short: "Let rules learn from files what is known",
		Long: `Learn from files, for a detector that starts with this state_path afterwards. Rules of
type new_terms learn which combinations of values are known, and the history of context
learns who did what. The detector then need not learn for learn_for first. Nothing
alerts, and nothing else in the state changes.

Use as many days as the rules' history windows have, and the same rules and exceptions
as the detector. No detector may use the directory at the same time.

Exit code: 0 if everything was read, 1 if something could not be read, 2 if the command
line or a rule is wrong.`,
		Example: `  fluent-detect learn --rules rules/ --state-path /var/lib/fluent-detect AWSLogs/`,
		Args:    atLeastOne("PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			if dir == "" {
				return usage(c, "--state-path is missing")
			}
			given := map[string]string{"rules": strings.Join(globs, ","), "state_path": dir, "exceptions": exceptions, "lateness": lateness, "channel": channel, "context_actors": actors, "rule_tests": "off"}
			config, err := settings.ReadDetector(func(key string) string { return given[key] })
			if err != nil {
				return fail(exitUsage, asFlags(err))
			}
			config.Heartbeat, config.IgnoreRecordTime = 0, true
			return a.runLearn(c.Context(), config, args)
		},
	}
	c.Flags().SortFlags = false
	rulesFlag(c, &globs)
	c.Flags().Var(textValue{&dir}, "state-path", "the directory of the detector's state_path (required)")
	c.Flags().Var(textValue{&exceptions}, "exceptions", "the detector's file of exceptions")
	c.Flags().Var(textValue{&lateness}, "lateness", "the detector's lateness (default 1h)")
	c.Flags().Var(textValue{&actors}, "context-actors", "the detector's context_actors (default 7500)")
	c.Flags().Var(textValue{&channel}, "channel", "the detector's channel; if it has several detectors, the first one learns (default default)")
	return c
}

func (a *app) runLearn(ctx context.Context, config settings.Detector, paths []string) error {
	rules, err := host.LoadRules(&config)
	if err != nil {
		return fail(exitUsage, asFlags(err))
	}
	log := func(level logger.Level, line string) {
		if level < logger.Info {
			a.warn(withFlag(line))
		}
	}
	box := outbox.New(config.Channel, 1<<30)
	state, err := host.OpenStore(config.StatePath, func(string) *outbox.Box { return box }, func(logger.Level, string) {})
	if err != nil {
		return fail(exitUsage, asFlags(err))
	}
	defer state.Close()
	counters := detector.NewState()
	engine, err := host.Open(host.Options{
		Config: config, Rules: rules, Observer: host.Observer(a.version), Outbox: box, State: counters, Store: state,
		Name: config.Channel + ".0", Lost: func(outbox.Alert) {}, Log: log,
	})
	if err != nil {
		return fail(exitUsage, err)
	}
	var f faults
	f.app = a
	l := lesson{engine: engine, faults: &f}
	err = l.learn(ctx, paths)
	engine.Close(false)
	interrupted := errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		return fail(exitUsage, err)
	}
	f.write(os.Stderr)
	learned, keys, learners := 0, 0, 0
	for _, r := range counters.Report().Rules {
		if r.Memory == nil || r.Memory.Kind != rule.NewTerms {
			continue
		}
		learners++
		if r.Memory.Keys > 0 {
			learned, keys = learned+1, keys+r.Memory.Keys
		}
		if r.Memory.Evicted > 0 {
			a.warn(fmt.Sprintf("rule %q has more to remember than it can: %d combinations were forgotten", r.Name, r.Memory.Evicted))
		}
	}
	fmt.Fprintf(os.Stderr, "Learned from %s and %s: %s in the memory of %s\n", terminal.Plural(l.files, "file"), terminal.Plural(l.events, "event"),
		terminal.Plural(keys, "combination"), terminal.Plural(learned, "rule"))
	switch {
	case learners == 0:
		a.warn("no rule of type new_terms is loaded: only the history of context has learned")
	case l.events == 0:
		a.warn("no event was read: the rules still learn from new events, for learn_for")
	}
	switch {
	case interrupted:
		return fail(exitInterrupted, nil)
	case f.any():
		return fail(exitIncomplete, nil)
	}
	return nil
}

// lesson is a run of an engine over files to learn from.
type lesson struct {
	engine *host.Engine
	faults *faults
	files  int
	events int
}

// learn lets the rules learn from files, directories and globs. The error is that of a
// glob that fits nothing, of the state, or the context's.
func (l *lesson) learn(ctx context.Context, globs []string) error {
	var paths []string
	for _, glob := range globs {
		found := []string{glob}
		if _, err := os.Stat(glob); err != nil && strings.ContainsAny(glob, "*?[") {
			if found, err = filepath.Glob(glob); err != nil || len(found) == 0 {
				return fmt.Errorf("--learn: %q fits no file", glob)
			}
		}
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		return nil
	}
	pipe := pipeline.New(paths)
	l.files = pipe.Files()
	progress := terminal.StartProgress(os.Stderr, func() terminal.State {
		done, total := pipe.Progress()
		return terminal.State{Done: done, Total: total, Note: "learning"}
	})
	defer progress.Stop()
	err := pipe.Run(ctx, func(c *pipeline.Chunk) error {
		result, err := l.engine.Learn(c.File, c.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		l.events += result.Events
		l.faults.add(c, result.Unreadable, result.Unrecognized)
		return nil
	})
	if err == nil && l.events > 0 {
		err = l.engine.Learned()
	}
	return err
}
