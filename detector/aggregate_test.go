package detector

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// aggregating returns a rule in ES|QL.
func aggregating(from, query, more string) string {
	return `[rule]
rule_id = "aggregating"
name = "Aggregating"
type = "esql"
language = "esql"
severity = "low"
risk_score = 21
from = "` + from + `"
query = '''` + query + `'''
` + more
}

const (
	bucketRule = `FROM logs-* | WHERE event.action == "Act" | EVAL Esql.bucket = DATE_TRUNC(10 seconds, @timestamp)
		| STATS Esql.addresses = COUNT_DISTINCT(source.ip), Esql.ips = VALUES(source.ip), Esql.count = COUNT(*) BY Esql.bucket, user.name
		| WHERE Esql.addresses >= 3`
	windowRule = `FROM logs-* | WHERE event.action == "Act" | STATS Esql.count = COUNT(*), Esql.first = MIN(@timestamp) BY user.name | WHERE Esql.count >= 3 | KEEP Esql.*, user.name`
	recentRule = `FROM logs-* | STATS earliest = MIN(@timestamp), Esql.count = COUNT(*) BY user.name, source.ip | WHERE earliest >= NOW() - 10 minutes | KEEP user.name, Esql.*`
	ratioRule  = `FROM logs-* | EVAL good = source.ip == "192.0.2.1"::ip | STATS goods = SUM(CASE(good, 1, 0)), n = COUNT(*) BY user.name
		| EVAL Esql.ratio = TO_DOUBLE(n - goods) / n | WHERE n >= 4 AND Esql.ratio > 0 AND Esql.ratio <= 0.25`
)

