package rule

import (
	"errors"
	"strings"
)

// extension reads the table [fluent_detect].
func (r *reader) extension(table *value, x *FluentDetect) {
	const prefix = "fluent_detect."
	r.only(prefix, table, extensionKeys...)
	if m := table.get("dedup_by"); m != nil {
		x.DedupBy, _ = r.fields(prefix+m.key, m.value)
	}
	if m := table.get("suppress_by"); m != nil {
		x.SuppressBy, _ = r.fields(prefix+m.key, m.value)
		x.SuppressFor = 0 // alert_suppression's goes with its own fields
	}
	if m := table.get("suppress_for"); m != nil {
		if s, ok := r.text(prefix+m.key, m.value); ok {
			var err error
			if x.SuppressFor, err = ParseInterval(s); err != nil {
				r.fail(m.value.at, prefix+m.key, "%v", err)
			}
		}
	}
	if m := table.get("exceptions"); m != nil {
		x.Exceptions, _ = r.line(prefix+m.key, m.value)
	}
	if m := table.get("reason"); m != nil {
		x.Reason = r.template(prefix+m.key, m.value)
	}
	if m := table.get("test"); m != nil {
		x.Tests = r.tests(prefix+m.key, m.value)
	}
}

// template reads a template. Line breaks around it do not count.
func (r *reader) template(key string, v *value) Template {
	text, ok := r.filled(key, v)
	if !ok {
		return Template{}
	}
	lead := len(text) - len(strings.TrimLeft(text, "\r\n"))
	text = strings.Trim(text, "\r\n")
	if i := strings.IndexFunc(text, isControl); i >= 0 {
		r.fail(v.inside(lead+i), key, "has a control character in it; must be a single line of text")
		return Template{}
	}
	t, err := ParseTemplate(text)
	var at *TemplateError
	if errors.As(err, &at) {
		r.fail(v.inside(lead+at.Offset), key, "%s", at.Message)
	}
	return t
}
