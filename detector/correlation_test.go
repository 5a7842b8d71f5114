package detector

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

// correlated is a case of correlations: a document, rules a, b and c which match events of
// these names, and events.
type correlated struct {
	why    string
	text   string // the map correlation, in flow style, or whole documents
	events string // each "SECOND NAME [member=value]…"; a value in JSON or a text; members with dots
	want   string // the alerts: rule@SECOND, count, number if there is one, from-to, group
}

const correlationBases = `
---
title: A
name: a
id: 11111111-0000-4000-8000-00000000000a
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: A}, condition: s}
level: informational
author: A. Uthor
---
title: B
name: b
id: 11111111-0000-4000-8000-00000000000b
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: [B, AB]}, t: {eventName: AB}, condition: s or t}
level: informational
author: B. Uthor
---
title: C
name: c
id: 11111111-0000-4000-8000-00000000000c
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: C}, condition: s}
level: low
---
title: AB
name: ab
id: 11111111-0000-4000-8000-00000000000d
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: [A, AB]}, condition: s}
level: informational
`

var correlations = []correlated{
	{"at the third event, then the window starts anew", "{type: event_count, rules: [a], group-by: [sourceIPAddress], timespan: 1m, condition: {gte: 3}}",
		"0 A\n10 A\n20 A\n30 A\n40 A\n50 A\n60 A", "X@20 3 0-20 192.0.2.1; X@50 3 30-50 192.0.2.1"},
	{"both ends are in the window", "{type: event_count, rules: [a], timespan: 1m, condition: {gt: 1}}", "0 A\n60 A\n121 A\n182 A", "X@60 2 0-60"},
	{"a late event completes the window, as if it had come in order", "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 3}}",
		"0 A\n60 A\n20 A\n70 A", "X@20 3 0-60"},
	{"a late event in the middle", "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 3}}", "0 A\n50 A\n100 A\n20 A", "X@20 3 0-50"},
	{"later than the lateness does not count", "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}", "5000 A\n1000 A\n1001 A", ""},
	{"the same event again changes nothing", "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}", "0 A eventID=x\n0 A eventID=x\n0 A eventID=x", ""},
	{"no group-by is one group, whoever acts", "{type: event_count, rules: a, timespan: 1m, condition: {gte: 2}}", "0 A sourceIPAddress=192.0.2.1\n1 A sourceIPAddress=192.0.2.2", "X@1 2 0-1"},
	{"a missing field is a group of its own, and so is an empty text", "{type: event_count, rules: [a], group-by: [userIdentity.userName], timespan: 1m, condition: {gte: 2}}",
		"0 A\n1 A userIdentity.userName=\"\"\n2 A userIdentity.userName=null\n3 A userIdentity.userName=\"\"", "X@2 2 0-2 -; X@3 2 1-3 "},
	{"each value of a list is a group", "{type: event_count, rules: [a], group-by: [requestParameters.ids], timespan: 1m, condition: {gte: 2}}",
		"0 A requestParameters.ids=[\"i-1\",\"i-2\",\"i-1\"]\n1 A requestParameters.ids=[\"i-2\",\"i-3\"]", "X@1 2 0-1 i-2"},
	{"case counts in groups, the form of numbers does not", "{type: event_count, rules: [a], group-by: [requestParameters.x], timespan: 1m, condition: {gte: 2}}",
		"0 A requestParameters.x=\"q\"\n1 A requestParameters.x=\"Q\"\n2 A requestParameters.x=22\n3 A requestParameters.x=\"22\"", "X@3 2 2-3 22"},
	{"an object is its JSON", "{type: event_count, rules: [a], group-by: [requestParameters.x], timespan: 1m, condition: {gte: 2}}",
		"0 A requestParameters.x={\"k\":1}\n2 A requestParameters.x={\"k\":1}", `X@2 2 0-2 {"k":1}`},
	{"two rules that match one event count it once", "{type: event_count, rules: [ab, b], timespan: 1m, condition: {gte: 3}}", "0 AB\n1 AB\n2 B", "X@2 3 0-2"},
	{"eq is at the moment when it holds", "{type: event_count, rules: [a], timespan: 1m, condition: {eq: 2}}", "0 A\n1 A\n2 A", "X@1 2 0-1"},
	{"lt holds with the first one", "{type: event_count, rules: [a], timespan: 1m, condition: {lt: 2}}", "0 A\n1 A", "X@0 1 0-0; X@1 1 1-1"},
	{"neq", "{type: event_count, rules: [a], timespan: 1m, condition: {neq: 1}}", "0 A\n1 A\n2 A", "X@1 2 0-1"},
	{"a range", "{type: event_count, rules: [a], timespan: 1m, condition: {gt: 1, lte: 3}}", "0 A\n1 A", "X@1 2 0-1"},
	{"different values, whoever has them", "{type: value_count, rules: [a], group-by: [sourceIPAddress], timespan: 1m, condition: {gte: 2, field: requestParameters.u}}",
		"0 A requestParameters.u=x\n1 A requestParameters.u=x\n2 A\n3 A requestParameters.u=y", "X@3 4 of 2 values 0-3 192.0.2.1"},
	{"values of a list count each", "{type: value_count, rules: [a], timespan: 1m, condition: {gte: 3, field: requestParameters.u}}",
		"0 A requestParameters.u=[\"x\",\"y\"]\n1 A requestParameters.u=[\"y\",\"z\"]", "X@1 2 of 3 values 0-1"},
	{"several fields are tuples", "{type: value_count, rules: [a], timespan: 1m, condition: {gte: 3, field: [awsRegion, requestParameters.u]}}",
		"0 A awsRegion=r1 requestParameters.u=x\n1 A awsRegion=r2 requestParameters.u=x\n2 A awsRegion=r2\n3 A awsRegion=r2 requestParameters.u=y", "X@3 4 of 3 values 0-3"},
	{"temporal, in any order", "{type: temporal, rules: [a, b, c], timespan: 1m}", "0 C\n10 A\n20 A\n60 B", "X@60 4 0-60 rules A B C"},
	{"temporal, too late", "{type: temporal, rules: [a, b], timespan: 1m}", "0 A\n61 B", ""},
	{"one event may match all rules", "{type: temporal, rules: [ab, b], timespan: 1m}", "0 AB", "X@0 1 0-0 rules AB B"},
	{"temporal with a condition: so many rules", "{type: temporal, rules: [a, b, c], timespan: 1m, condition: {gte: 2}}", "0 C\n10 C\n20 B", "X@20 3 0-20 rules B C"},
	{"in order, with others between", "{type: temporal_ordered, rules: [a, b, c], timespan: 1m}", "0 B\n1 A\n2 C\n3 B\n4 A\n5 C", "X@5 6 0-5 rules A B C"},
	{"not in order", "{type: temporal_ordered, rules: [a, b], timespan: 1m}", "0 B\n1 A", ""},
	{"equal seconds are in order", "{type: temporal_ordered, rules: [a, b, c], timespan: 1m}", "0 C\n0 B\n0 A", "X@0 3 0-0 rules A B C"},
	{"in order by their times, not by arrival", "{type: temporal_ordered, rules: [a, b], timespan: 1m}", "30 B\n10 A", "X@10 2 10-30 rules A B"},
	{"the window is from the first to the last", "{type: temporal_ordered, rules: [a, b, c], timespan: 1m}", "0 A\n30 B\n61 C\n62 A\n63 B\n64 C", "X@64 5 30-64 rules A B C"},
	{"a condition on the order", "{type: temporal_ordered, rules: [a, b, c], timespan: 1m, condition: {gte: 2}}", "0 C\n1 B\n2 A\n3 C", "X@3 4 0-3 rules A B C"},
	{"sum of numbers and numeric texts, others have none", "{type: value_sum, rules: [a], timespan: 1m, condition: {gt: 10, field: additionalEventData.n}}",
		"0 A additionalEventData.n=5.5\n1 A additionalEventData.n=many\n2 A additionalEventData.n=\"4.5\"\n3 A additionalEventData.n=0.25", "X@3 4 of 10.25 0-3"},
	{"average of those that have a number", "{type: value_avg, rules: [a], timespan: 1m, condition: {gte: 10, field: additionalEventData.n}}",
		"0 A\n1 A additionalEventData.n=4\n2 A additionalEventData.n=16", "X@2 3 of 10 0-2"},
	{"no number, no average", "{type: value_avg, rules: [a], timespan: 1m, condition: {lt: 10, field: additionalEventData.n}}", "0 A\n1 A", ""},
	{"median between two", "{type: value_median, rules: [a], timespan: 1m, condition: {eq: 3, field: additionalEventData.n}}",
		"0 A additionalEventData.n=100\n1 A additionalEventData.n=2\n2 A additionalEventData.n=1\n3 A additionalEventData.n=4", "X@3 4 of 3 0-3"},
	{"percentile", "{type: value_percentile, rules: [a], timespan: 1m, condition: {gt: 90, field: additionalEventData.n, percentile: 90}}",
		"0 A additionalEventData.n=0\n1 A additionalEventData.n=100\n2 A additionalEventData.n=100", "X@2 3 of 100 0-2"},
	{"aliases, in group-by and as values", "{type: value_count, rules: [a, b], group-by: [who], aliases: {who: {a: requestParameters.userName, b: userIdentity.userName}, what: {a: awsRegion, B: requestParameters.x}}, timespan: 1m, condition: {gte: 2, field: what}}",
		"0 A requestParameters.userName=zoe awsRegion=r\n1 B userIdentity.userName=amy requestParameters.x=q\n2 B userIdentity.userName=zoe requestParameters.x=r\n3 B userIdentity.userName=zoe requestParameters.x=s",
		"X@3 3 of 2 values 0-3 zoe"},
	{"an alias that a rule lacks is missing", "{type: event_count, rules: [a, b], group-by: [who], aliases: {who: {a: awsRegion}}, timespan: 1m, condition: {gte: 2}}",
		"0 A awsRegion=r\n1 B awsRegion=r\n2 B awsRegion=s", "X@2 2 1-2 -"},
	{"generate", "{type: event_count, rules: [c], timespan: 1m, condition: {gte: 2}, generate: true}", "0 C\n1 C", "C@0; X@1 2 0-1; C@1"},
	{"a correlation of a correlation", `type: temporal_ordered
  rules: [many, c]
  group-by: [sourceIPAddress]
  timespan: 10m
level: high
---
title: Many
name: many
correlation: {type: event_count, rules: [a], group-by: [sourceIPAddress], timespan: 1m, condition: {gte: 2}}
`, "0 C\n1 A\n2 A\n3 A sourceIPAddress=192.0.2.9\n4 C sourceIPAddress=192.0.2.9\n5 C", "X@5 3 0-5 192.0.2.1 rules Many C"},
	{"values of a group that another one does not have are those of the last event", `type: event_count
  rules: [many]
  group-by: [userIdentity.userName]
  timespan: 10m
  condition: {gte: 2}
  generate: true
---
title: Many
name: many
correlation: {type: event_count, rules: [a], group-by: [sourceIPAddress], timespan: 1m, condition: {gte: 2}}
`, "0 A userIdentity.userName=x\n1 A userIdentity.userName=y\n2 A userIdentity.userName=y\n3 A userIdentity.userName=y", "Many@1 2 0-1 192.0.2.1; Many@3 2 2-3 192.0.2.1; X@3 2 1-3 y"},
	{"three alerts of another one in one moment count as three", `type: event_count
  rules: [many]
  timespan: 10m
  condition: {gte: 3}
---
title: Many
name: many
correlation: {type: event_count, rules: [a], group-by: [requestParameters.ids], timespan: 1m, condition: {gte: 2}}
`, "0 A requestParameters.ids=[1,2,3]\n1 A requestParameters.ids=[1,2,3]", "X@1 3 1-1"},
	{"two correlations of the same rule", `type: event_count
  rules: [a]
  timespan: 1m
  condition: {gte: 2}
---
title: Y
correlation: {type: event_count, rules: [11111111-0000-4000-8000-00000000000A], timespan: 1m, condition: {gte: 3}}
`, "0 A\n1 A\n2 A", "X@1 2 0-1; Y@2 3 0-2"},
	{"a filter of the rule", "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n---\ntitle: F\nlogsource: {product: aws, service: cloudtrail}\nfilter: {rules: [a], s: {awsRegion: known}, condition: not s}\n",
		"0 A awsRegion=known\n1 A\n2 A awsRegion=known\n3 A", "X@3 2 1-3"},
}

