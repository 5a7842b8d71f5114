package command

import (
	"bytes"
	"context"
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// sequenceSearch is a search for the matches of a sequence.
type sequenceSearch struct {
	*stateful.Finder
	timestamp *event.Field
	texts     [][]byte // of the documents that may be in a match, as JSON
	last      *reading
}

// newSearch returns a search for a sequence.
func newSearch(q query.Query, n *query.Sequence, m match.Mapping) (*sequenceSearch, error) {
	steps, err := match.CompileSteps(q, n, m)
	if err != nil {
		return nil, err
	}
	return &sequenceSearch{Finder: stateful.NewFinder(n, &steps, m.Field), timestamp: m.Field("@timestamp")}, nil
}

// add adds a document, whose text is asked for if it may be in a match.
func (s *sequenceSearch) add(e *event.Event, text func() []byte) {
	at := stateful.MillisOf(event.ParseTime(e.First(s.timestamp)))
	if s.Add(e, at) {
		s.texts = append(s.texts, text())
	} else {
		s.texts = append(s.texts, nil)
	}
}

// finishSearch prints the matches of what was read, a line for each: a list of its documents.
func (a *app) finishSearch(s *sequenceSearch, err error) error {
	r := a.printed(s.last)
	for _, m := range s.Matches() {
		for i, place := range m {
			r.out.buf = append(r.out.buf, "[,"[min(i, 1)])
			if place < 0 {
				r.out.buf = append(r.out.buf, "null"...)
			} else {
				r.out.buf = append(r.out.buf, s.texts[place]...)
			}
		}
		r.out.buf = append(r.out.buf, ']', '\n')
	}
	if printed := r.out.flush(); printed != nil {
		return fail(exitIncomplete, printed)
	}
	return err
}

// evalEventSequences prints the matches of a sequence among CloudTrail events.
func (a *app) evalEventSequences(ctx context.Context, loader ruleset.Loader, q query.Query, n *query.Sequence, m match.Mapping, files []string) error {
	s, err := newSearch(q, n, m)
	if err != nil {
		return refused(err)
	}
	err = a.eachEvent(ctx, loader.Schema, files, func(r *reading, e located) error {
		s.last = r
		s.add(e.Event, func() []byte {
			if envelope.Wrapped(e.Event) {
				return jsontext.AppendJSON(nil, e.Document())
			}
			return bytes.TrimSpace(appendDocument(nil, e.record.Text))
		})
		return nil
	})
	return a.finishSearch(s, err)
}

// evalDocumentSequences prints the matches of a sequence among documents, all of which decide
// about the types of fields.
func (a *app) evalDocumentSequences(ctx context.Context, q query.Query, n *query.Sequence, declared map[string]event.Type, files []string) error {
	mapping := documentMapping(declared)
	if _, err := newSearch(q, n, mapping); err != nil {
		return refused(err)
	}
	documents, last, err := a.readDocuments(ctx, mapping, true, files)
	if err != nil && last == nil {
		return err
	}
	s, refusal := newSearch(q, n, mapping)
	if refusal == nil {
		_, refusal = match.Compile(q, mapping)
	}
	if refusal != nil {
		return refused(fmt.Errorf("%w\nwith the types of the fields of all documents", refusal))
	}
	s.last = last
	e := &event.Event{}
	for i := range documents {
		e.ResetDocument(documents[i].value)
		s.add(e, func() []byte { return bytes.TrimSpace(appendDocument(nil, documents[i].text)) })
	}
	return a.finishSearch(s, err)
}
