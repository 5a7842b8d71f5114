package sigma

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
	"github.com/fluent-detect/fluent-detect/detector/rule/native"
)

// ruleType is the type of Sigma rules, to tell them from Elastic's.
const ruleType = "sigma"

// maxTitle is how many characters a title has at most.
const maxTitle = 256

// statuses are those of rules; the last two do not run.
var statuses = []string{"stable", "test", "experimental", "deprecated", "unsupported"}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// rule reads a rule.
func (r *reader) rule(set *rule.Set) {
	status, ok := r.status(set)
	if !ok {
		return
	}
	source, ok := r.logSource()
	if ok && !r.isOurs(source) {
		r.skip(set, r.root.Get("logsource"), "the log source is %s, of which no events come here", describe(source))
		return
	}
	out := r.newRule(status, source)
	r.readExtension(out, []string{"window", "hold_off", "learn_for"}, "belongs to rules of types "+document.Quoted(rule.MemoryTypes)+", not to Sigma rules")
	if d := r.parseDetection(r.query.Text, 0); d != nil {
		out.Sigma.Condition = d.Condition()
		out.Query.Summary = d.Condition()
	}
	if len(r.Errors) == 0 {
		set.Rules = append(set.Rules, out)
	}
}

// status returns the status, and false if documents with it do not run: they are skipped.
func (r *reader) status(set *rule.Set) (status string, ok bool) {
	v := r.get("status")
	if v == nil {
		return "", true
	}
	status = r.OneOf(v, statuses)
	if status == "deprecated" || status == "unsupported" {
		r.skip(set, v, "its status is %s", status)
		return status, false
	}
	return status, true
}

// newRule returns a rule with what rules and correlations both have.
func (r *reader) newRule(status string, source rule.LogSource) *rule.Rule {
	out := &rule.Rule{
		Version: rule.DefaultVersion, From: rule.DefaultFrom, MaxSignals: rule.DefaultMaxSignals, Enabled: true,
		Interval: rule.DefaultInterval, Type: ruleType, Query: r.query, Source: r.source(),
		Sigma: &rule.Sigma{Status: status, LogSource: source},
	}
	out.IntervalDuration, _ = rule.ParseInterval(rule.DefaultInterval)
	r.describe(out)
	if v := r.get("level"); v != nil {
		if level, ok := rule.ParseLevel(r.OneOf(v, rule.Levels)); ok {
			out.Sigma.Level = level
		}
	}
	out.Severity, out.RiskScore = out.Sigma.Level.Severity()
	return out
}

// readExtension reads what is ours, without the keys that mean nothing there.
func (r *reader) readExtension(out *rule.Rule, without []string, why string) {
	v := r.get(native.Table)
	if v == nil || !r.Expect(v, document.Table, "a map") {
		return
	}
	native.ReadExtension(&r.Reader, v, &out.Extension)
	for _, name := range without {
		if key := v.Get(name); key != nil {
			r.FailKey(key, "%s", why)
		}
	}
}

// describe reads what a rule says about itself.
func (r *reader) describe(out *rule.Rule) {
	out.Name = r.title()
	if v := r.get("id"); v != nil {
		out.ID = r.id(v)
		out.Source.IDLine, out.Source.IDColumn = r.Position(v)
	} else {
		out.ID = idOf(out.Name)
		out.Source.IDLine, out.Source.IDColumn = r.Position(r.root)
	}
	text := func(key string) string {
		if v := r.get(key); v != nil {
			return r.text(v)
		}
		return ""
	}
	out.Description, out.License = text("description"), text("license")
	if v := r.get("name"); v != nil {
		out.Sigma.Name = r.Line(v)
	}
	out.Author = r.list("author")
	out.References = r.list("references")
	out.FalsePositives = r.list("falsepositives")
	out.Tags = r.list("tags")
	out.Sigma.Fields = r.list("fields")
	out.Threat, out.Sigma.Groups, out.Sigma.Software = threats(out.Tags)
}

// title returns the title, which every document has.
func (r *reader) title() string {
	v := r.get("title")
	if v == nil {
		r.Required(&document.Value{}, "title", "a line of text")
		r.Errors[len(r.Errors)-1].Line, r.Errors[len(r.Errors)-1].Column = r.Position(r.root)
		return ""
	}
	name := r.line(v)
	if n := utf8.RuneCountInString(name); n > maxTitle {
		r.Fail(v, "has %d characters, at most %d are allowed", n, maxTitle)
	}
	return name
}

// id returns an ID, in lower case.
func (r *reader) id(v *document.Value) string {
	text := r.line(v)
	if text != "" && !uuid.MatchString(text) {
		r.Fail(v, "%q is not a UUID, such as 5f3cbbd3-5b1c-4d34-9b7f-0c2d5a1c7e55", text)
	}
	return strings.ToLower(text)
}

// idOf returns the ID of a rule that has none: a UUID of version 5 that the title decides.
func idOf(title string) string {
	sum := sha1.Sum([]byte("fluent-detect sigma " + title))
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	digits := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
}

// text returns the text of a scalar: what looks like a number or a truth in YAML is the
// text that was written.
func (r *reader) text(v *document.Value) string {
	if v.Kind == document.Table || v.Kind == document.List {
		r.Fail(v, "is %s, must be a text", v.Kind)
		return ""
	}
	return v.Text
}

// line is text for a line of a log.
func (r *reader) line(v *document.Value) string {
	if v.Kind == document.String {
		return r.Line(v)
	}
	return r.text(v)
}

// list returns the texts of a key: a list, or one text.
func (r *reader) list(key string) []string {
	v := r.get(key)
	if v == nil {
		return nil
	}
	items := []*document.Value{v}
	if v.Kind == document.List {
		items = v.Items
	}
	var list []string
	for _, item := range items {
		if item.Kind == document.Null || item.Text == "" && item.Kind == document.String {
			continue
		}
		if text := strings.TrimSpace(r.text(item)); text != "" {
			list = append(list, text)
		}
	}
	return list
}