// What rules do that aggregate, in the order of their description in docs/rules.md.
func TestAggregates(t *testing.T) {
	for _, c := range []struct {
		what   string
		rule   string
		events string // one a line
		want   string // of each alert the ID of its event, and what it has
	}{
		{"bucket: one alert a group, by the time of the events", aggregating("now-6m", bucketRule, ""), `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:09 ann 192.0.2.2
			3 2/09:00:09 bob 192.0.2.3
			4 2/09:00:01 ann 192.0.2.3
			5 2/09:00:02 ann 192.0.2.4
			6 2/09:00:10 ann 192.0.2.1
			7 2/09:00:11 ann 192.0.2.2
			8 2/09:00:12 ann 192.0.2.3`,
			`4 Esql.addresses=3 Esql.bucket="2026-03-02T09:00:00.000Z" Esql.count=3 Esql.ips=["192.0.2.1","192.0.2.2","192.0.2.3"] user.name="ann"; ` +
				`8 Esql.addresses=3 Esql.bucket="2026-03-02T09:00:10.000Z" Esql.count=3 Esql.ips=["192.0.2.1","192.0.2.2","192.0.2.3"] user.name="ann"`},
		{"bucket: not across an edge", aggregating("now-6m", bucketRule, ""), `
			1 2/09:00:08 ann 192.0.2.1
			2 2/09:00:09 ann 192.0.2.2
			3 2/09:00:10 ann 192.0.2.3`, ""},
		{"bucket: the same event counts once", aggregating("now-6m", strings.Replace(bucketRule, "Esql.addresses >=", "Esql.count >=", 1), ""), `
			1 2/09:00:08 ann 192.0.2.1
			1 2/09:00:08 ann 192.0.2.1
			2 2/09:00:09 ann 192.0.2.1
			1 2/09:00:08 ann 192.0.2.1`, ""},
		{"bucket: BUCKET, and behind the lateness it is dropped", aggregating("now-6m", strings.NewReplacer("DATE_TRUNC(10 seconds, @timestamp)", "BUCKET(@timestamp, 10 seconds)", ">= 3", ">= 2").Replace(bucketRule), ""), `
			1 2/09:00:08 ann 192.0.2.1
			2 2/10:00:10 bob 192.0.2.1
			3 2/09:00:09 ann 192.0.2.2
			4 2/10:00:11 bob 192.0.2.2
			5 2/09:00:12 ann 192.0.2.1
			6 2/10:00:21 bob 192.0.2.2
			7 2/09:00:09 ann 192.0.2.3
			8 2/09:00:13 ann 192.0.2.2`,
			`3 Esql.addresses=2 Esql.bucket="2026-03-02T09:00:00.000Z" Esql.count=2 Esql.ips=["192.0.2.1","192.0.2.2"] user.name="ann"; ` +
				`4 Esql.addresses=2 Esql.bucket="2026-03-02T10:00:10.000Z" Esql.count=2 Esql.ips=["192.0.2.1","192.0.2.2"] user.name="bob"`},
		{"window: the look-back slides, and its beginning is outside", aggregating("now-10m", windowRule, ""), `
			1 2/09:00:00 ann
			2 2/09:05:00 ann
			3 2/09:10:00 ann
			4 2/09:14:59.999 ann
			5 2/09:14:59.999 bob`,
			`4 Esql.count=3 Esql.first="2026-03-02T09:05:00.000Z" user.name="ann"`},
		{"window: any order, quiet for the look-back after an alert", aggregating("now-10m", windowRule, ""), `
			1 2/09:09:00 ann
			2 2/09:00:00 ann
			3 2/09:05:00 ann
			4 2/09:09:01 ann
			5 2/09:12:00 ann
			6 2/09:18:59 ann
			7 2/09:19:00 ann`,
			`3 Esql.count=3 Esql.first="2026-03-02T09:00:00.000Z" user.name="ann"; 7 Esql.count=4 Esql.first="2026-03-02T09:09:01.000Z" user.name="ann"`},
		{"window: too late by the newest of its group", aggregating("now-10m", windowRule, ""), `
			1 2/09:00:00 bob
			2 2/09:20:00 ann
			3 2/09:10:00 ann
			4 2/09:10:01 ann
			5 2/09:00:01 bob
			6 2/09:10:02 ann
			7 2/09:00:02 bob`,
			`6 Esql.count=3 Esql.first="2026-03-02T09:10:01.000Z" user.name="ann"; 7 Esql.count=3 Esql.first="2026-03-02T09:00:00.000Z" user.name="bob"`},
		{"window: events without a key are a group", aggregating("now-10m", windowRule, ""), `
			1 2/09:00:00 -
			2 2/09:00:01 ann
			3 2/09:00:01 -
			4 2/09:00:02 -`,
			`4 Esql.count=3 Esql.first="2026-03-02T09:00:00.000Z"`},
		{"window: without BY all events are one group", aggregating("now-10m", `FROM x | STATS n = COUNT(*) | WHERE n > 1`, ""), `
			1 2/09:00:00 ann
			2 2/09:00:01 bob`,
			`2 n=2`},
		{"recent: NOW() is the newest of the group, quiet for what is taken off it", aggregating("now-1d", recentRule, ""), `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:09:59 ann 192.0.2.1
			3 2/09:10:00 ann 192.0.2.1
			4 2/09:11:00 ann 192.0.2.1
			5 2/09:11:00 ann 192.0.2.2
			6 3/09:11:00 ann 192.0.2.1`,
			`1 Esql.count=1 user.name="ann"; 3 Esql.count=3 user.name="ann"; 5 Esql.count=1 user.name="ann"; 6 Esql.count=1 user.name="ann"`},
		{"a condition that becomes false again is judged at the event", aggregating("now-1h", ratioRule, ""), `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:01 ann 192.0.2.1
			3 2/09:00:02 ann 192.0.2.2
			4 2/09:00:03 ann 192.0.2.2
			5 2/09:00:04 ann 192.0.2.1
			6 2/09:00:05 bob 192.0.2.1
			7 2/09:00:06 bob 192.0.2.1
			8 2/09:00:07 bob 192.0.2.1
			9 2/09:00:08 bob 192.0.2.2`,
			`9 Esql.ratio=0.25 goods=3 n=4 user.name="bob"`},
		{"suppression by columns, in which null is a value; what comes from a new address alerts", aggregating("now-1s", strings.NewReplacer("BY user.name", "BY user.name, event.id", ">= 3", ">= 1", ", user.name", "").Replace(windowRule)+"| EVAL Esql.nothing = null::string",
			"[rule.alert_suppression]\ngroup_by = [\"Esql.nothing\"]\nduration = {value = 10, unit = \"m\"}\nmissing_fields_strategy = \"suppress\"\n"), `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:01 ann 192.0.2.1
			3 2/09:00:02 ann 192.0.2.2`,
			`1 Esql.count=1 Esql.first="2026-03-02T09:00:00.000Z"; 3 Esql.count=1 Esql.first="2026-03-02T09:00:02.000Z"`},
		{"suppression: an alert without one of the fields is not suppressed", aggregating("now-1s", strings.NewReplacer("BY user.name", "BY user.name, event.id", ">= 3", ">= 1").Replace(windowRule),
			"[rule.alert_suppression]\ngroup_by = [\"user.name\"]\nduration = {value = 10, unit = \"m\"}\nmissing_fields_strategy = \"doNotSuppress\"\n"), `
			1 2/09:00:00 ann 192.0.2.1
			2 2/09:00:01 ann 192.0.2.1
			3 2/09:00:02 - 192.0.2.1
			4 2/09:00:02 - 192.0.2.1`,
			`1 Esql.count=1 Esql.first="2026-03-02T09:00:00.000Z" user.name="ann"; 3 Esql.count=1 Esql.first="2026-03-02T09:00:02.000Z"; 4 Esql.count=1 Esql.first="2026-03-02T09:00:02.000Z"`},
	} {
		for _, atOnce := range []bool{false, true} {
			settings := []string{"rules", write(t, "r.toml", c.rule), "heartbeat", "0", "max_alerts", "0"}
			b := onDiskWithMemory(t, newDisk(func() error { return nil }), settings...)
			var events []string
			for line := range strings.Lines(strings.TrimSpace(c.events)) {
				events = append(events, string(shortEvent(strings.TrimSpace(line))))
			}
			var alerts []map[string]any
			if atOnce {
				b.mustScan(events...)
				alerts = b.alerts()
			} else { // with a restart after each event
				for _, e := range events {
					b.mustScan(e)
					alerts = append(alerts, b.alerts()...)
					b = b.restartWithMemory(settings...)
				}
			}
			var got []string
			for _, a := range alerts {
				columns := at(a, "fluent_detect.columns").(map[string]any)
				line := at(a, "event.id").(string)
				for _, name := range slices.Sorted(maps.Keys(columns)) {
					line += " " + name + "=" + text(columns[name])
				}
				got = append(got, line)
			}
			if all := strings.Join(got, "; "); all != c.want {
				t.Errorf("%s, at once: %v\n%s\nwant\n%s", c.what, atOnce, all, c.want)
			}
		}
	}
}

