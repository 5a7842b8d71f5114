package alert

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/conf"
	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/elastic"
	"github.com/fluent-detect/fluent-detect/detector/rule/files"
	"github.com/fluent-detect/fluent-detect/detector/rule/sigma"
)

var formats = []Format{FormatECS, FormatKibana, FormatOCSF}

var (
	testObserver = Observer{Version: "v1.2.3", Hostname: "host.example.org"}
	testArrival  = Arrival{
		Tag:  "cloudtrail.s3",
		Read: time.Date(2025, 3, 4, 9, 15, 0, 250e6, time.UTC),
		Now:  time.Date(2025, 3, 4, 9, 15, 0, 300e6, time.UTC),
	}
)

// builtin returns the built-in rule.
func builtin(t testing.TB) *rule.Rule { return load(t, "builtin") }

// anything returns a rule that has all that a rule can have but a reason.
func anything(t testing.TB) *rule.Rule {
	return load(t, filepath.Join("testdata", "rules", "anything.toml"))
}

func load(t testing.TB, spec string) *rule.Rule {
	t.Helper()
	set, err := files.Load(spec, conf.Rules(), append(elastic.Formats("kuery"), sigma.Formats([]rule.LogSource{{Product: "aws", Service: "cloudtrail"}})...)...)
	if err != nil || len(set.Rules) != 1 {
		t.Fatalf("%s: %v, %d rules", spec, err, len(set.Rules))
	}
	return set.Rules[0]
}

// eventFile reads a file of testdata/events.
func eventFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// visit hands the events of a record to do and returns how many there were. The
// record is JSON text, or msgpack.
func visit(t testing.TB, rec any, do func(*event.Event)) int {
	t.Helper()
	var body []byte
	switch rec := rec.(type) {
	case string:
		var err error
		if body, _, err = jsontext.AppendMsgpack(nil, []byte(rec)); err != nil {
			t.Fatalf("%v: %s", err, rec)
		}
	case []byte:
		body = rec
	}
	_, seen, err := envelope.NewReader(testFields.schema, do).Read(body, 0)
	if err != nil {
		t.Fatal(err)
	}
	return seen.Events
}

// makeAlerts makes the alerts of a rule of all events of a record.
func makeAlerts(t testing.TB, r *rule.Rule, f Format, rec any) (alerts [][]byte) {
	t.Helper()
	m := NewMaker(r, testObserver, f, testFields)
	visit(t, rec, func(e *event.Event) {
		alerts = append(alerts, m.Make(nil, idFor(r.ID, e), e, subjectOf(e), testArrival))
	})
	return alerts
}

// makeAlert makes the alert of a record's only event.
func makeAlert(t testing.TB, r *rule.Rule, f Format, rec any) []byte {
	t.Helper()
	alerts := makeAlerts(t, r, f, rec)
	if len(alerts) != 1 {
		t.Fatalf("%d alerts, want 1", len(alerts))
	}
	return alerts[0]
}

// doc is a document, decoded from its JSON.
type doc map[string]any

func decode(t testing.TB, alert []byte) doc {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(AppendJSON(nil, alert)))
	d.UseNumber()
	var v doc
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// at returns the value at a dotted path, as JSON text, "" when there is none.
// Lists on the way must have one element.
func (d doc) at(path string) string {
	var v any = map[string]any(d)
	for name := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok && len(list) == 1 {
			v = list[0]
		}
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		if v, ok = m[name]; !ok {
			return ""
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
}

// want compares fields, given as path and JSON text in turns; "" is a field
// that is not there.
func (d doc) want(t *testing.T, fields ...string) {
	t.Helper()
	for i := 0; i < len(fields); i += 2 {
		if got := d.at(fields[i]); got != fields[i+1] {
			t.Errorf("%s is %s, want %s", fields[i], or(got, "absent"), or(fields[i+1], "absent"))
		}
	}
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// with returns the event with members set to JSON texts, by dotted paths; ""
// removes the member.
func with(t testing.TB, event string, members ...string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(event))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(members); i += 2 {
		at := v
		names := strings.Split(members[i], ".")
		last := len(names) - 1
		for _, name := range names[:last] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		if members[i+1] == "" {
			delete(at, names[last])
			continue
		}
		at[names[last]] = json.RawMessage(members[i+1])
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// valueOf reads msgpack.
func valueOf(t testing.TB, b []byte) msgpack.Value {
	t.Helper()
	v, end, err := msgpack.Read(b, 0)
	if err != nil || end != len(b) {
		t.Fatalf("not one value: %v, %d of %d bytes", err, end, len(b))
	}
	return v
}

// idOf returns the id of the alert of a record's only event.
func idOf(t testing.TB, ruleID string, rec any) (id hold.Key) {
	t.Helper()
	if n := visit(t, rec, func(e *event.Event) { id = idFor(ruleID, e).Alert }); n != 1 {
		t.Fatalf("%d events, want 1", n)
	}
	return id
}
