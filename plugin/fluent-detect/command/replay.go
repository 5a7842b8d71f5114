package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

func (a *app) replay() *cobra.Command {
	var noDedup, noCap, noSuppression, sorted bool
	var format, report string
	var learn []string
	var k *keys
	c := &cobra.Command{
		Use:   "replay [flags] PATH...",
		Short: "Run the rules on files and directories, and print the alerts",
		Long: `Run the rules on files as the plugin would, and print the alerts as lines of JSON. A
summary goes to stderr, with the position of everything that could not be read. A line
or a JSON value over 16 MiB is skipped and reported. In a directory, all files below it
are read whose names end in .json, .jsonl, .ndjson or .log, or these with .gz or .zst,
in lexical order. The others are listed.

What to expect from the alerts:

  - They are in the order of the files. --sort reads everything into memory and
    evaluates it in the order of time.
  - Duplicates make no alerts, and the number of alerts of a rule in an interval is
    limited, by the current time and not that of the events. --no-dedup and --no-cap
    turn this off.
  - Rules of type new_terms alert from the first event on, unless --learn names files to
    learn from, or --learn-for says for how long to learn.
  - Rules of type threshold count events that are late by up to --lateness.
  - With --format brief, an alert is a short line: who did what and when, the rule, and
    the IDs.
  - With --context on, alerts tell what their actors did before. --follow-up adds
    records of what they did next; it needs no duration.
  - With --format brief, an alert is a short line: who did what and when, the rule and
    the IDs.

Exit code: 0 if everything was read, whether or not anything matched; 1 if something
could not be read; 2 if the command line or a rule is wrong; 130 after Ctrl-C, with the
summary so far.`,
		Example: `  fluent-detect replay trail.json.gz
  fluent-detect replay AWSLogs/
  fluent-detect replay --no-cap --rules rules/ --rules extra.toml logs/*.json.gz > alerts.ndjson
  fluent-detect replay --learn AWSLogs/2025/ --sort AWSLogs/2026/
  fluent-detect replay --no-cap --report alerts.html AWSLogs/ > alerts.ndjson
  fluent-detect replay --context on --follow-up --sort AWSLogs/
  zcat old.gz | fluent-detect replay --format kibana -`,
		Args: atLeastOne("PATH"),
		RunE: func(c *cobra.Command, args []string) error {
			brief := format == alert.FormatBrief.String()
			if format != "" && !brief {
				if v := k.values[formatKey]; v != nil {
					*v = format
				}
			}
			if noCap {
				*k.values["max_alerts"] = "0"
			}
			args = followUpArgument(k.values["follow_up"], args)
			if len(args) == 0 {
				return usage(c, "PATH is missing")
			}
			follow := *k.values["follow_up"] != ""
			if v := k.values["context"]; follow && *v == "" {
				*v = "on"
			}
			if v := k.values["learn_for"]; *v == "" {
				*v = "0"
			}
			config, err := k.read()
			if err != nil {
				return fail(exitUsage, err)
			}
			if brief {
				if report != "" {
					return usage(c, "--report needs whole alerts: --format cannot be brief")
				}
				config.Format = alert.FormatBrief
			}
			config.NoSuppression = noSuppression
			config.NoDedup, config.ReadAll, config.Heartbeat = noDedup, true, 0
			config.IgnoreRecordTime = true // it is the time of the replay
			config.FollowUpByEvents = true
			if !follow {
				config.FollowUp = 0
			}
			return a.runReplay(c.Context(), config, args, learn, sorted, report)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(textValue{&format}, "format", "the format of the alerts: ecs, kibana or ocsf, short for --alert-format; or brief, a short line for each")
	c.Flags().BoolVar(&noDedup, "no-dedup", false, "alert on exact duplicates too")
	c.Flags().BoolVar(&noCap, "no-cap", false, "do not limit the number of alerts; short for --max-alerts 0")
	c.Flags().BoolVar(&noSuppression, "no-suppression", false, "do not suppress alerts; thresholds keep their hold-off")
	c.Flags().Var(listValue{&learn}, "learn", "files, directories or globs from which rules of type new_terms and the history of context learn first; may be given several times")
	c.Flags().BoolVar(&sorted, "sort", false, "evaluate the records in the order of their events' times")
	k = keyFlags(c, settings.DetectorKeys(), "heartbeat", "metrics_listen", "self_test") // these are for servers
	c.Flags().Lookup("follow-up").NoOptDefVal = bareFollowUp
	c.Flags().Var(textValue{&report}, "report", "write all alerts to this file as an HTML page; replaces an existing file")
	c.MarkFlagsMutuallyExclusive("no-cap", "max-alerts")
	c.MarkFlagsMutuallyExclusive("format", flagOf(formatKey))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"ecs", "kibana", "ocsf", "brief"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// bareFollowUp is the value of the flag without one.
const bareFollowUp = "15m"

// followUpArgument takes the duration from the arguments that was given behind --follow-up
// and a space: the flag needs none. An argument that is a file is none.
func followUpArgument(value *string, args []string) []string {
	if *value != bareFollowUp {
		return args
	}
	for i, a := range args {
		if _, err := os.Stat(a); err != nil && settings.IsDuration(a) {
			*value = a
			return slices.Delete(slices.Clone(args), i, i+1)
		}
	}
	return args
}

// formatKey is the key that --format is short for.
const formatKey = "alert_format"

// replay is a run.
type replay struct {
	app      *app
	pipe     *pipeline.Pipeline
	progress *terminal.Progress
	rules    *ruleset.Set
	engine   *host.Engine
	counters *detector.State
	consumer *outbox.Consumer
	out      output
	faults   faults
	begin    time.Time
	bytes    int64
	sorted   *sorter       // nil: in the order of the files
	report   *reportFile   // nil: none is written
	alerts   atomic.Uint64 // for the progress bar
}

// collectAt is how much the heap of a replay grows until garbage is collected, in percent of
// what is in use, which is little.
const collectAt = 400

func (a *app) runReplay(ctx context.Context, config settings.Detector, paths, learn []string, sorted bool, report string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	rules, err := host.LoadRules(&config)
	if err != nil {
		return fail(exitUsage, asFlags(err))
	}
	r := &replay{app: a, rules: rules, pipe: pipeline.New(paths), counters: detector.NewState(), begin: time.Now()}
	r.faults.app = a
	r.out.file = os.Stdout
	box := outbox.New(config.Channel, 1<<30)
	r.consumer = box.Open(outbox.Filter{})
	log := func(level logger.Level, line string) {
		if level < logger.Info {
			r.aside(func() { a.warn(withFlag(line)) })
		}
	}
	state, err := host.OpenStore(config.StatePath, func(string) *outbox.Box { return box }, log)
	if err != nil {
		return fail(exitUsage, asFlags(err))
	}
	if state != nil {
		defer state.Close()
	}
	r.engine, err = host.Open(host.Options{
		Config:   config,
		Rules:    rules,
		Observer: host.Observer(a.version),
		Outbox:   box,
		State:    r.counters,
		Store:    state,
		Name:     config.Channel + ".0", // as in Fluent Bit and in the sidecar
		Lost:     func(outbox.Alert) {}, // cannot happen: the consumer takes all alerts
		Log:      log,
	})
	if err != nil {
		return fail(exitUsage, err)
	}
	if sorted {
		r.sorted = newSorter()
	}
	if report != "" {
		if r.report, err = newReportFile(report, rules); err != nil {
			return fail(exitUsage, err)
		}
		defer r.report.discard()
	}
	l := lesson{engine: r.engine, faults: &r.faults}
	if err = l.learn(ctx, learn); err != nil {
		return fail(exitUsage, err)
	}
	r.progress = terminal.StartProgress(os.Stderr, r.state)
	if err = r.pipe.Run(ctx, r.chunk); err == nil && r.sorted != nil {
		err = r.sorted.each(r.evaluate)
	}
	r.engine.Close(true)
	if e := r.drain(); err == nil {
		err = e
	}
	r.progress.Stop()
	return r.end(err)
}

// aside calls write, which writes to the terminal, while the progress bar is hidden.
func (r *replay) aside(write func()) {
	if r.progress == nil {
		write()
		return
	}
	r.progress.Aside(write)
}

func (r *replay) state() terminal.State {
	done, total := r.pipe.Progress()
	return terminal.State{Done: done, Total: total, Note: terminal.Plural(r.alerts.Load(), "alert")}
}

// chunk evaluates a chunk, or keeps it to be sorted.
func (r *replay) chunk(c *pipeline.Chunk) error {
	r.bytes += int64(c.Bytes)
	if r.sorted != nil {
		r.faults.add(&pipeline.Chunk{File: c.File, Err: c.Err, Problems: c.Problems}, nil, nil)
		r.sorted.add(c)
		return nil
	}
	return r.evaluate(c)
}

// evaluate evaluates a chunk and prints its alerts.
func (r *replay) evaluate(c *pipeline.Chunk) error {
	result, err := r.engine.Scan(c.File, c.Data)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err) // cannot happen: we made the chunk
	}
	r.alerts.Add(uint64(result.Alerts))
	r.faults.add(c, result.Unreadable, result.Unrecognized)
	if r.report != nil {
		r.report.look(c)
		defer r.report.look(nil)
	}
	return r.drain()
}

// drain prints the alerts in the outbox.
func (r *replay) drain() error {
	for {
		batch := r.consumer.Take(1<<20, 0)
		if len(batch) == 0 {
			return nil
		}
		for _, a := range batch {
			begin := len(r.out.buf)
			r.out.buf = append(alert.AppendJSON(r.out.buf, a.Record), '\n')
			if r.report != nil {
				r.report.add(r.out.buf[begin:])
			}
		}
		var err error
		r.aside(func() { err = r.out.flush() })
		if err != nil {
			return err
		}
		r.consumer.Ack()
		_ = r.consumer.Confirm() // there is no keeper
	}
}

// end prints the summary and returns the error of the command.
func (r *replay) end(err error) error {
	interrupted := errors.Is(err, context.Canceled)
	if err != nil && !interrupted {
		return fail(exitIncomplete, err)
	}
	var b strings.Builder
	r.summary(&b, interrupted)
	fmt.Fprint(os.Stderr, b.String())
	if err := r.writeReport(interrupted); err != nil {
		return fail(exitIncomplete, err)
	}
	switch {
	case interrupted:
		return fail(exitInterrupted, nil)
	case r.faults.any():
		return fail(exitIncomplete, nil)
	}
	return nil
}
