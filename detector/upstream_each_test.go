package detector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// upstreamEvent is the event that the rows of testdata/upstream.txt change.
const upstreamEvent = `{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333",` +
	`"accessKeyId":"AKIAEXAMPLE","userName":"alice"},"awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15.0","eventType":"AwsApiCall",` +
	`"recipientAccountId":"111122223333"}`

// upstreamRow is a row of testdata/upstream.txt.
type upstreamRow struct {
	line, name      string
	times, missed   int // how many events the hit and the near miss have
	service, action string
	changes, change map[string]any
}

// readUpstreamRows reads testdata/upstream.txt.
func readUpstreamRows(t *testing.T) (rows []upstreamRow) {
	t.Helper()
	text, err := os.ReadFile("testdata/upstream.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.SplitN(line, " | ", 3)
		if len(columns) != 3 {
			t.Fatalf("%s\nhas %d columns, must have 3", line, len(columns))
		}
		r := upstreamRow{line: line, name: columns[0], times: 1}
		call, changes, _ := strings.Cut(columns[1], ", ")
		words := strings.Fields(call)
		if n, ok := timesOf(words[0]); ok {
			r.times, words = n, words[1:]
		}
		r.service, r.action = words[0], words[1]
		r.changes = membersOf(t, changes)
		r.missed = r.times
		if n, ok := timesOf(columns[2]); ok {
			r.missed = n
		} else if r.change = membersOf(t, columns[2]); len(r.change) != 1 {
			t.Errorf("%s\nthe near miss changes %d members, must change 1", line, len(r.change))
		}
		rows = append(rows, r)
	}
	return rows
}

// timesOf reads "20x".
func timesOf(word string) (n int, ok bool) {
	digits, ok := strings.CutSuffix(word, "x")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}

func membersOf(t *testing.T, text string) (members map[string]any) {
	t.Helper()
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return members
}

// events returns so many events, one second apart, with a further change, if any.
func (r *upstreamRow) events(t *testing.T, n int, change map[string]any) (events []string) {
	t.Helper()
	for i := range n {
		e := membersOf(t, upstreamEvent)
		e["eventSource"], e["eventName"] = r.service+".amazonaws.com", r.action
		e["eventID"] = fmt.Sprintf("e%d", i)
		e["eventTime"] = time.Date(2026, 3, 2, 9, 0, i, 0, time.UTC).Format(time.RFC3339)
		for _, members := range []map[string]any{r.changes, change} {
			for path, v := range members {
				setMember(e, path, v)
			}
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, string(bytes.ReplaceAll(text, []byte("#"), []byte(strconv.Itoa(i)))))
	}
	return events
}

// setMember sets the member at a path, or takes it away if it is null. What shippers add
// has a name of ECS, with dots, at the top.
func setMember(in map[string]any, path string, v any) {
	if !strings.HasPrefix(path, "source.") {
		for parent, rest, ok := strings.Cut(path, "."); ok; parent, rest, ok = strings.Cut(path, ".") {
			inner, isMap := in[parent].(map[string]any)
			if !isMap {
				inner = map[string]any{}
				in[parent] = inner
			}
			in, path = inner, rest
		}
	}
	if v == nil {
		delete(in, path)
	} else {
		in[path] = v
	}
}

// Each rule about AWS that runs alerts on an event of ours, and not on a near miss. Those
// in EQL and ES|QL have their events in TestUpstreamEQL and TestUpstreamESQL.
func TestUpstreamEach(t *testing.T) {
	dir := upstream(t)
	set, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]*ruleset.Rule{}
	for _, r := range set.Rules {
		if r.Query.Language == "kuery" {
			rules[strings.TrimSuffix(filepath.Base(r.Source.Path), ".toml")] = r
		}
	}
	for _, row := range readUpstreamRows(t) {
		r, ok := rules[row.name]
		if !ok {
			t.Errorf("%s\nno rule in KQL is in a file of that name, or there are two rows", row.line)
			continue
		}
		delete(rules, row.name)
		path := filepath.Join(dir, row.name+".toml")
		hit := newBench(t, "rules", path)
		hit.mustScan(row.events(t, row.times, nil)...)
		if got := len(hit.alerts()); got != 1 {
			t.Errorf("%s\n%d alerts, want 1", row.line, got)
		}
		if r.Memory != nil && r.Memory.Kind == rule.NewTerms { // what was new is known now
			again := row.events(t, 2, nil)[1]
			hit.mustScan(again)
			if got := len(hit.alerts()); got != 0 {
				t.Errorf("%s\nthe same once more: %d alerts, want none", row.line, got)
			}
		}
		miss := newBench(t, "rules", path)
		miss.mustScan(row.events(t, row.missed, row.change)...)
		if got := len(miss.alerts()); got != 0 {
			t.Errorf("%s\nthe near miss: %d alerts, want none", row.line, got)
		}
	}
	for name := range rules {
		t.Errorf("%s has no row in testdata/upstream.txt", name)
	}
}
