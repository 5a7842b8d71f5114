package elastic

import (
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

const (
	maxTerms  = 3 // as in Elastic
	maxGroups = 5 // as in Elastic
)

// memory reads what a rule of type new_terms or threshold remembers, after all other
// keys of the rule and of its extension, which may be nil.
func (r *reader) memory(out *rule.Rule, table, extension *document.Value) {
	kind := -1
	if slices.Contains(rule.MemoryTypes, r.ruleType) {
		kind = slices.Index(rule.MemoryKinds, r.ruleType)
	}
	for _, key := range []struct {
		name  string
		types []string
	}{
		{"window", append([]string{"esql"}, rule.MemoryTypes...)},
		{"hold_off", []string{rule.Threshold.String()}},
		{"learn_for", []string{rule.NewTerms.String()}},
	} {
		if v := extension.Get(key.name); v != nil && !slices.Contains(key.types, r.ruleType) {
			r.FailKey(v, "belongs to rules of type %s, and this one is of type %q", document.Quoted(key.types), r.ruleType)
		}
	}
	if r.ruleType == "esql" { // whether it has a memory is known when its query is
		out.LookBack, _ = rule.ParseFrom(out.From)
		out.FromAt = r.place(table, "from")
		if v := table.Get("from"); v != nil {
			out.FromAt = r.place(v, "from")
		}
	}
	if kind < 0 {
		return
	}
	out.Memory = &rule.Memory{Kind: rule.MemoryKind(kind)}
	from, fromKnown := r.from(out, table)
	if out.Memory.Kind == rule.NewTerms {
		r.newTerms(out, table, extension, from, fromKnown)
	} else {
		r.threshold(out, table, from)
	}
}

// from returns how far back one run of the rule looks, and whether the rule says so in
// a form that is understood.
func (r *reader) from(out *rule.Rule, table *document.Value) (time.Duration, bool) {
	d, err := rule.ParseFrom(out.From)
	if err == nil {
		return d, true
	}
	if v := table.Get("from"); v != nil && v.Kind == document.String && out.From != "" {
		r.Fail(v, "%v", err)
	}
	return 0, false
}

// newTerms reads the terms and for how long they are known. Elastic's files have them
// in a table new_terms, Kibana's exports as two keys.
func (r *reader) newTerms(out *rule.Rule, table, extension *document.Value, from time.Duration, fromKnown bool) {
	fields, start := table.Get("new_terms_fields"), table.Get("history_window_start")
	if v := table.Get("new_terms"); v != nil && (fields == nil || start == nil) {
		if !r.Expect(v, document.Table, "a table") {
			return
		}
		r.Known(v, "field", "value", "history_window_start")
		r.OneOf(r.Required(v, "field", `"new_terms_fields"`), []string{"new_terms_fields"})
		fields = r.Required(v, "value", "a list of fields")
		windows := r.Required(v, "history_window_start", "a list of one table")
		for i, window := range r.Tables(windows) {
			r.Known(window, "field", "value")
			r.OneOf(r.Required(window, "field", `"history_window_start"`), []string{"history_window_start"})
			if start = r.Required(window, "value", `a time such as "now-7d"`); i > 0 {
				r.Fail(window, "is the second one; a rule has one history window")
			}
		}
		if windows != nil && windows.Kind == document.List && len(windows.Items) == 0 {
			r.Fail(windows, "is an empty list; must have one table")
		}
	} else {
		fields = r.Required(table, "new_terms_fields", "a list of fields, or a table new_terms must have them")
		start = r.Required(table, "history_window_start", `a time such as "now-7d", or a table new_terms must have it`)
	}
	if fields == nil || start == nil {
		return
	}
	m := out.Memory
	m.Fields, m.FieldsAt = r.Fields(fields), r.place(fields, "new_terms_fields")
	if len(m.Fields) > maxTerms {
		r.Fail(fields, "has %d fields, the maximum is %d", len(m.Fields), maxTerms)
	}
	at := start
	if r.Expect(start, document.String, `a time such as "now-7d"`) {
		var err error
		if m.Window, err = rule.ParseFrom(start.Text); err != nil {
			r.Fail(start, "%v", err)
		}
	}
	if w := out.Extension.Window; w != nil {
		m.Window, at = *w, extension.Get("window")
	}
	if m.Window > 0 && fromKnown && m.Window <= from {
		r.Fail(at, "the history window, %s, must be longer than what one run looks at, from = %q", at.Text, out.From)
	}
}

// threshold reads what is counted, and what is enough.
func (r *reader) threshold(out *rule.Rule, table *document.Value, from time.Duration) {
	m := out.Memory
	m.Window = from
	if w := out.Extension.Window; w != nil {
		m.Window = *w
	}
	m.HoldOff = max(out.IntervalDuration, out.Extension.SuppressFor)
	out.Extension.SuppressFor = 0 // suppression of thresholds is the hold-off
	if h := out.Extension.HoldOff; h != nil {
		m.HoldOff = *h
	}
	v := r.Required(table, "threshold", "a table with field and value")
	if !r.Expect(v, document.Table, "a table with field and value") {
		return
	}
	r.Known(v, "field", "value", "cardinality")
	m.Count = r.Int(r.Required(v, "value", "an integer from 1"), 1, 0)
	group := r.Required(v, "field", "a list of fields, empty for one group of all events")
	switch {
	case group == nil || group.IsEmpty():
	case group.Kind == document.String: // older exports
		if m.Fields = []string{r.Line(group)}; m.Fields[0] != "" {
			if err := rule.CheckField(m.Fields[0]); err != nil {
				r.Fail(group, "%v", err)
			}
		}
	default:
		m.Fields = r.Fields(group)
	}
	if group != nil {
		m.FieldsAt = r.place(group, "threshold.field")
	}
	if len(m.Fields) > maxGroups {
		r.Fail(group, "has %d fields, the maximum is %d", len(m.Fields), maxGroups)
	}
	for i, c := range r.Tables(v.Get("cardinality")) {
		if i > 0 {
			r.Fail(c, "is the second one; the distinct values of one field are counted")
			break
		}
		r.Known(c, "field", "value")
		field := r.Required(c, "field", "a field")
		m.DistinctOf = r.Line(field)
		m.Distinct = r.Int(r.Required(c, "value", "an integer from 1"), 1, 0)
		if m.DistinctOf == "" {
			continue
		}
		m.DistinctAt = r.place(field, "threshold.cardinality.field")
		if err := rule.CheckField(m.DistinctOf); err != nil {
			r.Fail(field, "%v", err)
		} else if slices.Contains(m.Fields, m.DistinctOf) {
			r.Fail(field, "%q is a field that events are grouped by: each group has one value of it", m.DistinctOf)
		}
	}
}

func (r *reader) place(v *document.Value, key string) rule.Place {
	line, column := r.Position(v)
	return rule.Place{Key: key, Line: line, Column: column}
}
