package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The shipped configuration, template and commands work with a real OpenSearch.
func TestOpenSearch(t *testing.T) {
	t.Parallel()
	binary(t)
	address := openSearchURL(t)
	newOpenSearch(t, address, "").loadTemplate()
	for name, test := range map[string]func(*testing.T, *openSearch){"index": testIndex, "refused": testRefusedDocuments, "es": testRefusedByES} {
		t.Run(name, func(t *testing.T) { test(t, newOpenSearch(t, address, "fluent-detect-alerts-"+name)) })
	}
}

// Alerts of sixty rules about all kinds of events go through the shipped configuration
// into a real OpenSearch that has the shipped template. It refuses none, keeps the ids,
// takes what comes again for the same, and finds them by account, time and network.
// DETECT_INDEX_ALERTS is the number of alerts.
func testIndex(t *testing.T, o *openSearch) {
	t.Cleanup(func() { o.log(t) })
	dir := t.TempDir()
	events := variedEvents(t, number(t, "DETECT_INDEX_ALERTS", 500)/2)
	writeRules(t, dir+"/rules", events)
	alerts := replayed(t, dir, events, "ecs")
	t.Logf("%d alerts of %d events", len(alerts), len(events))

	began := time.Now()
	s := shipToIndex(t, o, dir)
	s.postAll(o, events, 0)
	s.wait("the alerts in the index", time.Minute, func() bool { return o.documents() >= len(alerts) })
	t.Logf("in %.1f s", time.Since(began).Seconds())
	s.stop()
	o.wantIDs(alerts)

	// Another Fluent Bit, which remembers nothing, makes the same alerts.
	stored, before, _ := o.counts()
	some := events[:min(len(events), number(t, "DETECT_INDEX_ALERTS", 200)/2)]
	s = shipToIndex(t, o, dir)
	s.postAll(o, some, stored)
	s.wait("some alerts once more", time.Minute, func() bool { _, again, _ := o.counts(); return again-before >= 2*len(some) })
	heartbeat := regexp.MustCompile(`(?m)^.*"kind":"metric".*\n`)
	s.wait("a heartbeat", time.Minute, func() bool { return heartbeat.MatchString(s.read("all")) })
	s.stop()
	o.wantIDs(alerts)
	if _, _, refusals := o.counts(); len(refusals) > 0 {
		t.Errorf("%d refused", len(refusals))
	}

	// Documents of the format kibana, and heartbeats, fit into the same index.
	if refused := o.put(o.index, replayed(t, dir, events[:min(len(events), 500)], "kibana")); len(refused) > 0 {
		t.Errorf("%d documents of the format kibana were refused: %.2000s", len(refused), strings.Join(refused, "\n"))
	}
	if refused := o.put(o.index, map[string]string{"heartbeat": heartbeat.FindString(s.read("all"))}); len(refused) > 0 {
		t.Errorf("a heartbeat was refused: %.2000s", refused)
	}

	for _, c := range []struct {
		query string
		want  int // -1: at least one
	}{
		{`{"term":{"user.name":"mapping-test"}}`, 2},
		{`{"term":{"aws.cloudtrail.flattened.request_parameters.role":"a-text"}}`, 2},
		{`{"term":{"aws.cloudtrail.flattened.request_parameters.role.name":"in-an-object"}}`, 2},
		{`{"term":{"source.ip":"198.18.7.0/24"}}`, 4},
		{`{"range":{"event.start":{"gte":"2031-05-06T00:00:00Z","lt":"2031-05-07"}}}`, 4},
		{`{"bool":{"filter":[{"term":{"event.action":"SendSSHPublicKey"}},{"range":{"event.severity":{"gte":47}}}]}}`, -1},
		{`{"match":{"user_agent.original.text":"mapping"}}`, 4},
		{`{"match":{"message":"indexed"}}`, -1},
		{`{"exists":{"field":"kibana.alert.uuid"}}`, -1},
		{`{"term":{"kibana.space_ids":"default"}}`, -1},
	} {
		if got := o.search(c.query); got != c.want && (c.want >= 0 || got == 0) {
			t.Errorf("%s: %d documents, want %d", c.query, got, c.want)
		}
	}
	if testing.Verbose() {
		o.withoutTemplate(alerts)
	}
}

