package sigma

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// correlationKeys are the keys of the map correlation.
var correlationKeys = []string{"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}

// conditionKeys are those of its condition.
var conditionKeys = append(slices.Clone(rule.Operators), "field", "percentile")

// A correlation names so many rules at most; of those in an order there are fewer.
const (
	maxRules   = 1000
	maxOrdered = 64
)

// maxTimespan is the longest time that a correlation is about.
const maxTimespan = 366 * 24 * time.Hour

// correlation reads a correlation.
func (r *reader) correlation(set *rule.Set) {
	status, ok := r.status(set)
	if !ok {
		r.silenceRules("its status is " + status)
		return
	}
	source := rule.LogSource{}
	if r.root.Get("logsource") != nil { // Sigma does not ask for one here
		if source, ok = r.logSource(); ok && !r.isOurs(source) {
			r.skip(set, r.root.Get("logsource"), "the log source is %s, of which no events come here", describe(source))
			return
		}
	}
	out := r.newRule(status, source)
	v := r.root.Get(keyCorrelation)
	if r.Expect(v, document.Table, "a map") {
		r.Known(v, correlationKeys...)
		out.Memory = r.events(v)
		out.Query.Summary = summaryOf(out.Memory)
		out.Memory.Parts = partsOf(out.Memory.Correlation)
	}
	r.readExtension(out, []string{"window", "hold_off", "learn_for", "dedup_by"}, "has no effect on correlations")
	if len(r.Errors) == 0 {
		set.Rules = append(set.Rules, out)
	}
}

// events reads which events a correlation is about.
func (r *reader) events(v *document.Value) *rule.Memory {
	c := &rule.Correlation{}
	m := &rule.Memory{Kind: rule.Correlated, Correlation: c}
	if t := r.OneOf(r.Required(v, "type", document.Quoted(rule.CorrelationTypes)), rule.CorrelationTypes); t != "" {
		c.Type = rule.CorrelationType(slices.Index(rule.CorrelationTypes, t))
	}
	const allowed = "a list of IDs, names or titles of rules"
	c.Rules = r.references(r.Required(v, "rules", allowed), allowed)
	if c.Type == rule.TemporalOrdered && len(c.Rules) > maxOrdered {
		r.Fail(v.Get("rules"), "has %d rules, at most %d are allowed", len(c.Rules), maxOrdered)
	}
	if by := v.Get("group-by"); by != nil && by.Kind != document.Null {
		m.Fields = r.names(by)
		m.FieldsAt = r.placeOf(by)
	}
	m.Window = r.timespan(r.Required(v, "timespan", "a number and a letter, such as 5m"))
	c.Aliases = r.aliases(v.Get("aliases"))
	for _, table := range []*document.Value{r.root, v} {
		if g := table.Get("generate"); g != nil && g.Kind != document.Null {
			c.Generate = r.Bool(g) || c.Generate
		}
	}
	switch condition := v.Get("condition"); {
	case condition != nil && condition.Kind != document.Null:
		if r.Expect(condition, document.Table, "a map with "+document.Quoted(rule.Operators)+" and a number") {
			r.condition(condition, c)
		}
	case !c.Type.IsTemporal():
		r.Required(v, "condition", "a map, such as {gte: 10}")
	}
	return m
}

// references reads names of rules: a list, or one.
func (r *reader) references(v *document.Value, allowed string) (list []rule.Reference) {
	if v == nil {
		return nil
	}
	items := []*document.Value{v}
	if v.Kind == document.List {
		items = v.Items
	}
	if len(items) == 0 || v.Kind == document.Table || v.Kind == document.Null {
		r.Fail(v, "is %s, must be %s", emptyOr(v), allowed)
		return nil
	}
	if len(items) > maxRules {
		r.Fail(v, "has %d rules, at most %d are allowed", len(items), maxRules)
		return nil
	}
	for _, item := range items {
		one := rule.Reference{Name: r.line(item), Place: r.placeOf(item)}
		if one.Name == "" && len(r.Errors) == 0 {
			r.Fail(item, "is empty, must be the ID, name or title of a rule")
		}
		if slices.ContainsFunc(list, func(other rule.Reference) bool { return other.Name == one.Name }) {
			r.Fail(item, "%q is in the list twice", one.Name)
		}
		list = append(list, one)
	}
	return list
}

// names reads names of fields: a list, or one.
func (r *reader) names(v *document.Value) (list []string) {
	items := []*document.Value{v}
	if v.Kind == document.List {
		items = v.Items
	}
	for _, item := range items {
		name := r.line(item)
		switch {
		case item.Kind == document.Null || name == "" && item.Kind == document.String:
			r.Fail(item, "is empty, must be the name of a field")
		case slices.Contains(list, name):
			r.Fail(item, "%q is in the list twice", name)
		}
		list = append(list, name)
	}
	return list
}

func (r *reader) placeOf(v *document.Value) rule.Place {
	p := rule.Place{Key: v.Key}
	p.Line, p.Column = r.Position(v)
	return p
}

var timespan = regexp.MustCompile(`^(\d{1,9})([smhd])$`)

var timespanUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// timespan reads how long a window is.
func (r *reader) timespan(v *document.Value) time.Duration {
	if v == nil {
		return 0
	}
	parts := timespan.FindStringSubmatch(r.text(v))
	if parts == nil {
		r.Fail(v, "%q is not a number with s, m, h or d behind it, such as 5m", v.Text)
		return 0
	}
	n, _ := strconv.Atoi(parts[1]) // nine digits
	d := time.Duration(n) * timespanUnits[parts[2]]
	if n == 0 || n > int(maxTimespan/timespanUnits[parts[2]]) {
		r.Fail(v, "%q is not between 1s and %dd", v.Text, maxTimespan/(24*time.Hour))
		return 0
	}
	return d
}

// aliases reads names that stand for fields of the rules.
func (r *reader) aliases(v *document.Value) (list []rule.Alias) {
	const allowed = "a map of names, each with a map of rules and their fields"
	if v == nil || v.Kind == document.Null || !r.Expect(v, document.Table, allowed) {
		return nil
	}
	for _, item := range v.Items {
		a := rule.Alias{Name: item.Key, Place: r.placeOf(item)}
		if !r.Expect(item, document.Table, "a map of rules and their fields") {
			continue
		}
		for _, field := range item.Items {
			place := r.placeOf(field)
			place.Line, place.Column = r.Document.KeyPosition(field)
			a.Fields = append(a.Fields, rule.AliasField{Rule: rule.Reference{Name: field.Key, Place: place}, Field: r.Line(field)})
		}
		list = append(list, a)
	}
	return list
}

// condition reads the condition of a correlation.
func (r *reader) condition(v *document.Value, c *rule.Correlation) {
	r.Known(v, conditionKeys...)
	for _, item := range v.Items {
		if o, ok := rule.ParseOperator(item.Key); ok {
			c.Bounds = append(c.Bounds, rule.Bound{Operator: o, Number: r.number(item)})
		}
	}
	if len(c.Bounds) == 0 && !c.Type.IsTemporal() && len(r.Errors) == 0 {
		r.Fail(v, "compares with no number, must have one of %s", document.Quoted(rule.Operators))
	}
	field, percentile := v.Get("field"), v.Get("percentile")
	hasValues := c.Type == rule.ValueCount || c.Type.IsNumeric()
	switch {
	case field != nil && !hasValues:
		r.FailKey(field, "has no meaning in correlations of type %s", c.Type)
	case field != nil:
		c.Values, c.ValuesAt = r.names(field), r.placeOf(field)
		if len(c.Values) != 1 && c.Type != rule.ValueCount || len(c.Values) == 0 {
			r.Fail(field, "has %d fields, must be one", len(c.Values))
		}
	case hasValues:
		r.Required(v, "field", "the field whose values count")
	}
	switch {
	case percentile != nil && c.Type != rule.ValuePercentile:
		r.FailKey(percentile, "has no meaning in correlations of type %s", c.Type)
	case percentile != nil:
		if c.Percentile = r.number(percentile); c.Percentile < 0 || c.Percentile > 100 {
			r.Fail(percentile, "is %s, must be a number from 0 to 100", percentile.Text)
		}
	case c.Type == rule.ValuePercentile:
		r.Required(v, "percentile", "a number from 0 to 100")
	}
}

// number reads a number.
func (r *reader) number(v *document.Value) float64 {
	if v.Kind != document.Integer && v.Kind != document.Float {
		r.Fail(v, "is %s, must be a number", v.Kind)
		return 0
	}
	x, err := strconv.ParseFloat(v.Text, 64)
	if n, isInt := strconv.ParseInt(v.Text, 0, 64); err != nil && isInt == nil {
		x, err = float64(n), nil
	}
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		r.Fail(v, "is %s, must be a finite number", v.Text)
		return 0
	}
	return x
}