// An alert of a group has what the group is, when its events were, and the columns as the
// query names them.
func TestAggregateAlert(t *testing.T) {
	for _, format := range []string{"ecs", "kibana"} {
		b := newBench(t, "rules", write(t, "r.toml", aggregating("now-10m", windowRule, "")), "heartbeat", "0", "alert_format", format)
		for _, e := range []string{"1 2/09:00:00 ann 192.0.2.1", "2 2/09:01:00 ann 192.0.2.1", "3 2/09:00:30 ann 192.0.2.7"} {
			b.mustScan(string(shortEvent(e)))
		}
		a := b.wantAlerts(1)[0]
		wantFields(t, a, "event.id", "3", "event.action", "Act", "fluent_detect.memory.kind", "aggregate",
			"fluent_detect.memory.group", map[string]any{"user.name": "ann"}, "fluent_detect.memory.count", 3,
			"fluent_detect.memory.from", "2026-03-02T09:00:00.000Z", "fluent_detect.memory.to", "2026-03-02T09:01:00.000Z",
			"fluent_detect.memory.event_ids", []string{"1", "3", "2"}, "fluent_detect.memory.since", "2026-03-02T09:00:00.000Z",
			"Esql.count", 3, "Esql.first", "2026-03-02T09:00:00.000Z",
			"event.reason", "3 events, the one that completed them Act by ann from 192.0.2.7, grouped by user.name ann, in 10 minutes")
		if format == "kibana" {
			wantFields(t, a, "kibana.alert.rule.type", "esql", "kibana.alert.original_time", "2026-03-02T09:01:00.000Z")
		}
		b.mustScan(text(a)) // it is known for an alert, and not evaluated
		b.wantAlerts(0)
		if n := b.engine.Report().Events; n != 3 {
			t.Errorf("%d events, want 3", n)
		}
	}
	// Until the memory is as old as the window, the alert says since when there is one.
	b := newBench(t, "rules", write(t, "r.toml", aggregating("now-1d", recentRule, "")), "heartbeat", "0")
	b.mustScan(string(shortEvent("1 2/09:00:00 ann 192.0.2.1")), string(shortEvent("2 3/09:00:00 ann 192.0.2.2")))
	alerts := b.wantAlerts(2)
	wantFields(t, alerts[0], "event.reason", "1 event, Act by ann from 192.0.2.1, grouped by user.name ann, source.ip 192.0.2.1, since 2026-03-02T09:00:00.000Z, where memory begins")
	wantFields(t, alerts[1], "event.reason", "1 event, Act by ann from 192.0.2.2, grouped by user.name ann, source.ip 192.0.2.2, in 1 day")
}

