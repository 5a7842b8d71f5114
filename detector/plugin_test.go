package detector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/source/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/source/ecs"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// doors is a small third source of events: who opened which door.
var doors = &event.Source{
	Name: "Doors", Dataset: "doors", Module: "doors",
	Marks:     event.SetNamed("doorAction"),
	Recognize: func(*event.Event) event.Verdict { return event.Recognized },
	Hint:      "door", Names: []string{"doorAction"},
	Fields: []event.Definition{
		{Name: "event.action", Type: event.TypeKeyword, From: "doorAction"},
		{Name: "user.name", Type: event.TypeKeyword, From: "holder"},
		{Name: "doors.door", Type: event.TypeKeyword, From: "door"},
	},
	Identity: [][]string{{"doors.door"}, {"user.name"}},
	Asks:     []string{"user.name", "doors.door"},
	Describe: func(_ *event.Event, asked [][]msgpack.Value, s *event.Subject) {
		s.Actor = asked[0][0].Bytes()
		s.Principal = s.Actor
		s.Values[0] = append(s.Values[0], asked[1][0].Bytes())
	},
	Attributes: []event.Attribute{{Name: "doors", Field: "doors.door", Novel: true, Summarized: true}},
}

// english is a small second language: "FIELD is VALUE".
var english = query.Language{
	Name: "english",
	Parse: func(text string) (query.Node, error) {
		field, value, ok := strings.Cut(text, " is ")
		if !ok {
			return nil, &query.Error{Query: text, Span: query.Span{End: len(text)}, Message: "must be FIELD is VALUE"}
		}
		return &query.Compare{Field: query.Field{Name: field}, Value: query.Value{Text: value, Phrase: true}}, nil
	},
	Format: func(n query.Node) string {
		c := n.(*query.Compare)
		return c.Field.Name + " is " + c.Value.Text
	},
}

// A third source of events and a second query language take the whole way from
// a chunk to an alert, beside those that are built in.
func TestSourceAndLanguagePlugIn(t *testing.T) {
	loader := ruleset.Loader{
		Schema:    event.NewSchema(cloudtrail.Source, ecs.Source, doors),
		Languages: query.Languages{kql.Language, english},
	}
	rule := write(t, "doors.toml", `[rule]
name = "Vault opened"
rule_id = "vault"
type = "query"
language = "english"
severity = "high"
risk_score = 73
description = "A rule of a test."
author = ["test"]
query = "event.action is Opened"
[fluent_detect]
suppress_by = ["user.name"]
suppress_for = "10m"
reason = "{user.name} opened {doors.door}"
`)
	rules, err := loader.Load("builtin, " + rule)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, box: outbox.New("default", 1<<20), state: NewState(), now: time.Unix(1_790_000_000, 0)}
	b.consumer = b.box.Open(outbox.Filter{})
	b.engine, err = New(configOf(t).Config, rules, Host{
		Outbox: b.box, State: b.state, Observer: alert.Observer{Version: "test", Hostname: "host"},
		Lost: func(outbox.Alert) {}, Now: func() time.Time { return b.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := func(door, holder string) string {
		return fmt.Sprintf(`{"doorAction":"Opened","holder":%q,"door":%q}`, holder, door)
	}
	chunk := chunkOf(t,
		push(1), opened("vault", "alice"), opened("vault", "alice"), // the same again
		string(jsonObject(t, "log", opened("cellar", "alice"))), // another door: not suppressed
		`{"doorAction":"Closed","holder":"alice","door":"vault"}`, `{"log":"hello"}`)
	result, err := b.engine.Scan("doors", chunk)
	if err != nil || result.Records != 6 || result.Events != 5 || result.Alerts != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	if n := b.engine.Report().Outcomes[stats.Duplicate]; n != 1 {
		t.Errorf("%d duplicates", n)
	}
	var got []string
	for _, a := range b.wantAlerts(3) {
		if a["alert_rule"] == "vault-opened" {
			e := a["event"].(map[string]any)
			got = append(got, fmt.Sprint(e["reason"], "; ", e["action"], "; ", a["doors"]))
		}
	}
	const want = "alice opened vault; Opened; map[door:vault] | alice opened cellar; Opened; map[door:cellar]"
	if all := strings.Join(got, " | "); all != want {
		t.Errorf("alerts: %s\nwant: %s", all, want)
	}
	if _, err := ruleset.Load(rule); err == nil || !strings.Contains(err.Error(), `language: "english" is unknown`) {
		t.Errorf("without the language: %v", err)
	}
}