// silenceRules skips the rules of the same file that a correlation that does not run here
// keeps from making alerts by themselves. The rules may be behind it: see [parser.parse].
func (r *reader) silenceRules(why string) {
	v := r.root.Get(keyCorrelation)
	if v.TextOf("generate") == "true" || r.root.TextOf("generate") == "true" {
		return
	}
	names := []string{v.TextOf("rules")}
	if rules := v.Get("rules"); rules != nil {
		for _, item := range rules.Items {
			names = append(names, item.Text)
		}
	}
	*r.silenced = append(*r.silenced, silenced{names: names, by: r.root.TextOf("title"), why: why})
}

// silenced are rules that make no alerts by themselves.
type silenced struct {
	names   []string
	by, why string
}

// skipIn moves the rules from those of the set to the skipped ones.
func (s *silenced) skipIn(set *rule.Set) {
	set.Rules = slices.DeleteFunc(set.Rules, func(r *rule.Rule) bool {
		if !slices.ContainsFunc(s.names, r.IsCalled) {
			return false
		}
		set.Skipped = append(set.Skipped, rule.Skipped{
			Path: r.Source.Path, Line: r.Source.Line, Column: 1, Name: r.Name, ID: r.ID, Called: r.Sigma.Name, Type: ruleType,
			Reason: "it makes no alerts by itself, only for the correlation " + strconv.Quote(s.by) + ", which does not run here: " + s.why,
		})
		return true
	})
}