// The alert of a rule about one event has the columns that the query makes, whatever KEEP
// leaves of the fields.
func TestMadeColumns(t *testing.T) {
	b := newBench(t, "rules", write(t, "r.toml", aggregating("now-6m", `FROM x | WHERE event.action == "Act" | DISSECT source.address "%{Esql.net}.%{}.%{}.%{}"
		| EVAL twice = CONCAT(user.name, user.name), gone = 1 | KEEP Esql.*, twice, user.name`, "")), "heartbeat", "0")
	b.mustScan(string(shortEvent("1 2/09:00:00 ann 192.0.2.1")), string(shortEvent("2 2/09:00:00 - 192.0.2.1")))
	alerts := b.wantAlerts(2)
	wantFields(t, alerts[0], "fluent_detect.columns", map[string]any{"Esql.net": "192", "twice": "annann"}, "Esql", map[string]any{"net": "192"},
		"user.name", "ann", "source.ip", "192.0.2.1", "fluent_detect.memory", nil)
	wantFields(t, alerts[1], "fluent_detect.columns", map[string]any{"Esql.net": "192"})
}

// Groups and what they know of events are bounded, and what is forgotten is counted.
func TestAggregateBounds(t *testing.T) {
	rule := aggregating("now-7d", `FROM x | STATS n = COUNT(*), v = VALUES(user_agent.original) BY user.name | WHERE n == 4097`, "")
	b := newBench(t, "rules", write(t, "r.toml", rule), "heartbeat", "0")
	var chunk []string
	for i := range 4200 { // four times the number in the query would be more
		chunk = append(chunk, string(shortEvent(fmt.Sprintf("%d 2/09:%02d:%02d ann", i, i/60%60, i%60))))
	}
	b.mustScan(chunk...)
	b.wantAlerts(1)
	if m := memoryOf(b); m.Evicted != 0 || m.Keys != 1 {
		t.Errorf("%+v", m)
	}
	b = newBench(t, "rules", write(t, "r.toml", strings.Replace(rule, "n == 4097", "MV_COUNT(v) > 400", 1)), "heartbeat", "0")
	chunk = chunk[:0]
	for i := range 500 {
		e := string(shortEvent(fmt.Sprintf("%d 2/09:%02d:%02d ann", i, i/60%60, i%60)))
		chunk = append(chunk, strings.Replace(e, "{", fmt.Sprintf(`{"userAgent":"%s %d",`, strings.Repeat("x", 5000), i), 1))
	}
	b.mustScan(chunk...)
	b.wantAlerts(0)
	if m := memoryOf(b); m.Evicted == 0 || m.Bytes > 1<<20 {
		t.Errorf("%+v", m)
	}
}