// document returns the file.
func (c *correlated) document() string {
	text := c.text
	if !strings.HasPrefix(text, "{") {
		text = "\n  " + text
	}
	if !strings.Contains(text, "\nlevel:") && strings.HasPrefix(text, "{") {
		line, rest, _ := strings.Cut(text, "\n")
		text = line + "\nlevel: high\n" + rest
	}
	return "title: X\nauthor: X. Uthor\ncorrelation: " + text + correlationBases
}

var correlationStart = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// eventsOf returns the events of a case.
func eventsOf(t testing.TB, text string) (events []string) {
	t.Helper()
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		second, err := time.ParseDuration(words[0] + "s")
		if err != nil {
			t.Fatal(err)
		}
		e := map[string]any{
			"eventSource": "iam.amazonaws.com", "eventName": words[1], "eventTime": correlationStart.Add(second).Format(time.RFC3339),
			"eventID": fmt.Sprint("id-", i), "sourceIPAddress": "192.0.2.1", "requestParameters": map[string]any{"n": i},
		}
		for _, word := range words[2:] {
			name, text, _ := strings.Cut(word, "=")
			var value any
			if json.Unmarshal([]byte(text), &value) != nil {
				value = text
			}
			in := e
			for {
				first, rest, more := strings.Cut(name, ".")
				if !more {
					break
				}
				inner, ok := in[first].(map[string]any)
				if !ok {
					inner = map[string]any{}
					in[first] = inner
				}
				in, name = inner, rest
			}
			in[name] = value
		}
		if strings.Contains(line, "eventID=") {
			delete(e, "requestParameters")
		}
		encoded, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, string(encoded))
	}
	return events
}