// withoutTemplate reports how many of the documents an index without a template refuses.
func (o *openSearch) withoutTemplate(alerts map[string]string) {
	o.t.Helper()
	refused := o.put("without-a-template", alerts)
	o.t.Logf("without the template %d of %d are refused", len(refused), len(alerts))
}

// wantIDs checks that the index has one document for each of the alerts, by its id.
func (o *openSearch) wantIDs(alerts map[string]string) {
	o.t.Helper()
	o.do("POST", "/"+o.index+"/_refresh", "", nil)
	var page struct {
		ScrollID string `json:"_scroll_id"`
		Hits     struct {
			Hits []struct {
				ID     string `json:"_id"`
				Source struct {
					ID string `json:"alert_id"`
				} `json:"_source"`
			}
		}
	}
	seen := 0
	o.do("POST", "/"+o.index+"/_search?scroll=1m", `{"size":1000,"_source":["alert_id"]}`, &page)
	for len(page.Hits.Hits) > 0 {
		for _, hit := range page.Hits.Hits {
			if alerts[hit.ID] == "" || hit.Source.ID != hit.ID {
				o.t.Errorf("the document %s has alert_id %q", hit.ID, hit.Source.ID)
			}
			seen++
		}
		scroll := fmt.Sprintf(`{"scroll":"1m","scroll_id":%q}`, page.ScrollID)
		page.Hits.Hits = nil
		o.do("POST", "/_search/scroll", scroll, &page)
	}
	if seen != len(alerts) {
		o.t.Errorf("%d documents, want %d", seen, len(alerts))
	}
}

// shipToIndex starts Fluent Bit with the shipped configuration, its alerts to the index.
// What else comes out with them is in the file all.
func shipToIndex(t *testing.T, o *openSearch, dir string) *shipped {
	t.Helper()
	edits := append(o.edits(t),
		edit{`(?m)^( +)(State_Path +\S+)`, "${1}${2}\n${1}Heartbeat 1s\n${1}Max_Alerts 0\n${1}Rules " + dir + "/rules/*.toml"})
	s := ship(t, "input-http.conf", edits...)
	s.append("input-http.conf", "\n[OUTPUT]\n    Name file\n    Match alert.*\n    Path "+s.dir+"\n    File all\n    Format plain\n")
	s.run()
	return s
}

// postAll sends the events, of which each makes two alerts, no faster than the index
// takes these: rewrite_tag loses copies if too many wait.
func (s *shipped) postAll(o *openSearch, events []string, stored int) {
	s.t.Helper()
	const batch = 50
	for sent := 0; sent < len(events); sent += batch {
		s.wait("the alerts so far in the index", time.Minute, func() bool {
			now, _, refusals := o.counts()
			return now-stored+len(refusals) >= 2*sent-4*batch
		})
		s.post(`{"Records":[` + strings.Join(events[sent:min(sent+batch, len(events))], ",") + `]}`)
	}
}