// Whatever the order of the events, how they are cut into chunks, how often they come, how
// often the process restarts or the disk fails: buckets and windows alert about the same
// groups, by the same ids where the time of an event is no part of them.
func TestSameGroupsAnyway(t *testing.T) {
	for name, query := range map[string]string{"bucket": bucketRule, "window": windowRule} {
		settings := []string{"rules", write(t, "r.toml", aggregating("now-2h", query, "")), "max_alerts", "0", "heartbeat", "0"}
		r := rand.New(rand.NewPCG(17, 17))
		var events []string
		for i := range 300 {
			user, second := r.IntN(40), r.IntN(60)
			events = append(events, string(shortEvent(fmt.Sprintf("e%d 2/09:%02d:%02d user%d 192.0.2.%d", i, user%3, second, user, r.IntN(5)))))
		}
		var want map[string]int
		for run := range 6 {
			events := slices.Clone(events)
			if run > 0 {
				r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			}
			fails := 0
			b := onDiskWithMemory(t, newDisk(func() error {
				if fails++; run > 1 && fails%3 == 0 {
					return errors.New("the disk is full")
				}
				return nil
			}), settings...)
			got := map[string]int{}
			for rest := events; len(rest) > 0; {
				n := min(1+r.IntN(20), len(rest))
				for range 1 + run%2 { // once more
					for b.scan(rest[:n]...) != nil {
						continue
					}
				}
				rest = rest[n:]
				for _, a := range b.alerts() {
					key := text(at(a, "fluent_detect.memory.group"))
					if name == "bucket" {
						key = at(a, "alert_id").(string)
					}
					got[key]++
				}
				if run%2 == 1 {
					b = b.restartWithMemory(settings...)
				}
			}
			if want == nil {
				if want = got; len(got) < 10 || len(got) > 100 {
					t.Fatalf("%s: the events are no good for this test: %d alerts", name, len(got))
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s, run %d: %v, want %v", name, run, got, want)
			}
		}
	}
}

// plainGroup is a group of a rule that aggregates, as it is described.
type plainGroup struct {
	times  []time.Time
	newest time.Time
	alert  time.Time // the newest time when it alerted
}

// add reports whether a group alerts that looks back so far, is quiet for so long and passes
// if its events do.
func (g *plainGroup) add(at time.Time, back, quiet time.Duration, passes func(times []time.Time, newest time.Time) bool) bool {
	if !g.newest.IsZero() && !at.After(g.newest.Add(-back)) {
		return false
	}
	if at.After(g.newest) {
		g.newest = at
	}
	g.times = append(g.times, at)
	var in []time.Time
	for _, t := range g.times {
		if t.After(g.newest.Add(-back)) {
			in = append(in, t)
		}
	}
	if !g.alert.IsZero() && g.alert.After(g.newest.Add(-quiet)) || !passes(in, g.newest) {
		return false
	}
	g.alert = g.newest
	return true
}

// Windows alert at the events at which a plain evaluation of their description does, whatever
// comes too late, and over restarts and chunks that come again.
func TestPlainWindows(t *testing.T) {
	for name, c := range map[string]struct {
		query       string
		back, quiet time.Duration
		passes      func(times []time.Time, newest time.Time) bool
	}{
		"window": {windowRule, 10 * time.Minute, 10 * time.Minute, func(times []time.Time, _ time.Time) bool { return len(times) >= 3 }},
		"recent": {strings.Replace(recentRule, "BY user.name, source.ip", "BY user.name", 1), 30 * time.Minute, 10 * time.Minute, func(times []time.Time, newest time.Time) bool {
			return !slices.MinFunc(times, time.Time.Compare).Before(newest.Add(-10 * time.Minute))
		}},
	} {
		settings := []string{"rules", write(t, "r.toml", aggregating(fmt.Sprintf("now-%.0fm", c.back.Minutes()), c.query, "")), "max_alerts", "0", "heartbeat", "0"}
		r := rand.New(rand.NewPCG(3, 4))
		b := onDiskWithMemory(t, newDisk(func() error {
			if r.IntN(8) == 0 {
				return errors.New("the disk is full")
			}
			return nil
		}), settings...)
		groups := map[string]*plainGroup{}
		var got, want []string
		var late uint64
		for i := range 600 {
			user := fmt.Sprintf("user%d", (i/20+r.IntN(2))%12)
			at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(i*12+r.IntN(2000)) * time.Second)
			id := fmt.Sprintf("e%d", i)
			if groups[user] == nil {
				groups[user] = &plainGroup{}
			}
			if groups[user].add(at, c.back, c.quiet, c.passes) {
				want = append(want, id)
			}
			for {
				if b.scan(string(shortEvent(id+" 2/"+at.Format("15:04:05")+" "+user))) == nil {
					break
				}
			}
			for _, a := range b.alerts() {
				got = append(got, fmt.Sprint(a["event"].(map[string]any)["id"]))
			}
			late = max(late, memoryOf(b).Late)
			if i%50 == 49 {
				b = b.restartWithMemory(settings...)
			}
		}
		if len(want) < 15 || !slices.Equal(got, want) {
			t.Errorf("%s: alerts at %v, want %v", name, got, want)
		}
		if late == 0 {
			t.Errorf("%s: nothing is late", name)
		}
	}
}