// describeAlert returns an alert as a case has it.
func describeAlert(a map[string]any) string {
	second := func(path string) string {
		when, _ := time.Parse(time.RFC3339, fmt.Sprint(at(a, path)))
		return fmt.Sprint(int(when.Sub(correlationStart).Seconds()))
	}
	text := fmt.Sprintf("%v@%s", at(a, "rule.name"), second("event.start"))
	if at(a, "fluent_detect.memory.kind") != "correlation" {
		return text
	}
	text += fmt.Sprint(" ", at(a, "fluent_detect.memory.count"))
	if n := at(a, "fluent_detect.memory.cardinality"); n != nil {
		text += fmt.Sprintf(" of %v values", n)
	}
	if n := at(a, "fluent_detect.memory.value"); n != nil {
		text += fmt.Sprint(" of ", n)
	}
	text += " " + second("fluent_detect.memory.from") + "-" + second("fluent_detect.memory.to")
	if group, ok := at(a, "fluent_detect.memory.group").(map[string]any); ok {
		for _, v := range group {
			if v == nil {
				v = "-"
			}
			text += fmt.Sprint(" ", v)
		}
	}
	if strings.HasPrefix(fmt.Sprint(at(a, "fluent_detect.memory.correlation")), "temporal") {
		text += " rules"
		for _, name := range at(a, "fluent_detect.memory.rules").([]any) {
			text += fmt.Sprint(" ", name)
		}
	}
	return text
}

