package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

// parseNow returns the time that NOW() is.
func parseNow(c *cobra.Command, text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	first, _, ok := event.ParseDate([]byte(text))
	if !ok {
		return time.Time{}, usage(c, "--now %q: must be a time such as 2026-01-02T03:04:05.678Z", text)
	}
	return time.UnixMilli(first).UTC(), nil
}

// printRows prints the rows of a table.
func (a *app) printRows(r *reading, t *table.Table) {
	for _, row := range t.Rows() {
		r.out.buf = append(row.AppendJSON(r.out.buf), '\n')
	}
	if t.Cut > 0 {
		a.warn(fmt.Sprintf("--query: without LIMIT there are the first %d rows, as in Elasticsearch: %d more are not printed", table.DefaultLimit, t.Cut))
	}
}

// evalEventTable makes a table of CloudTrail events.
func (a *app) evalEventTable(ctx context.Context, s *event.Schema, q *esql.Query, declared map[string]event.Type, now time.Time, files []string) error {
	t, err := table.New(q, typedECS{match.ECS{Schema: s}, declared}, now)
	if err != nil {
		return refused(err)
	}
	var last *reading
	err = a.eachEvent(ctx, s, files, func(r *reading, e located) error {
		last = r
		t.Add(e.Event)
		return nil
	})
	return a.finishTable(last, t, err)
}

// finishTable prints the rows of what was read, if anything was.
func (a *app) finishTable(r *reading, t *table.Table, err error) error {
	r = a.printed(r)
	a.printRows(r, t)
	if printed := r.out.flush(); printed != nil {
		return fail(exitIncomplete, printed)
	}
	return err
}

// evalDocumentTable makes a table of documents, all of which decide about the types of
// columns.
func (a *app) evalDocumentTable(ctx context.Context, q *esql.Query, declared map[string]event.Type, now time.Time, files []string) error {
	mapping := documentMapping(declared)
	documents, last, err := a.readDocuments(ctx, mapping, false, files)
	if err != nil && last == nil {
		return err
	}
	t, refusal := table.New(q, mapping, now)
	if refusal != nil {
		return refused(refusal)
	}
	e := &event.Event{}
	for i := range documents {
		e.ResetDocument(documents[i].value)
		t.Add(e)
	}
	return a.finishTable(last, t, err)
}
