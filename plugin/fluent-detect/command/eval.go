package command

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/esql"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
)

func (a *app) eval() *cobra.Command {
	var fields *keys
	text, language, category, now, file := "", kql.Language.Name, "", "", ""
	var ecs bool
	var types []string
	c := &cobra.Command{
		Use:   "eval (--query QUERY | --rule RULEFILE) [flags] FILE...",
		Short: "Print the documents that a query or a rule matches",
		Long: `Print the documents that a query matches, unchanged, as lines of JSON. The query is in
KQL (Kibana's query language), EQL (Elasticsearch's event query language) or ES|QL.

  - For a sequence in EQL, each line is a match: a list of its documents in the order of
    the steps, with null for a document that must be missing. All documents are read
    first.
  - For ES|QL, each line is a row that the query makes from all documents: an object
    with the names of columns as keys. Without LIMIT, there are at most 1,000 rows.

A document is a JSON object. Its fields have the types that Elasticsearch's dynamic
mapping would give them: the first value of a field decides whether it is a number, a
boolean or a keyword. Use --type to declare dates, addresses, text, and flattened and
nested objects. In ES|QL, @timestamp is a date.

With --ecs, the documents are events in any envelope. The query is about their ECS
fields, as in a rule, and the original event is printed.

With --rule, the queries are those of the rules in a file:

  - Rules in Elastic's formats are evaluated like --query, but ES|QL rules print
    documents, not rows. For a rule with STATS, these are the documents of its groups.
  - Sigma rules name the members of CloudTrail's own records. They are evaluated on the
    events in each document, in any envelope or in ECS form, or on the document itself
    if it has no event.

Exit code: 0 if everything was read, whether or not anything matched; 1 if something
could not be read; 2 if the query or the rule is refused, with its line and column.`,
		Example: `  fluent-detect eval --ecs --query 'event.action: *Trail and not user.name: ci' trail.json.gz
  fluent-detect eval --ecs --language eql --query 'iam where event.action : "create*"' trail.json.gz
  fluent-detect eval --ecs --language esql --query 'FROM x | STATS COUNT(*) BY event.action' trail.json.gz
  fluent-detect eval --query 'source.ip: 10.0.0.0/8' --type source.ip=ip docs.ndjson
  fluent-detect eval --rule aws_login.yml trail.json.gz`,
		Args: atLeastOne("FILE"),
		RunE: func(c *cobra.Command, files []string) error {
			loader, err := fields.loader()
			if err != nil {
				return err
			}
			if file != "" {
				return a.evalRules(c, loader, file, ecs, types, files)
			}
			languages := queryLanguages()
			if _, ok := languages.Lookup(language); !ok {
				return usage(c, "--language %q: must be one of %s", language, strings.Join(languages.Names(), ", "))
			}
			if !c.Flags().Changed("query") {
				return usage(c, "--query or --rule is missing")
			}
			declared, err := parseTypes(c, types)
			if err != nil {
				return err
			}
			if language == esql.Language.Name {
				at, err := parseNow(c, now)
				if err != nil {
					return err
				}
				q, err := esql.Parse(text)
				switch {
				case err != nil:
					return refused(err)
				case ecs:
					return a.evalEventTable(c.Context(), loader.Schema, q, declared, at, files)
				}
				return a.evalDocumentTable(c.Context(), q, declared, at, files)
			}
			q, err := languages.Query(language, text, category)
			if err != nil {
				return refused(err)
			}
			for _, advice := range q.Advice() {
				a.warn(fmt.Sprintf("--query:%v", advice))
			}
			if ecs {
				return a.evalEvents(c.Context(), loader, q, declared, files)
			}
			return a.evalDocuments(c.Context(), q, declared, files)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Var(textValue{&text}, "query", "the query (an empty one matches everything)")
	c.Flags().Var(textValue{&file}, "rule", "the file of a rule, instead of a query")
	c.Flags().Var(textValue{&language}, "language", "the language of the query: kuery, eql or esql")
	c.Flags().Var(textValue{&category}, "event-category-field", "the field with the category of an event in EQL (default event.category)")
	c.Flags().Var(textValue{&now}, "now", "the time that NOW() returns in ES|QL, as in 2026-01-02T03:04:05Z (default the current time)")
	c.Flags().BoolVar(&ecs, "ecs", false, "read the documents as events; the query is about their ECS fields")
	c.Flags().Var(typeValue{listValue{&types}}, "type", "the type of a field, as in source.ip=ip; may be given several times")
	fields = fieldFlags(c)
	for _, name := range []string{"query", "language", "event-category-field", "now"} {
		c.MarkFlagsMutuallyExclusive(name, "rule")
	}
	return c
}

// queryLanguages are the languages of --query: those that name fields of documents.
func queryLanguages() query.Languages {
	return slices.DeleteFunc(ruleset.DefaultLoader().Languages, func(l query.Language) bool { return l.NamesMembers })
}

// typeValue is the flag --type.
type typeValue struct{ listValue }

func (typeValue) Type() string { return "FIELD=TYPE" }

func parseTypes(c *cobra.Command, list []string) (map[string]event.Type, error) {
	types := map[string]event.Type{}
	for _, one := range list {
		name, typ, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, usage(c, "--type %q: must be FIELD=TYPE, as in source.ip=ip", one)
		}
		if types[name], ok = event.ParseType(typ); !ok {
			return nil, usage(c, "--type %q: type %q is not supported", one, typ)
		}
	}
	return types, nil
}

// refused returns the error for a query that is refused.
func refused(err error) error { return fail(exitUsage, fmt.Errorf("--query:%w", err)) }

// typedECS is the mapping of events with other types for some fields.
type typedECS struct {
	match.ECS
	declared map[string]event.Type
}

// Field returns the field with the type that was declared, if any.
func (m typedECS) Field(name string) *event.Field {
	f := m.ECS.Field(name)
	if t, ok := m.declared[name]; ok {
		return f.WithType(t)
	}
	return f
}

// evalEvents prints the CloudTrail events that match.
func (a *app) evalEvents(ctx context.Context, loader ruleset.Loader, q query.Query, declared map[string]event.Type, files []string) error {
	mapping := typedECS{match.ECS{Schema: loader.Schema}, declared}
	p, err := match.Compile(q, mapping)
	if err != nil {
		return refused(err)
	}
	for _, line := range loader.Outlook("the query", "matches", p) {
		a.warn("--query: " + line)
	}
	if n, ok := q.Root.(*query.Sequence); ok {
		return a.evalEventSequences(ctx, loader, q, n, mapping, files)
	}
	return a.eachEvent(ctx, loader.Schema, files, func(r *reading, e located) error {
		if !p.Match(e.Event) {
			return nil
		}
		if !envelope.Wrapped(e.Event) {
			r.out.buf = appendDocument(r.out.buf, e.record.Text)
		} else {
			r.out.buf = append(jsontext.AppendJSON(r.out.buf, e.Document()), '\n')
		}
		return nil
	})
}

// evalDocuments prints the documents that match.
func (a *app) evalDocuments(ctx context.Context, q query.Query, declared map[string]event.Type, files []string) error {
	if n, ok := q.Root.(*query.Sequence); ok {
		return a.evalDocumentSequences(ctx, q, n, declared, files)
	}
	mapping := match.NewDocuments(declared)
	p, err := match.Compile(q, mapping)
	if err != nil {
		return refused(err)
	}
	pipe := pipeline.New(files)
	pipe.Whole = true
	document := &event.Event{}
	known := typesKnown(q.Root, mapping)
	return a.readAll(ctx, pipe, func(r *reading, c *pipeline.Chunk) error {
		r.faults.add(c, nil, nil)
		for i := range c.Records {
			one := &c.Records[i]
			if !one.JSON {
				r.faults.addf("%s:%d: is not a JSON document (byte %d)", c.File, one.Line, one.Offset)
				continue
			}
			v, _, err := msgpack.Read(c.Data, one.Body)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", c.File, one.Line, err) // cannot happen: we made the chunk
			}
			if !known && mapping.Learn(v) {
				known = typesKnown(q.Root, mapping)
				if p, err = match.Compile(q, mapping); err != nil {
					return refused(fmt.Errorf("%w\nwith the types of the fields up to %s:%d", err, c.File, one.Line))
				}
			}
			document.ResetDocument(v)
			if p.Match(document) {
				r.out.buf = appendDocument(r.out.buf, one.Text)
			}
		}
		return nil
	}, func(*reading) {})
}

// appendDocument appends the text of a JSON document as a line. JSON has no strings
// over several lines, so line ends and the white space around them can be dropped.
func appendDocument(dst, text []byte) []byte {
	for line := range bytes.Lines(text) {
		dst = append(dst, bytes.TrimSpace(line)...)
	}
	return append(dst, '\n')
}
