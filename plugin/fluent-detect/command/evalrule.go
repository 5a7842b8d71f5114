package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
)

// evalRules prints the documents that a rule in a file matches.
func (a *app) evalRules(c *cobra.Command, loader ruleset.Loader, path string, ecs bool, types, files []string) error {
	rules, err := loader.Load(path)
	if isForeign(err) {
		a.warn(err.Error())
		rules, err = &ruleset.Set{}, nil
	}
	if err != nil {
		return fail(exitUsage, rulesError(err))
	}
	for _, s := range rules.Skipped {
		a.warn("skipped " + s.String())
	}
	for _, r := range rules.Rules {
		if r.Sigma == nil {
			return a.evalElastic(c, rules, r, ecs, types, files)
		}
	}
	if len(types) > 0 {
		return usage(c, "--type is for queries about documents, not for Sigma rules")
	}
	for _, line := range rules.Warnings {
		a.warn(line)
	}
	m, err := a.memoryOf(rules.Rules, "", "")
	if err != nil {
		return err
	}
	correlator := stateful.NewCorrelator(m, rules.Rules, loader.Schema)
	return a.evalRecords(c.Context(), loader.Schema, func(e *event.Event) bool { return alerts(correlator, e) }, files)
}

// alerts reports whether one of the rules would make an alert of an event, given those before
// it, if it alerted by itself: a rule that only correlations refer to does not.
func alerts(c *stateful.Correlator, e *event.Event) bool {
	matches, findings := c.Observe(e, time.Now())
	return slices.ContainsFunc(matches, func(r *ruleset.Rule) bool { return !r.Silent }) ||
		slices.ContainsFunc(findings, func(f stateful.CorrelationFinding) bool { return f.Alerts && !f.Rule.Silent })
}

// isForeign reports whether an error says that all rules of a file are about events that
// do not come here, which then match nothing.
func isForeign(err error) bool {
	var all rule.Errors
	return errors.As(err, &all) && len(all) > 0 && !slices.ContainsFunc(all, func(e *rule.Error) bool {
		return !errors.Is(e, rule.ErrSkipped) || e.Key != "logsource"
	})
}

// evalElastic prints the documents that the query of a rule matches.
func (a *app) evalElastic(c *cobra.Command, rules *ruleset.Set, r *ruleset.Rule, ecs bool, types, files []string) error {
	if len(rules.Rules) > 1 {
		return usage(c, "--rule %q: holds %d rules, must hold one", r.Source.Path, len(rules.Rules))
	}
	declared, err := parseTypes(c, types)
	if err != nil {
		return err
	}
	q, err := rules.Languages.Query(r.Query.Language, r.Query.Text, r.Query.CategoryField)
	if err != nil {
		return fail(exitUsage, err) // cannot happen: it was loaded
	}
	if ecs {
		return a.evalEvents(c.Context(), rules.Loader, q, declared, files)
	}
	return a.evalDocuments(c.Context(), q, declared, files)
}

// evalRecords prints the events that match, and the documents without an event.
func (a *app) evalRecords(ctx context.Context, s *event.Schema, matches func(*event.Event) bool, files []string) error {
	var r *reading
	var record []byte
	events := 0
	reader := envelope.NewReader(s, func(e *event.Event) {
		events++
		switch {
		case !matches(e):
		case envelope.Wrapped(e):
			r.out.buf = append(jsontext.AppendJSON(r.out.buf, e.Document()), '\n')
		default:
			r.out.buf = appendDocument(r.out.buf, record)
		}
	})
	document := &event.Event{}
	return a.readAll(ctx, pipeline.New(files), func(run *reading, c *pipeline.Chunk) error {
		r = run
		r.faults.add(c, nil, nil)
		for i := range c.Records {
			one := &c.Records[i]
			record, events = one.Text, 0
			if _, _, err := reader.Read(c.Data, one.Body); err != nil {
				return fmt.Errorf("%s:%d: %w", c.File, one.Line, err) // cannot happen: we made the chunk
			}
			if events > 0 {
				continue
			}
			if !one.JSON {
				r.faults.addf("%s:%d: is not a JSON document (byte %d)", c.File, one.Line, one.Offset)
				continue
			}
			v, _, err := msgpack.Read(c.Data, one.Body)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", c.File, one.Line, err) // cannot happen: we made the chunk
			}
			if document.ResetDocument(v); matches(document) {
				r.out.buf = appendDocument(r.out.buf, one.Text)
			}
		}
		return nil
	}, func(*reading) {})
}
