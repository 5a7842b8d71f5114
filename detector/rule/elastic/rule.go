package elastic

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/rule/native"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// reader reads one rule.
type reader struct {
	document.Reader
	path      string
	sha256    string   // of the file
	exported  bool     // Kibana wrote the rule
	languages []string // that run here
	ruleType  string   // of this rule
	language  string   // of this rule
	category  string   // the field of the category of events, empty if the rule names none
}

// read reads a rule and adds it to the set, unless there were errors. The tables
// extension and metadata may be nil.
func (r *reader) read(set *rule.Set, table, extension, metadata *document.Value) {
	if skipped := r.skip(table); skipped != nil {
		set.Skipped = append(set.Skipped, *skipped)
		r.Errors = nil // they are about a rule that another engine runs
		return
	}
	out := &rule.Rule{
		Version: rule.DefaultVersion, From: rule.DefaultFrom, MaxSignals: rule.DefaultMaxSignals, Enabled: true,
		Interval: rule.DefaultInterval, Source: rule.Source{Path: r.path, SHA256: r.sha256},
	}
	out.IntervalDuration, _ = rule.ParseInterval(rule.DefaultInterval)
	out.Source.Line, _ = r.Position(table)
	for _, v := range table.Items {
		if r.Full() {
			return
		}
		r.readKey(out, v)
	}
	out.Query.CategoryField = r.category
	out.Type = r.ruleType
	for _, k := range requiredKeys {
		r.Required(table, k.name, k.allowed)
	}
	if out.Extension.SuppressBy != nil && out.Extension.SuppressFor == 0 {
		out.Extension.SuppressFor = out.IntervalDuration // as Elastic's "per rule execution"
	}
	if extension != nil && r.Expect(extension, document.Table, "a table") {
		native.ReadExtension(&r.Reader, extension, &out.Extension)
		if extension.Get("suppress_by") != nil { // it takes the place of alert_suppression
			out.Extension.SuppressMissing = false
		}
	}
	r.memory(out, table, extension)
	if v := metadata.Get("maturity"); v != nil {
		if out.Maturity = r.Line(v); out.Maturity == "deprecated" {
			r.notice(out, v, "deprecated: upstream does not ship this rule any more")
		}
	}
	if isElastic(out, table) {
		out.Source.Ruleset = "elastic/detection-rules"
	}
	if len(r.Errors) == 0 {
		set.Rules = append(set.Rules, out)
	}
}

// readKey reads a key. Kibana adds keys with every release, so an unknown key in
// an export is a notice instead of an error.
func (r *reader) readKey(out *rule.Rule, v *document.Value) {
	k, known := ruleKeys[v.Key]
	switch {
	case !known && r.exported:
		if !slices.Contains(exportedKeys, v.Key) && v.Key != native.Table {
			r.notice(out, v, "unknown key, without effect here")
		}
	case !known:
		r.FailKey(v, "unknown key%s", hint(v.Key))
	case k.ruleType != "" && k.ruleType != r.ruleType && !v.IsEmpty():
		r.FailKey(v, "belongs to rules of type %q, and this one is of type %q", k.ruleType, r.ruleType)
	case k.read != nil:
		k.read(r, out, v)
	case v.IsEmpty():
	case k.notice != "":
		r.notice(out, v, k.notice)
	}
}

func (r *reader) notice(out *rule.Rule, v *document.Value, text string) {
	out.Notices = append(out.Notices, r.Notice(v, text))
}

// hint returns what the author of an unknown key of [rule] may have meant.
func hint(key string) string {
	switch {
	case slices.Contains(metadataKeys, key):
		return "; it belongs in [metadata]"
	case slices.Contains(native.Keys, key):
		return "; it belongs in [fluent_detect]"
	}
	if hint := spelling.Suggest(key, ruleKeyNames); hint != "" {
		return hint
	}
	return "; Elastic's rule format has no such key, and fluent-detect's own belong in [fluent_detect]"
}

// isElastic reports whether a rule is one of Elastic's: Kibana marks those, and
// in files the license or the author says so.
func isElastic(r *rule.Rule, table *document.Value) bool {
	return table.TextOf("immutable") == "true" || strings.HasPrefix(r.License, "Elastic License") ||
		slices.ContainsFunc(r.Author, func(a string) bool { return strings.EqualFold(a, "elastic") })
}

