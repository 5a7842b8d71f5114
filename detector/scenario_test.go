package detector

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// scenario is events one by one, and the alerts that rules with a memory make of them.
type scenario struct {
	Name    string
	Rule    json.RawMessage // a text, or several
	Options map[string]string
	Events  []json.RawMessage
	Expect  json.RawMessage // a list of what alerts have
}

// scenarios are those of a file of lines.
func scenarios(t *testing.T, path string) (list []scenario) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var s scenario
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func (s *scenario) rules() (texts []string) {
	if json.Unmarshal(s.Rule, &texts) != nil {
		texts = []string{""}
		_ = json.Unmarshal(s.Rule, &texts[0])
	}
	return texts
}

// refused checks that the rules are refused, with an error that names what is wrong.
func (s *scenario) refused(t *testing.T, what string) {
	for _, text := range s.rules() {
		_, err := ruleset.Load(write(t, "r.toml", text))
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want an error about %s", err, what)
		}
	}
}

// joined returns the scenario with events that come one after the other as one chunk. It has
// the same alerts.
func (s *scenario) joined() *scenario {
	j := *s
	j.Events = nil
	var chunk json.RawMessage
	for _, e := range s.Events {
		if !bytes.Contains(e, []byte(`"control"`)) {
			chunk = append(append(chunk, bytes.TrimSpace(e)...), '\n')
			continue
		}
		if chunk != nil {
			j.Events = append(j.Events, chunk)
		}
		j.Events, chunk = append(j.Events, e), nil
	}
	if chunk != nil {
		j.Events = append(j.Events, chunk)
	}
	return &j
}

// run runs the scenario on a store on disk. Each of its events is a chunk.
func (s *scenario) run(t *testing.T) (alerts []map[string]any) {
	t.Helper()
	dir := t.TempDir()
	for i, text := range s.rules() {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.toml", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Channel: "default", DedupSize: 1024, DedupTTL: time.Hour, ReadAll: true, IgnoreRecordTime: true, Lateness: time.Hour}
	for key, value := range s.Options {
		switch key {
		case "except":
			if err := rules.LoadExceptions(exceptionFile(t, "*", value, "2999-01-01")); err != nil {
				t.Fatal(err)
			}
			continue
		case "suppress_by":
			config.SuppressBy, config.SuppressFor = strings.Split(value, ","), time.Hour
			continue
		}
		d, err := rule.ParseInterval(value)
		if err != nil {
			t.Fatal(err)
		}
		switch key {
		case "learn_for":
			config.LearnFor = d
		case "lateness":
			config.Lateness = d
		default:
			t.Fatalf("option %s", key)
		}
	}
	begin := time.Now() // only waiting passes time
	var later atomic.Int64
	var engine *Engine
	var disk *store.Store
	box := outbox.New("default", 1<<30)
	consumer := box.Open(outbox.Filter{})
	open := func() {
		if disk, err = store.Open(filepath.Join(dir, "state"), func(line string) { t.Error(line) }); err != nil {
			t.Fatal(err)
		}
		engine, err = New(config, rules, Host{
			Outbox: box, State: NewState(), Store: disk, Name: "default.0", Lost: func(outbox.Alert) { t.Error("an alert is lost") },
			Warn: func(line string) {
				if !strings.HasPrefix(line, "rules with a memory: events too late to count: ") && !strings.Contains(line, "begins anew") {
					t.Error(line)
				}
			},
			Now: func() time.Time { return begin.Add(time.Duration(later.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	closeAll := func() {
		engine.Close(false)
		if err := disk.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open()
	for _, event := range s.Events {
		var control struct {
			Control, For, Rule string
			Events             []json.RawMessage
		}
		if bytes.Contains(event, []byte(`"control"`)) {
			if err := json.Unmarshal(event, &control); err != nil {
				t.Fatal(err)
			}
		}
		switch control.Control {
		case "":
			if _, err := engine.Scan("tag", ingest.ChunkOf(event, time.Now()).Data); err != nil {
				t.Fatal(err)
			}
		case "restart":
			closeAll()
			open()
		case "rule":
			closeAll()
			changed, err := ruleset.Load(write(t, "changed.toml", control.Rule))
			if err != nil {
				t.Fatal(err)
			}
			rules = changed
			open()
		case "wait":
			d, err := rule.ParseInterval(control.For)
			if err != nil {
				t.Fatal(err)
			}
			later.Add(int64(d))
		case "learn":
			for _, e := range control.Events {
				if _, err := engine.Learn("tag", ingest.ChunkOf(e, time.Now()).Data); err != nil {
					t.Fatal(err)
				}
			}
			if err := engine.Learned(); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("control %s", control.Control)
		}
	}
	closeAll()
	for _, a := range consumer.Take(1<<20, 0) {
		var document map[string]any
		if err := json.Unmarshal(alert.AppendJSON(nil, a.Record), &document); err != nil {
			t.Fatal(err)
		}
		if at(document, "fluent_detect.summary") == nil {
			alerts = append(alerts, document)
		}
	}
	return alerts
}

// scenarioFields are where alerts have what scenarios expect.
var scenarioFields = map[string]string{
	"event_id": "event.id", "time": "event.start",
	"terms": "fluent_detect.memory.terms", "previous": "fluent_detect.memory.previous", "since": "fluent_detect.memory.since",
	"group": "fluent_detect.memory.group", "count": "fluent_detect.memory.count", "cardinality": "fluent_detect.memory.cardinality",
	"from": "fluent_detect.memory.from", "to": "fluent_detect.memory.to", "events": "fluent_detect.memory.event_ids",
}

func (s *scenario) check(t *testing.T) {
	var refusal string
	if json.Unmarshal(s.Expect, &refusal) == nil {
		s.refused(t, refusal)
		return
	}
	var expect []map[string]any
	if err := json.Unmarshal(s.Expect, &expect); err != nil {
		t.Fatal(err)
	}
	alerts := s.run(t)
	if len(alerts) != len(expect) {
		t.Errorf("%d alerts, want %d", len(alerts), len(expect))
		for _, a := range alerts {
			t.Logf("%v %v", at(a, "event.id"), at(a, "fluent_detect.memory"))
		}
		return
	}
	for i, want := range expect {
		for key, value := range want {
			if key == "count" && at(alerts[i], "fluent_detect.memory.kind") == "new_terms" {
				continue // one event
			}
			if key == "steps" {
				continue
			}
			path, ok := scenarioFields[key]
			if !ok {
				t.Fatalf("a scenario expects %s", key)
			}
			if got := at(alerts[i], path); fmt.Sprint(got) != fmt.Sprint(value) {
				t.Errorf("alert %d: %s is %v, want %v", i+1, path, got, value)
			}
		}
	}
}

// The scenarios of the specification, where it is at hand.
func TestScenariosOfTheSpecification(t *testing.T) {
	path := "../../../shared/stateful-scenarios.ndjson"
	if _, err := os.Stat(path); err != nil {
		path = "../../shared/stateful-scenarios.ndjson"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("not tested: the scenarios of the specification, which are not here")
	}
	n := 0
	for _, s := range scenarios(t, path) {
		n++
		t.Run(s.Name, s.check)
		t.Run(s.Name+" joined", s.joined().check)
	}
	if n < 37 {
		t.Errorf("%d scenarios", n)
	}
}

func decodeJSON(text []byte) (doc map[string]any, err error) {
	err = json.Unmarshal(text, &doc)
	return doc, err
}