// summaryOf returns what people are shown of a correlation, where other rules have a query.
func summaryOf(m *rule.Memory) string {
	c := m.Correlation
	var b strings.Builder
	b.WriteString(c.Type.String())
	if len(c.Values) > 0 {
		b.WriteString(" of " + strings.Join(c.Values, ", "))
	}
	if c.Type == rule.ValuePercentile {
		fmt.Fprintf(&b, " %v", c.Percentile)
	}
	for i, bound := range c.Bounds {
		fmt.Fprintf(&b, "%s %s %v", []string{"", " and"}[min(i, 1)], bound.Operator, bound.Number)
	}
	names := make([]string, len(c.Rules))
	for i := range c.Rules {
		names[i] = strconv.Quote(c.Rules[i].Name)
	}
	fmt.Fprintf(&b, " in %s: %s", m.Window, strings.Join(names, ", "))
	if len(m.Fields) > 0 {
		b.WriteString(" by " + strings.Join(m.Fields, ", "))
	}
	return b.String()
}

// partsOf returns what the memory of a correlation belongs to beside its group-by: if the
// rules or the values are others, what it has means nothing any more.
func partsOf(c *rule.Correlation) []string {
	parts := []string{c.Type.String()}
	for _, ref := range c.Rules {
		parts = append(parts, ref.Name)
	}
	parts = append(append(parts, ""), c.Values...)
	for _, a := range c.Aliases {
		parts = append(parts, "", a.Name)
		for _, f := range a.Fields {
			parts = append(parts, f.Rule.Name, f.Field)
		}
	}
	return parts
}
