package command

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
)

// document is a document, with its text if that was asked for.
type document struct {
	value msgpack.Value
	text  []byte
}

// readDocuments reads all documents, which decide together about the types of the fields
// that are not declared. The reading, through which results are printed, is there if any
// file was read, whatever the error is.
func (a *app) readDocuments(ctx context.Context, mapping *match.Documents, texts bool, files []string) (all []document, last *reading, err error) {
	pipe := pipeline.New(files)
	pipe.Whole = true
	err = a.readAll(ctx, pipe, func(r *reading, c *pipeline.Chunk) error {
		last = r
		r.faults.add(c, nil, nil)
		data := bytes.Clone(c.Data)
		for i := range c.Records {
			one := &c.Records[i]
			if !one.JSON {
				r.faults.addf("%s:%d: is not a JSON document (byte %d)", c.File, one.Line, one.Offset)
				continue
			}
			v, _, err := msgpack.Read(data, one.Body)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", c.File, one.Line, err) // cannot happen: we made the chunk
			}
			mapping.Learn(v)
			d := document{value: v}
			if texts {
				d.text = bytes.Clone(one.Text)
			}
			all = append(all, d)
		}
		return nil
	}, func(*reading) {})
	return all, last, err
}

// documentMapping returns the mapping of documents with the types that were declared.
func documentMapping(declared map[string]event.Type) *match.Documents {
	types := map[string]event.Type{"@timestamp": event.TypeDate}
	maps.Copy(types, declared)
	return match.NewDocuments(types)
}

// printed returns the reading to print results through, also if nothing was read.
func (a *app) printed(last *reading) *reading {
	if last == nil {
		return &reading{app: a, out: output{file: os.Stdout}}
	}
	return last
}
