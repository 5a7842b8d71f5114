package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/terminal"
)

// reading is a run over files that prints results, and what could not be read.
type reading struct {
	app      *app
	out      output
	faults   faults
	progress *terminal.Progress
	records  uint64
	events   uint64
}

// located is an event with its position.
type located struct {
	*event.Event
	file   string
	record *ingest.Record
}

// eachEvent calls visit with each event of the files, in order, as the schema shows it.
func (a *app) eachEvent(ctx context.Context, schema *event.Schema, files []string, visit func(*reading, located) error) error {
	var r *reading
	var at located
	var unreadable []int // offsets of records
	var unrecognized []detector.Unrecognized
	var keys stats.Keys
	var err error
	reader := envelope.NewReader(schema, func(e *event.Event) {
		at.Event = e
		r.events++
		if err == nil {
			err = visit(r, at)
		}
	})
	chunk := func(run *reading, c *pipeline.Chunk) error {
		r = run
		at.file = c.File
		unreadable, unrecognized = unreadable[:0], unrecognized[:0]
		for i := range c.Records {
			at.record = &c.Records[i]
			_, seen, broken := reader.Read(c.Data, at.record.Body)
			if broken != nil {
				return fmt.Errorf("%s:%d: %w", c.File, at.record.Line, broken) // cannot happen: we made the chunk
			}
			if seen.Unreadable > 0 {
				unreadable = append(unreadable, at.record.Body)
			}
			if member, ok := reader.Unrecognized(); ok {
				unrecognized = append(unrecognized, detector.Unrecognized{Body: at.record.Body, Key: keys.Add(member)})
			}
		}
		r.faults.add(c, unreadable, unrecognized)
		return err
	}
	done := func(r *reading) {
		if r.events == 0 && r.records > 0 {
			fmt.Fprintf(os.Stderr, "fluent-detect: no CloudTrail event in %s\n", terminal.Plural(r.records, "record"))
		}
	}
	return a.readAll(ctx, pipeline.New(files), chunk, done)
}

// readAll runs a pipeline. The output of the reading is printed after each call of
// chunk.
func (a *app) readAll(ctx context.Context, pipe *pipeline.Pipeline, chunk func(*reading, *pipeline.Chunk) error, done func(*reading)) error {
	r := &reading{app: a, out: output{file: os.Stdout}}
	r.faults.app = a
	r.progress = terminal.StartProgress(os.Stderr, func() terminal.State {
		read, total := pipe.Progress()
		return terminal.State{Done: read, Total: total}
	})
	err := pipe.Run(ctx, func(c *pipeline.Chunk) error {
		r.records += uint64(len(c.Records))
		err := chunk(r, c)
		if len(r.out.buf) > 0 {
			r.progress.Aside(func() { err = errors.Join(err, r.out.flush()) })
		}
		return err
	})
	r.progress.Stop()
	a.writeSkipped(os.Stderr, pipe.Skipped())
	r.faults.write(os.Stderr)
	switch {
	case errors.Is(err, context.Canceled):
		return fail(exitInterrupted, nil)
	case err != nil:
		var f *failure
		if errors.As(err, &f) {
			return f
		}
		return fail(exitIncomplete, err)
	}
	done(r)
	if r.faults.any() {
		return fail(exitIncomplete, nil)
	}
	return nil
}

// output writes lines to stdout. If it is a closed pipe, SIGPIPE ends the process, as
// usual.
type output struct {
	file *os.File
	buf  []byte
}

// flush writes the content of buf.
func (o *output) flush() error {
	_, err := o.file.Write(o.buf)
	o.buf = o.buf[:0]
	if err != nil {
		return fmt.Errorf("the output cannot be written: %w", pipeline.Pathless(err))
	}
	return nil
}
