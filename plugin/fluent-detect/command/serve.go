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
		Short: "Run the sidecar: events by HTTP or from S3 in, alerts out",
		Long: `Run the sidecar: take events, evaluate the rules, and deliver the alerts.

Events come by POST to /v1/ingest: lines of JSON, a JSON array, or text lines, in any
envelope of CloudTrail, plain, gzip, zstd or deflate. The sidecar also reads CloudTrail's
objects that an SQS queue announces (--s3-queue-url), in a bucket (--s3-bucket) or in
folders (--s3-path). Alerts go by POST to a URL, as lines of JSON, or to a forward input,
or to stdout. /healthz reports whether events are accepted. /metrics has all counters
for Prometheus.

Settings are flags, or keys of a YAML file with the same names and _ instead of -. Flags
take precedence. Put passwords in the file: other users can see command lines.

The answer is 200 when the alerts of a body are in the outbox (with --state-path, on
disk), and 503 if the client must send the same body again. A message of the queue is
deleted when the alerts of all its objects are in the outbox.

SIGHUP reloads the rules. After SIGTERM, the sidecar gives messages back to the queue at
once. It serves until there was no request for 5 seconds, at most for 50 seconds, and
then delivers alerts for some seconds. After SIGINT, it delivers at once.

Exit code: 0 after a signal, 1 if it cannot continue, 2 if it cannot start.`,
		Example: `  fluent-detect serve --alerts -
  fluent-detect serve --config /etc/fluent-detect/fluent-detect.yaml
  fluent-detect serve --alerts http://127.0.0.1:9881/alerts --state-path /var/lib/fluent-detect
  fluent-detect serve --alerts - --state-path /var/lib/fluent-detect --s3-queue-url https://sqs.eu-west-1.amazonaws.com/111122223333/cloudtrail
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
	c.Flags().StringVar(&path, "config", "", "a YAML file with settings")
	_ = c.MarkFlagFilename("config", "yaml", "yml")
	k = keyFlags(c, settings.SidecarKeys())
	return c
}

// readServe reads the settings from flags, and from the file for flags that are not set.
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