// A replay of the same events gives the same ids, without what the first run remembers.
func TestSameIDsOnReplay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rules")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, query := range []string{bucketRule, windowRule, recentRule, ratioRule} {
		rule := strings.Replace(aggregating("now-20m", query, ""), `"aggregating"`, fmt.Sprintf(`"aggregating-%d"`, i), 1)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.toml", i)), []byte(rule), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	events := memoryEvents(r, 300)
	ids := func() (list []string) {
		b := &bench{t: t, box: outbox.New("default", 64<<20), state: NewState(), now: time.Now()}
		b.consumer = b.box.Open(outbox.Filter{})
		b.openWith(withMemory, "rules", dir, "max_alerts", "0", "heartbeat", "0")
		for rest := events; len(rest) > 0; {
			n := min(1+r.IntN(30), len(rest))
			b.mustScan(rest[:n]...)
			rest = rest[n:]
		}
		for _, a := range b.alerts() {
			list = append(list, at(a, "alert_id").(string))
		}
		slices.Sort(list)
		return list
	}
	first, second := ids(), ids()
	if len(first) < 20 || !slices.Equal(first, second) {
		t.Errorf("%d ids, then %d, which are not the same", len(first), len(second))
	}
}

// An event is late if it is older than the beginning of its group's window. One at the
// beginning is outside, but not late.
func TestAggregateLate(t *testing.T) {
	rule := write(t, "r.toml", aggregating("now-10s", windowRule, ""))
	for _, c := range []struct {
		at   string
		late uint64
	}{
		{"09:00:11", 0},
		{"09:00:10", 0},
		{"09:00:09", 1},
	} {
		b := newBench(t, "rules", rule, "heartbeat", "0")
		b.mustScan(string(shortEvent("1 2/09:00:20 ann")), string(shortEvent("2 2/"+c.at+" ann")), string(shortEvent("3 2/"+c.at+" ann")))
		alerts := 0
		if c.at == "09:00:11" {
			alerts = 1
		}
		b.wantAlerts(alerts)
		if m := memoryOf(b); m.Late != 2*c.late {
			t.Errorf("%s: %d late, want %d", c.at, m.Late, 2*c.late)
		}
	}
}
