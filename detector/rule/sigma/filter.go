package sigma

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// anyDetection stands before a filter where its text is parsed by itself.
const anyDetection = "detection: {any: {any: '*'}, condition: any}\n---\n"

// filter reads a filter.
func (r *reader) filter(set *rule.Set) {
	source, ok := r.logSource()
	if ok && !r.isOurs(source) {
		r.skip(set, r.root.Get("logsource"), "a filter, and its log source is %s, of which no events come here", describe(source))
		return
	}
	out := &rule.Filter{Name: r.title(), LogSource: source, Query: r.query, Source: r.source()}
	if v := r.get("id"); v != nil {
		out.ID = r.id(v)
	}
	const allowed = "a list of IDs, names or titles of rules, or any"
	v := r.root.Get(keyFilter)
	if r.Expect(v, document.Table, "a map") {
		switch rules := r.Required(v, "rules", allowed); {
		case rules == nil:
		case rules.Kind == document.String && rules.Text == "any":
		case rules.Kind == document.String:
			out.Rules = []string{r.line(rules)}
		case rules.Kind == document.List && len(rules.Items) > 0:
			for _, item := range rules.Items {
				out.Rules = append(out.Rules, r.line(item))
			}
		default:
			r.Fail(rules, "is %s, must be %s", emptyOr(rules), allowed)
		}
		r.parseDetection(anyDetection+r.query.Text, strings.Count(anyDetection, "\n"))
	}
	if len(r.Errors) == 0 {
		set.Filters = append(set.Filters, out)
	}
}

func emptyOr(v *document.Value) string {
	if v.Kind == document.List {
		return "an empty list"
	}
	return v.Kind.String()
}
