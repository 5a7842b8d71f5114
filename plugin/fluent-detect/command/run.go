package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// The exit codes.
const (
	exitOK          = 0
	exitIncomplete  = 1   // something could not be read, or has errors
	exitUsage       = 2   // the command line, a query or the rules are wrong: nothing was read
	exitInterrupted = 130 // what shells take for Ctrl-C
)

// failure ends the process with an exit code. If err is nil, the error has been printed.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// fail returns a failure.
func fail(code int, err error) error { return &failure{code, err} }

// app is shared by all commands.
type app struct {
	version string
	out     terminal.Style // of stdout
	err     terminal.Style // of stderr
}

// Run runs the command line and returns the exit code.
func Run(ctx context.Context, version string, args []string) int {
	a := &app{version: version, out: terminal.StyleOf(os.Stdout), err: terminal.StyleOf(os.Stderr)}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{exitUsage, err}
	}
	if f.err != nil {
		a.complain(f.err)
	}
	return f.code
}

// complain writes an error to stderr.
func (a *app) complain(err error) {
	fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Bad("fluent-detect:"), strings.TrimRight(err.Error(), "\n"))
}

// warn writes a warning to stderr.
func (a *app) warn(line string) {
	fmt.Fprintf(os.Stderr, "%s %s\n", a.err.Doubtful("fluent-detect: warning:"), line)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "fluent-detect",
		Short: "Run detection rules on CloudTrail, Kubernetes audit events and ECS documents",
		Long: `fluent-detect runs detection rules on CloudTrail events, Kubernetes audit events and
ECS documents. The plugin does this inside Fluent Bit. This command does it on files,
and it checks and tests rules.

A FILE may be plain, .gz or .zst. - is the standard input. A FILE may contain

  - lines of JSON, a JSON array, or JSON values over several lines
  - a {"Records": […]} of any size, as CloudTrail stores it in S3
  - lines of text with JSON in them

Events may be in any envelope that the plugin opens. A directory stands for all files
below it.`,
		Example: `  fluent-detect replay logs/*.json.gz > alerts.ndjson
  aws s3 cp s3://trail/file.json.gz - | fluent-detect replay -
  fluent-detect check rules/ && fluent-detect test rules/`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, "%s", err) })
	root.AddCommand(a.replay(), a.learn(), a.eval(), a.explain(), a.ecs(), a.check(), a.test(), a.serve(), a.memory(), a.rules(), a.versionCommand())
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 96"))
	root.SetHelpCommand(help(root))
	return root
}

// help is --help as a command.
func help(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Show the help of a command",
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage(root, "unknown command %q", strings.Join(args, " "))
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// usage returns the error for an invalid command line.
func usage(c *cobra.Command, format string, args ...any) error {
	return fail(exitUsage, fmt.Errorf("%s; see %s --help", fmt.Sprintf(format, args...), c.CommandPath()))
}

// atLeastOne requires arguments.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(c, "%s is missing", what)
		}
		return nil
	}
}

// none accepts no arguments.
func none(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(c, "unexpected argument %q", args[0])
	}
	return nil
}
