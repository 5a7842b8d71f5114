package command

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
	"github.com/fluent-detect/fluent-detect/plugin/sidecar"
)

func (a *app) serve() *cobra.Command {
	var path string
	var k *keys
	c := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Take events by HTTP and deliver the alerts: the sidecar of Vector and others",
		Long: `Take events by POST to /v1/ingest (lines of JSON, a JSON array, or raw lines, in
any shape of CloudTrail, plain, gzip, zstd or deflate) and deliver the alerts: by
POST as lines of JSON to a URL, to a forward input, or to stdout. /healthz says
whether events are taken, /metrics has all counters for Prometheus.

Settings come from flags or from a YAML file with the same names, with _ for -;
a flag wins. Passwords belong into the file: other users see command lines.

200 is answered when the alerts of a body are in the outbox, on disk with
--state-path; 503 when the same body is to be sent again. SIGHUP reads the rules
anew. SIGTERM goes on serving until nothing has come for 5 seconds, 50 at most,
and then delivers what it can; SIGINT does so at once.

Exit code: 0 after a signal, 1 when it cannot go on, 2 when it cannot start.`,
		Example: `  fluent-detect serve --alerts -
  fluent-detect serve --config /etc/fluent-detect/fluent-detect.yaml
  fluent-detect serve --alerts http://127.0.0.1:9881/alerts --state-path /var/lib/fluent-detect
  curl --data-binary @trail.json.gz http://127.0.0.1:9880/v1/ingest`,
		Args: none,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := readServe(k, path)
			if err != nil {
				return fail(exitUsage, err)
			}
			return a.runServe(config)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&path, "config", "", "a YAML file of settings")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	k = keyFlagsOf(c, settings.SidecarKeys())
	return c
}

// readServe reads the settings from flags and, where there is none, from the file.
func readServe(k *keys, path string) (settings.Sidecar, error) {
	get := k.get
	var file *settings.File
	if path != "" {
		var err error
		if file, err = settings.ReadFile(path); err != nil {
			return settings.Sidecar{}, err
		}
		get = func(key string) string {
			if v := k.get(key); v != "" {
				return v
			}
			return file.Get(key)
		}
	}
	config, err := settings.ReadSidecar(get)
	if err == nil {
		return config, nil
	}
	var all []error
	for _, e := range settings.Errors(err) {
		var bad *settings.KeyError
		if file != nil && errors.As(e, &bad) && k.get(bad.Key) == "" {
			e = file.Locate(bad)
		} else {
			e = asFlags(e)
		}
		all = append(all, e)
	}
	return config, errors.Join(all...)
}

func (a *app) runServe(config settings.Sidecar) error {
	var mu sync.Mutex
	err := sidecar.Serve(config, sidecar.Options{
		Version: a.version,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Log: func(level logger.Level, line string) {
			mu.Lock()
			defer mu.Unlock()
			name := level.String()
			switch level {
			case logger.Error:
				name = a.err.Bad(name)
			case logger.Warn:
				name = a.err.Doubtful(name)
			}
			fmt.Fprintf(os.Stderr, "%s %s: %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), name, line)
		},
	})
	var start *sidecar.StartError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &start):
		return fail(exitUsage, err)
	}
	return fail(exitIncomplete, err)
}
