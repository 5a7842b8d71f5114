// Package native reads what is written in fluent-detect's own format: the table
// fluent_detect of a rule, and files of exceptions.
package native

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/document"
)

// Table is the name of the table that holds the extension of a rule.
const Table = "fluent_detect"

// Keys are the keys of that table.
var Keys = []string{"dedup_by", "exceptions", "hold_off", "learn_for", "reason", "suppress_by", "suppress_for", "test", "window"}

// ReadExtension reads the extension of a rule. What x has already stays unless
// the table says otherwise.
func ReadExtension(r *document.Reader, table *document.Value, x *rule.Extension) {
	r.Known(table, Keys...)
	for _, v := range table.Items {
		switch v.Key {
		case "dedup_by":
			x.DedupBy, x.DedupAt = r.Fields(v), placeOf(r, v)
		case "suppress_by":
			x.SuppressBy, x.SuppressAt = r.Fields(v), placeOf(r, v)
			if table.Get("suppress_for") == nil {
				x.SuppressFor = 0 // what x has goes with other fields
			}
		case "suppress_for":
			x.SuppressFor = r.Interval(v)
		case "window":
			x.Window = interval(r, v)
		case "hold_off":
			x.HoldOff = intervalOrNone(r, v)
		case "learn_for":
			x.LearnFor = intervalOrNone(r, v)
		case "exceptions":
			x.Exceptions = r.Line(v)
		case "reason":
			x.Reason = template(r, v)
		case "test":
			x.Tests = tests(r, v)
		}
	}
}

func interval(r *document.Reader, v *document.Value) *time.Duration {
	d := r.Interval(v)
	return &d
}

// intervalOrNone reads an interval, or "0" for none.
func intervalOrNone(r *document.Reader, v *document.Value) *time.Duration {
	if v.Kind == document.String && v.Text == "0" {
		return new(time.Duration)
	}
	return interval(r, v)
}

func placeOf(r *document.Reader, v *document.Value) rule.Place {
	line, column := r.Position(v)
	return rule.Place{Key: v.Key, Line: line, Column: column}
}

// template reads a template. Line breaks at its ends are left out.
func template(r *document.Reader, v *document.Value) rule.Template {
	text := r.Text(v)
	start := len(text) - len(strings.TrimLeft(text, "\r\n"))
	text = strings.Trim(text, "\r\n")
	if i := strings.IndexFunc(text, document.IsControl); i >= 0 {
		r.FailInside(v, start+i, "has a control character in it; must be a single line of text")
		return rule.Template{}
	}
	t, err := rule.ParseTemplate(text)
	var at *rule.TemplateError
	if errors.As(err, &at) {
		r.FailInside(v, start+at.Offset, "%s", at.Message)
	}
	return t
}

// tests reads the tests of a rule.
func tests(r *document.Reader, v *document.Value) []rule.Test {
	var list []rule.Test
	lines := make(map[string]int) // by name
	for _, table := range r.Tables(v) {
		r.Known(table, "name", "event", "time", "expect", "events")
		var t rule.Test
		t.Line, _ = r.Position(table)
		name := r.Required(table, "name", "a string")
		if t.Name = r.Line(name); t.Name != "" {
			if other := lines[t.Name]; other > 0 {
				r.Fail(name, "%q is the name of the test in line %d already", t.Name, other)
			}
			lines[t.Name] = t.Line
		}
		events := table.Get("events")
		if events == nil {
			t.Events = []rule.TestEvent{testEvent(r, table, false)}
			list = append(list, t)
			continue
		}
		for _, key := range []string{"event", "time", "expect"} {
			if v := table.Get(key); v != nil {
				r.FailKey(v, "belongs to each of the events, and not to a test that has several")
			}
		}
		for _, e := range r.Tables(events) {
			r.Known(e, "event", "time", "expect")
			t.Events = append(t.Events, testEvent(r, e, true))
		}
		list = append(list, t)
	}
	return list
}

// testEvent reads the event of a test. One of several need not say what it expects: no
// alert.
func testEvent(r *document.Reader, table *document.Value, several bool) rule.TestEvent {
	expectations := []string{rule.ExpectAlert, rule.ExpectNone}
	e := rule.TestEvent{Expect: rule.ExpectNone}
	e.Line, _ = r.Position(table)
	e.Event = r.JSON(r.Required(table, "event", "JSON text or a table"))
	if v := table.Get("expect"); v != nil || !several {
		e.Expect = r.OneOf(r.Required(table, "expect", document.Quoted(expectations)), expectations)
	}
	v := table.Get("time")
	if v == nil {
		return e
	}
	text := r.Line(v)
	var err error
	if e.Time, err = time.Parse(time.RFC3339, text); err != nil {
		r.Fail(v, "%q is not a time such as \"2026-03-02T09:00:00Z\"", text)
		return e
	}
	var ok bool
	if e.Event, ok = withTime(e.Event, text); !ok && len(e.Event) > 0 {
		r.Fail(v, "the event is neither one of CloudTrail itself nor a document of ECS: write the time into it")
	}
	return e
}

// withTime returns an event of CloudTrail or a document of ECS with another time. It reports
// false for other values, such as one in an envelope.
func withTime(event []byte, text string) ([]byte, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(event, &members) != nil {
		return event, false
	}
	name := ""
	for member, is := range map[string]string{"eventName": "eventTime", "event": "@timestamp", "event.action": "@timestamp", "@timestamp": "@timestamp"} {
		if _, ok := members[member]; ok && name != "eventTime" {
			name = is
		}
	}
	if name == "" {
		return event, false
	}
	members[name], _ = json.Marshal(text)
	dated, err := json.Marshal(members)
	return dated, err == nil
}
