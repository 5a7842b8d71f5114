package detector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// The cases of the rules in ES|QL that are beside the project on some machines.
func TestUpstreamESQLCases(t *testing.T) {
	dir := upstream(t)
	path := "../../shared/esql-rule-cases.ndjson"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("not tested: the cases in %s, which does not exist", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	hit, missed := map[string]bool{}, map[string]bool{}
	for line := range bytes.Lines(text) {
		var c esqlCase
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.Rule+"/"+c.Case, func(t *testing.T) {
			events := c.events(t)
			if c.Class == "event" {
				c.runEach(t, dir, events)
				return
			}
			c.run(t, dir, events)
		})
		if len(c.Expect) > 0 {
			hit[c.Rule] = true
		} else {
			missed[c.Rule] = true
		}
	}
	t.Logf("%d rules are hit here, %d missed", len(hit), len(missed))
}

// esqlCase is a rule with events: an alert is expected at some of their positions.
type esqlCase struct {
	Rule, Class, Case string
	Events            []esqlEvent
	Expect            []struct {
		Event int
		Key   map[string]any
	}
}

type esqlEvent struct {
	Raw    json.RawMessage
	ECS    map[string]any `json:"ecs"`
	Repeat int
	StepMS int64 `json:"step_ms"`
}

var eventTime = regexp.MustCompile(`"eventTime": *"([^"]*)"`)

// events returns the records. One with fields that are merged in afterwards is a document
// in ECS form.
func (c *esqlCase) events(t *testing.T) (records []string) {
	t.Helper()
	agents := slices.ContainsFunc(c.Events, func(e esqlEvent) bool { return e.ECS["user_agent"] != nil })
	for _, e := range c.Events {
		for i := range max(e.Repeat, 1) {
			text := e.Raw
			if i > 0 { // the members keep their order
				begin := eventTime.FindSubmatch(text)[1]
				at, err := time.Parse(time.RFC3339, string(begin))
				if err != nil {
					t.Fatal(err)
				}
				at = at.Add(time.Duration(int64(i)*e.StepMS) * time.Millisecond)
				text = bytes.Replace(text, begin, at.AppendFormat(nil, "2006-01-02T15:04:05.000Z"), 1)
			}
			switch {
			case e.ECS != nil:
				text = merged(t, text, e.ECS)
			case agents: // that of others is given; from its own one would be found here
				text = merged(t, text, map[string]any{"user_agent": map[string]any{"name": "Other"}})
			}
			records = append(records, string(text))
		}
	}
	return records
}

// merged returns the ECS view of an event with more fields.
func merged(t *testing.T, raw []byte, more map[string]any) (text []byte) {
	t.Helper()
	reader := envelope.NewReader(source.Schema(), func(e *event.Event) {
		v, _, err := msgpack.Read(e.AppendECS(nil), 0)
		if err != nil {
			t.Fatal(err)
		}
		view := map[string]any{}
		if err := json.Unmarshal(jsontext.AppendJSON(nil, v), &view); err != nil {
			t.Fatal(err)
		}
		addTo(view, more)
		if text, err = json.Marshal(view); err != nil {
			t.Fatal(err)
		}
	})
	chunk := ingest.ChunkOf(raw, time.Now())
	if _, _, err := reader.Read(chunk.Data, chunk.Records[0].Body); err != nil {
		t.Fatal(err)
	}
	return text
}

func addTo(to, more map[string]any) {
	for k, v := range more {
		inner, ok := v.(map[string]any)
		if old, isMap := to[k].(map[string]any); ok && isMap {
			addTo(old, inner)
		} else {
			to[k] = v
		}
	}
}

func (c *esqlCase) runEach(t *testing.T, dir string, events []string) {
	expected := map[int]bool{}
	for _, e := range c.Expect {
		expected[e.Event] = true
	}
	for i, e := range events {
		b := newBench(t, "rules", filepath.Join(dir, c.Rule+".toml"))
		b.mustScan(e)
		if got := len(b.alerts()) > 0; got != expected[i] {
			t.Errorf("event %d: %v, want %v\n%s", i, got, expected[i], e)
		}
	}
}

func (c *esqlCase) run(t *testing.T, dir string, events []string) {
	b := newBench(t, "rules", filepath.Join(dir, c.Rule+".toml"))
	var got, want []string
	for i, e := range events {
		b.mustScan(e)
		for _, a := range b.alerts() {
			group := at(a, "fluent_detect.memory.group").(map[string]any)
			got = append(got, fmt.Sprintf("%d %v", i, withoutNull(group)))
		}
	}
	for _, e := range c.Expect {
		want = append(want, fmt.Sprintf("%d %v", e.Event, withoutNull(e.Key)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("alerts\n%q\nwant\n%q", got, want)
	}
}

func withoutNull(m map[string]any) map[string]any {
	some := map[string]any{}
	for k, v := range m {
		if v != nil {
			some[k] = v
		}
	}
	return some
}