// Correlations make these alerts, however the events are cut into chunks, and across
// restarts.
func TestCorrelations(t *testing.T) {
	for _, c := range correlations {
		events := eventsOf(t, c.events)
		path := write(t, "c.yml", c.document())
		for how, chunks := range map[string][][]string{"one chunk": {events}, "a restart": oneByOne(events)} {
			var got []string
			for _, a := range correlate(t, path, chunks, how == "a restart") {
				got = append(got, describeAlert(a))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("%s, %s:\n%s\ngives %s\nwant  %s", c.why, how, c.text, text, c.want)
			}
		}
	}
}

func oneByOne(events []string) (chunks [][]string) {
	for _, e := range events {
		chunks = append(chunks, []string{e})
	}
	return chunks
}

// correlate runs the rules over chunks on a store on disk, and returns the alerts.
func correlate(t *testing.T, path string, chunks [][]string, restart bool) (alerts []map[string]any) {
	t.Helper()
	rules, err := ruleset.Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, path)
	}
	dir := t.TempDir()
	b := &bench{t: t, box: outbox.New("default", 1<<20), state: NewState()}
	b.consumer = b.box.Open(outbox.Filter{})
	var disk *store.Store
	open := func() {
		if !restart {
			b.engine = correlationEngine(t, rules, b, nil)
			return
		}
		if disk, err = store.Open(dir, func(line string) { t.Error(line) }); err != nil {
			t.Fatal(err)
		}
		b.state = NewState()
		b.engine = correlationEngine(t, rules, b, disk)
	}
	end := func() {
		b.engine.Close(false)
		if disk != nil {
			if err := disk.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	open()
	for i, chunk := range chunks {
		if _, err := b.engine.Scan("tag", ingest.ChunkOf([]byte(strings.Join(chunk, "\n")), time.Now()).Data); err != nil {
			t.Fatal(err)
		}
		if restart && i == len(chunks)/2 {
			end()
			open()
		}
	}
	alerts = b.alerts()
	end()
	return alerts
}

// correlationEngine returns an engine with the state and the outbox of b.
func correlationEngine(t *testing.T, rules *ruleset.Set, b *bench, disk *store.Store) *Engine {
	t.Helper()
	host := Host{Outbox: b.box, State: b.state, Name: "default.0", Lost: func(outbox.Alert) { t.Error("an alert is lost") }}
	if disk != nil {
		host.Store = disk
	}
	config := Config{Channel: "default", DedupSize: 1024, DedupTTL: time.Hour, ReadAll: true, IgnoreRecordTime: true, Lateness: time.Hour, NoSuppression: true}
	engine, err := New(config, rules, host)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// Exceptions keep events from correlations: those of the rule, and those of the correlation.
// Matches below the lowest level count for correlations all the same, and the counters say
// what became of each match.
func TestCorrelationOutcomes(t *testing.T) {
	path := write(t, "c.yml", (&correlated{text: "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 3}}"}).document())
	exceptions := filepath.Join(filepath.Dir(path), "exceptions.toml")
	text := ""
	for rule, region := range map[string]string{"a": "r1", "x": "r2"} {
		text += fmt.Sprintf("[[exception]]\nrule = %q\nquery = 'cloud.region: %s'\nowner = \"o\"\nreason = \"known\"\nexpires = 2999-01-01\n", rule, region)
	}
	if err := os.WriteFile(exceptions, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, "rules", path, "exceptions", exceptions, "max_alerts", "0")
	b.mustScan(eventsOf(t, "0 A awsRegion=r1\n1 A awsRegion=r2\n2 A\n3 A\n3 A eventID=id-3 awsRegion=r2")...)
	b.wantAlerts(0)
	b.mustScan(eventsOf(t, "4 A\n5 C")...)
	b.mustScan(eventsOf(t, "4 A\n5 C")...)
	alerts := b.wantAlerts(2)
	if got := at(alerts[0], "event.reason"); got != "3 events of A in 1 minute (rule by X. Uthor, A. Uthor)" {
		t.Errorf("reason: %v", got)
	}
	byRule := map[string]string{}
	for _, r := range b.engine.Report().Rules {
		byRule[r.Name] = r.Outcomes.String()
	}
	all := b.engine.Report().Outcomes
	if all[stats.Excepted] != 3 || all[stats.Remembered] != 6 || all[stats.Emitted] != 2 || all[stats.Duplicate] != 1 {
		t.Errorf("%v", byRule)
	}
}

// Alerts of a group and a window have the same ID each time, in spite of another state.
func TestCorrelationIdentity(t *testing.T) {
	for _, typ := range []string{"event_count, condition: {gte: 3}", "temporal, condition: {gte: 1}"} {
		path := write(t, "c.yml", (&correlated{text: "{type: " + typ + ", rules: [a, b], group-by: [sourceIPAddress], timespan: 1m}"}).document())
		events := eventsOf(t, "0 A\n1 A\n2 A\n3 A\n4 A\n5 B")
		ids := map[any]int{}
		for range 2 {
			for _, a := range correlate(t, path, oneByOne(events), false) {
				ids[at(a, "alert_id")]++
			}
		}
		for id, n := range ids {
			if n != 2 {
				t.Errorf("%s: the alert %v comes %d times in two runs", typ, id, n)
			}
		}
		if len(ids) < 2 {
			t.Errorf("%s: %d alerts", typ, len(ids))
		}
	}
}

// A chunk that the outbox refuses has changed nothing.
func TestCorrelationUndone(t *testing.T) {
	path := write(t, "c.yml", (&correlated{text: "{type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}"}).document())
	b := newBench(t, "rules", path)
	b.mustScan(eventsOf(t, "0 A")...)
	b.fill()
	if err := b.scan(eventsOf(t, "1 A\n2 A")...); err == nil {
		t.Fatal("the outbox is not full")
	}
	b.drain()
	b.mustScan(eventsOf(t, "0 C\n1 A")...)
	for _, a := range b.alerts() {
		if at(a, "rule.name") == "X" {
			if got := describeAlert(a); got != "X@1 2 0-1" {
				t.Error(got)
			}
			return
		}
	}
	t.Error("no alert of the correlation")
}