// replayed returns the alerts that fluent-detect replay makes of events, by their ids.
func replayed(t *testing.T, dir string, events []string, format string) map[string]string {
	t.Helper()
	if err := os.WriteFile(dir+"/events.ndjson", []byte(strings.Join(events, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(library(t, "fluent-detect"), "replay", "--no-cap", "--format", format, "--rules", dir+"/rules/*.toml", dir+"/events.ndjson").Output()
	if err != nil {
		t.Fatal(err)
	}
	alerts := map[string]string{}
	for line := range strings.Lines(string(out)) {
		var a struct {
			ID string `json:"alert_id"`
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		alerts[a.ID] = strings.TrimSpace(line)
	}
	if len(alerts) != 2*len(events) {
		t.Fatalf("%d alerts of %d events, want two of each", len(alerts), len(events))
	}
	return alerts
}

const sixty = 60

// writeRules writes sixty rules: one for all events, the others for some actions each, so
// that each event makes two alerts.
func writeRules(t *testing.T, dir string, events []string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range events {
		var event struct{ EventName string }
		if err := json.Unmarshal([]byte(e), &event); err != nil {
			t.Fatalf("%v: %s", err, e)
		}
		if !slices.Contains(actions, event.EventName) {
			actions = append(actions, event.EventName)
		}
	}
	groups := make([][]string, sixty-1)
	for i, action := range actions {
		groups[i%len(groups)] = append(groups[i%len(groups)], fmt.Sprintf("%q", action))
	}
	for i, group := range append(groups, nil) {
		query := "event.dataset: aws.cloudtrail"
		if i < len(groups) {
			query += " and event.action: (" + strings.Join(append(group, `"NoSuchAction"`), " or ") + ")"
		}
		rule := fmt.Sprintf("[rule]\nrule_id = \"00000000-0000-4000-8000-%012d\"\nname = \"Rule %d for documents that are indexed\"\n"+
			"description = \"For tests.\"\nauthor = [\"fluent-detect\"]\nlicense = \"Apache-2.0\"\nseverity = %q\nrisk_score = %d\ntype = \"query\"\nlanguage = \"kuery\"\n"+
			"tags = [\"Domain: Cloud\"]\nquery = '''%s'''\n\n[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n[rule.threat.tactic]\nid = \"TA0040\"\nname = \"Impact\"\nreference = \"https://attack.mitre.org/tactics/TA0040/\"\n",
			i, i, [...]string{"low", "medium", "high", "critical"}[i%4], [...]int{21, 47, 73, 99}[i%4], query)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.toml", i)), []byte(rule), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// variedEvents returns n events, each with an id of its own: those that are bundled, in
// the tests of packages and beside the repository, and variants of them with parameters
// of every shape.
func variedEvents(t *testing.T, n int) []string {
	t.Helper()
	var kinds []map[string]any
	add := func(text string) {
		d := json.NewDecoder(strings.NewReader(text))
		for d.More() {
			var e map[string]any
			if err := d.Decode(&e); err != nil {
				return // what is in some lines for other tests
			}
			if _, ok := e["eventName"].(string); ok {
				kinds = append(kinds, e)
			}
		}
	}
	for _, c := range corpora(t) {
		add(c.text)
	}
	for _, pattern := range []string{"/detector/alert/testdata/events/*.json", "/../shared/corpus/instance-connect.ndjson", "/../shared/cases/*/*/events.ndjson"} {
		files, err := filepath.Glob(root + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			add(readFile(t, file))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	var events []string
	for i := range n {
		e := maps.Clone(kinds[i/2%len(kinds)])
		if i%2 == 1 {
			for _, member := range []string{"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"} {
				if random.IntN(3) > 0 {
					e[member] = anyValue(random, 1+random.IntN(6))
				}
			}
			for _, member := range []string{"eventTime", "sourceIPAddress", "userAgent", "userIdentity", "errorMessage", "readOnly", "tlsDetails", "resources"} {
				if random.IntN(10) == 0 {
					e[member] = anyValue(random, 2)
				}
			}
		}
		e["eventID"] = fmt.Sprintf("event-%d", i)
		events = append(events, marshal(t, e))
	}
	// What the test searches for.
	for i, parameters := range []string{`{"role":"a-text"}`, `{"role":{"name":"in-an-object"}}`} {
		events[n-1-i] = fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2031-05-06T07:08:0%dZ","eventSource":"iam.amazonaws.com","eventName":"CreateRole","awsRegion":"eu-west-1",`+
			`"sourceIPAddress":"198.18.7.%d","userAgent":"made for the mapping","userIdentity":{"type":"IAMUser","userName":%q,"accountId":"111122223333"},`+
			`"requestParameters":%s,"eventID":"mapping-%d","recipientAccountId":"111122223333"}`, i, i, [...]string{"mapping-test", "another"}[i], parameters, i)
	}
	return events
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Keys and values that an index takes for something else, or refuses.
var (
	oddKeys   = []string{"role", "a", "b", "a.b", "a..b", ".", "..", ".x", "x.", "", " ", "_id", "type", "properties", "0", "*", "a\tb", "n\x00l"}
	oddValues = []any{"text", "", nil, true, false, 0, -1, 1.5, 1e308, uint64(1) << 63, "2026-01-01", "2026-01-01T00:00:00Z", "10.0.0.1", "fe80::1%eth0",
		"\x00", "\n", "1e999"}
	// One in fifty keys or values is long.
	longKeys   = []string{strings.Repeat("k", 300), strings.Repeat("\x00", 8000), strings.Repeat("日", 2600)}
	longValues = []any{strings.Repeat("x", 9000), strings.Repeat("日", 8191), strings.Repeat("\xff", 8191)}
)

func oneOf[T any](random *rand.Rand, usual, long []T) T {
	if random.IntN(50) == 0 {
		usual = long
	}
	return usual[random.IntN(len(usual))]
}

// anyValue returns a value of JSON that is nested up to a depth.
func anyValue(random *rand.Rand, depth int) any {
	switch n := random.IntN(10); {
	case depth == 0 || n < 3:
		return oneOf(random, oddValues, longValues)
	case n < 7:
		object := map[string]any{}
		for range random.IntN(6) {
			object[oneOf(random, oddKeys, longKeys)] = anyValue(random, depth-1)
		}
		return object
	}
	list := make([]any, random.IntN(5))
	for i := range list {
		list[i] = anyValue(random, depth-1)
	}
	return list
}

// Documents that an index refuses all the same are sent again and again, with those that
// came in the same request. They hold up nothing else, and arrive once the index takes
// them. DETECT_REFUSED is the number of requests in which one is refused.
func testRefusedDocuments(t *testing.T, o *openSearch) {
	t.Cleanup(func() { o.log(t) })
	o.refuseTexts()
	s := ship(t, "input-http.conf", append(append(o.edits(t), quick...), edit{`Heartbeat 1s`, "Heartbeat 1s\n    Max_Alerts 0"})...)
	s.run()
	requests, id := number(t, "DETECT_REFUSED", 3), 0
	for n := range requests {
		s.post(`{"Records":[` + push(id, false) + "," + push(id+1, true) + "," + push(id+2, false) + "]}")
		id += 3
		s.wait(fmt.Sprintf("what came with number %d that is refused", n+1), time.Minute, func() bool { return o.documents() == 2*(n+1) })
	}
	s.post(`{"Records":[` + push(id, false) + "]}")
	began := time.Now()
	s.wait("what came after those that are refused", time.Minute, func() bool { return o.documents() == 2*requests+1 })
	t.Logf("what came after %d that are refused arrived in %s", requests, time.Since(began))
	time.Sleep(settled)
	if _, _, refusals := o.counts(); len(refusals) <= requests || !strings.Contains(s.read("log"), "mapper_parsing_exception") {
		t.Errorf("%d refusals, want them again, and the reason in the log", len(refusals))
	}

	o.do("DELETE", "/"+o.index, "", nil)
	o.do("PUT", "/"+o.index, "", nil) // with the template
	s.wait("those that were refused", time.Minute, func() bool {
		return o.search(`{"prefix":{"event.id":"e-"}}`) == requests
	})
	s.stop()
}

// refuseTexts makes an index that takes ids of events that are numbers only.
func (o *openSearch) refuseTexts() {
	o.t.Helper()
	o.do("PUT", "/_index_template/"+o.index, `{"index_patterns":["`+o.index+`"],"priority":1000,"template":{"mappings":{"dynamic":false,"properties":{"event":{"properties":{"id":{"type":"long"}}}}}}}`, nil)
	o.do("PUT", "/"+o.index, "", nil)
	o.do("DELETE", "/_index_template/"+o.index, "", nil)
}

// push returns an event of which that index refuses the alert, or takes it.
func push(id int, refused bool) string {
	event := strings.TrimSpace(pushes(id, 1))
	if refused {
		return event
	}
	return strings.Replace(event, fmt.Sprintf(`"e-%d"`, id), fmt.Sprintf(`"%d"`, id), 1)
}

// Fluent Bit's output es takes a request for delivered if one document in it was: that is
// why conf/fluent-bit/output-elasticsearch has the output opensearch.
func testRefusedByES(t *testing.T, o *openSearch) {
	o.refuseTexts()
	s := ship(t, "input-http.conf", append(append(o.edits(t), quick...), edit{`(?m)^( +Name +)opensearch$`, "${1}es"})...)
	s.run()
	s.post(`{"Records":[` + push(1, false) + "," + push(2, true) + "]}")
	s.wait("what came with one that is refused", time.Minute, func() bool { return o.documents() == 1 })
	time.Sleep(settled)
	if _, _, refusals := o.counts(); len(refusals) != 1 || strings.Contains(s.read("log"), "mapper_parsing_exception") {
		t.Errorf("%d refusals: es does send again what was refused; then conf/fluent-bit/output-elasticsearch can have it", len(refusals))
	}
	s.stop()
}