// suppression reads Elastic's alert_suppression: the fields to group by, and for
// how long a group is suppressed, 0 for one interval of the rule.
func (r *reader) suppression(out *rule.Rule, v *document.Value) {
	if !r.Expect(v, document.Table, "a table") {
		return
	}
	if r.ruleType == rule.Threshold.String() { // its groups are what is suppressed
		for _, key := range v.Items {
			if key.Key == "group_by" || key.Key == "missing_fields_strategy" {
				r.FailKey(key, "a rule of type %q is suppressed by the fields of its threshold; only duration is allowed", r.ruleType)
			}
		}
		r.Required(v, "duration", "a table with value and unit")
	} else {
		out.Extension.SuppressBy = r.Fields(r.Required(v, "group_by", "a list of fields"))
	}
	r.Known(v, "group_by", "duration", "missing_fields_strategy")
	if by := v.Get("group_by"); by != nil {
		out.Extension.SuppressAt.Key = "alert_suppression.group_by"
		out.Extension.SuppressAt.Line, out.Extension.SuppressAt.Column = r.Position(by)
	}
	if d := v.Get("duration"); r.Expect(d, document.Table, "a table") {
		r.Known(d, "value", "unit")
		value, unit := r.Required(d, "value", "an integer"), r.Required(d, "unit", `"s", "m" or "h"`)
		n, u := r.Int(value, 1, 0), r.OneOf(unit, []string{"s", "m", "h"})
		if n > 0 && u != "" {
			var err error
			if out.Extension.SuppressFor, err = rule.ParseInterval(strconv.Itoa(n) + u); err != nil {
				r.Fail(value, "%v", err)
			}
		}
	}
	missing := v.Get("missing_fields_strategy")
	strategy := r.OneOf(missing, []string{"suppress", "doNotSuppress"})
	if r.ruleType == "esql" {
		out.Extension.SuppressMissing = strategy != "doNotSuppress"
	} else if strategy == "suppress" {
		r.notice(out, missing, "an event without one of the fields always alerts here")
	}
}

// categoryField reads the name of the field that has the category of events.
func (r *reader) categoryField(_ *rule.Rule, v *document.Value) {
	if v.IsEmpty() {
		return
	}
	r.category = r.Line(v)
	if err := rule.CheckField(r.category); r.category != "" && err != nil {
		r.Fail(v, "%v", err)
	}
}

// investigationFields reads a table, or the list that older rules have.
func (r *reader) investigationFields(v *document.Value) []string {
	if v.Kind == document.List {
		return r.Strings(v)
	}
	if !r.Expect(v, document.Table, "a table with field_names") {
		return nil
	}
	r.Known(v, "field_names")
	return r.Strings(r.Required(v, "field_names", "a list of fields"))
}

// threats reads the mapping to threat frameworks.
func (r *reader) threats(v *document.Value) []rule.Threat {
	var list []rule.Threat
	for _, t := range r.Tables(v) {
		r.Known(t, "framework", "tactic", "technique")
		threat := rule.Threat{Framework: r.Line(r.Required(t, "framework", `the name of a framework, such as "MITRE ATT&CK"`))}
		if tactic := r.Required(t, "tactic", "a table"); r.Expect(tactic, document.Table, "a table") {
			r.Known(tactic, "id", "name", "reference")
			threat.Tactic.ID, threat.Tactic.Name, threat.Tactic.Reference = r.attack(tactic)
		}
		threat.Technique = r.techniques(t.Get("technique"), "id", "name", "reference", "subtechnique")
		list = append(list, threat)
	}
	return list
}

// techniques reads techniques, or the subtechniques of one, which have the keys.
func (r *reader) techniques(v *document.Value, keys ...string) []rule.Technique {
	var list []rule.Technique
	for _, t := range r.Tables(v) {
		r.Known(t, keys...)
		var technique rule.Technique
		technique.ID, technique.Name, technique.Reference = r.attack(t)
		if slices.Contains(keys, "subtechnique") {
			technique.Subtechnique = r.techniques(t.Get("subtechnique"), "id", "name", "reference")
		}
		list = append(list, technique)
	}
	return list
}

// attack reads the keys that tactics, techniques and subtechniques have.
func (r *reader) attack(table *document.Value) (id, name, reference string) {
	text := func(key string) string { return r.Line(r.Required(table, key, "a string")) }
	return text("id"), text("name"), text("reference")
}
