package detector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stateful"
)

// short returns events as shortEvent reads them.
func short(lines ...string) (events []string) {
	for _, line := range lines {
		events = append(events, string(shortEvent(line)))
	}
	return events
}

// limitGroups lets each rule of a bench, which are in that file, remember so many groups
// only.
func (b *bench) limitGroups(path string, n int) {
	set, err := ruleset.Load(path)
	if err != nil {
		b.t.Fatal(err)
	}
	var rules []*rule.Rule
	for _, r := range set.Rules {
		rules = append(rules, r.Rule)
	}
	b.state.mu.Lock()
	defer b.state.mu.Unlock()
	b.state.memory.Use(rules, stateful.Limits{Terms: n, Groups: n, Lateness: time.Hour})
}

// What holds for the memory of all rules, shown for sequences.
func TestSequenceMemory(t *testing.T) {
	rules := write(t, "r.toml", sequence)
	open := func(t *testing.T, more ...string) *bench {
		return onDiskWithMemory(t, newDisk(func() error { return nil }), append([]string{"rules", rules, "heartbeat", "0"}, more...)...)
	}
	t.Run("an event that is excepted is in no sequence", func(t *testing.T) {
		b := open(t, "exceptions", exceptionFile(t, "sequence", "user.name: ann and event.id: 1", "2999-12-31"))
		b.mustScan(short("1 2/09:00:00 ann", "other2 2/09:01:00 ann")...)
		b.wantAlerts(0)
		if m := memoryOf(b); m.Keys > 1 {
			t.Errorf("%d keys are remembered", m.Keys)
		}
		b.mustScan(short("3 2/09:02:00 ann", "other4 2/09:03:00 ann")...)
		wantFields(t, b.wantAlerts(1)[0], "fluent_detect.memory.event_ids", []string{"3", "other4"})
	})
	t.Run("an event that no step matches changes nothing", func(t *testing.T) {
		b := open(t)
		b.mustScan(strings.Replace(short("1 2/09:00:00 ann")[0], `"Act"`, `"act"`, 1))
		if m := memoryOf(b); m.Keys != 0 {
			t.Errorf("%d keys are remembered", m.Keys)
		}
	})
	t.Run("the time of the events decides and what nothing touches for maxspan and the lateness is forgotten", func(t *testing.T) {
		for wait, alerts := range map[time.Duration]int{70*time.Minute - time.Second: 1, 70*time.Minute + 2*time.Second: 0} {
			b := open(t)
			b.mustScan(short("1 2/09:00:00 ann")...)
			b.advance(wait)
			b.mustScan(short("other2 2/09:01:00 ann")...)
			b.wantAlerts(alerts)
		}
	})
	t.Run("the events of an alert above the maximum are used all the same", func(t *testing.T) {
		b := open(t, "max_alerts", "1/5m")
		b.mustScan(short("1 2/09:00:00 ann", "other2 2/09:01:00 ann")...)
		b.wantAlerts(1)
		b.mustScan(short("3 2/09:00:00 ann", "other4 2/09:01:30 ann")...)
		alerts := b.alerts()
		b.advance(6 * time.Minute)
		b.mustScan(short("other5 2/09:02:00 ann")...)
		for _, a := range append(alerts, b.alerts()...) { // a summary of what was held back, no sequence
			if at(a, "fluent_detect.memory.event_ids") != nil {
				t.Errorf("an alert about %v", at(a, "fluent_detect.memory.event_ids"))
			}
		}
		b.mustScan(short("6 2/09:03:00 ann", "other7 2/09:04:00 ann")...)
		b.wantAlerts(1)
	})
	t.Run("memory belongs to the rule with its keys and its query", func(t *testing.T) {
		for _, c := range []struct {
			old, new string
			alerts   int
		}{
			{`name = "Rule sequence"`, `name = "Another name"`, 1},
			{"severity = \"low\"", "severity = \"high\"", 1},
			{`rule_id = "sequence"`, `rule_id = "other"`, 0},
			{"by user.name", "by user.name, event.provider", 0},
			{`"Other*"`, `"Oth*"`, 0},
		} {
			b := open(t)
			b.mustScan(short("1 2/09:00:00 ann")...)
			changed := write(t, "r.toml", strings.Replace(sequence, c.old, c.new, 1))
			b = b.restartWithMemory("rules", changed, "heartbeat", "0")
			b.mustScan(short("other2 2/09:01:00 ann")...)
			b.wantAlerts(c.alerts)
			if said := strings.Contains(strings.Join(b.warned, "\n"), "begins anew"); said != (c.alerts == 0 && !strings.HasPrefix(c.old, "rule_id")) {
				t.Errorf("%s: %q", c.new, b.warned)
			}
		}
	})
	t.Run("a full memory forgets the keys that were not touched for longest and counts them", func(t *testing.T) {
		b := open(t)
		b.limitGroups(rules, 2)
		for _, user := range []string{"ann", "bob", "cid"} {
			b.mustScan(short(user + " 2/09:00:00 " + user)...)
			b.advance(time.Second)
		}
		if m := memoryOf(b); m.Keys != 2 || m.Evicted != 1 {
			t.Errorf("%d keys, %d forgotten", m.Keys, m.Evicted)
		}
		b.mustScan(short("other1 2/09:01:00 bob", "other2 2/09:01:00 cid")...)
		b.wantAlerts(2)
		b.mustScan(short("other3 2/09:01:00 ann")...)
		b.wantAlerts(0)
	})
	t.Run("files that are learned from are no part of a sequence", func(t *testing.T) {
		b := open(t)
		if _, err := b.engine.Learn("files", chunkOf(t, short("1 2/09:00:00 ann")...)); err != nil {
			t.Fatal(err)
		}
		b.mustScan(short("other2 2/09:01:00 ann")...)
		b.wantAlerts(0)
	})
}

// Groups, and the values that they are told apart by, are bounded, and what is forgotten
// or left out is counted.
func TestGroupBounds(t *testing.T) {
	t.Run("groups", func(t *testing.T) {
		rules := write(t, "r.toml", aggregating("now-10m", windowRule, ""))
		b := newBench(t, "rules", rules, "heartbeat", "0")
		b.limitGroups(rules, 3)
		for _, user := range []string{"ann", "bob", "cid", "dan", "eve"} {
			b.mustScan(short(user+"1 2/09:00:00 "+user, user+"2 2/09:00:01 "+user)...)
			b.advance(time.Second)
		}
		if m := memoryOf(b); m.Keys != 3 || m.Evicted != 2 {
			t.Errorf("%d groups, %d forgotten", m.Keys, m.Evicted)
		}
		b.mustScan(short("a 2/09:00:02 ann", "e 2/09:00:02 eve")...)
		wantFields(t, b.wantAlerts(1)[0], "event.id", "e")
	})
	t.Run("distinct values are exact up to the bound", func(t *testing.T) {
		for _, c := range []struct {
			values, want int
			forgotten    bool
		}{{1500, 1500, false}, {1499, 0, false}, {6000, 0, true}} {
			least := max(c.want, 1500)
			if c.forgotten {
				least = 5000
			}
			b := newBench(t, "rules", write(t, "r.toml", aggregating("now-1d", `FROM x | STATS d = COUNT_DISTINCT(event.id) BY user.name | WHERE d >= `+text(least), "")), "heartbeat", "0")
			var chunk []string
			for i := range c.values {
				chunk = append(chunk, string(shortEvent(text(i)+" 2/09:00:00 ann")))
			}
			b.mustScan(chunk...)
			alerts := b.alerts()
			switch m := memoryOf(b); {
			case c.want == 0 && len(alerts) > 0, c.want > 0 && len(alerts) != 1:
				t.Errorf("%d values: %d alerts", c.values, len(alerts))
			case c.want > 0:
				wantFields(t, alerts[0], "event.id", text(c.want-1), "fluent_detect.columns.d", c.want)
			case m.Evicted > 0 != c.forgotten || m.Bytes > 1<<20:
				t.Errorf("%d values: %+v", c.values, m)
			}
		}
	})
	t.Run("an event is in the group of each value of a key and of each pair", func(t *testing.T) {
		query := `FROM x | STATS n = COUNT(*) BY aws.cloudtrail.resources.arn, user.name | WHERE n == 2 | KEEP n, aws.cloudtrail.resources.arn, user.name`
		b := newBench(t, "rules", write(t, "r.toml", aggregating("now-1d", query, "")), "heartbeat", "0", "max_alerts", "0")
		event := func(id, user string, arns ...string) string {
			e := string(shortEvent(id + " 2/09:00:00 " + user))
			return strings.Replace(e, "{", `{"resources":[{"ARN":"`+strings.Join(arns, `"},{"ARN":"`)+`"}],`, 1)
		}
		b.mustScan(event("1", "ann", "a", "b", "a"), event("2", "ann", "b", "c"), event("3", "bob", "a", "b"), event("4", "ann", "a"))
		alerts := b.wantAlerts(2)
		wantFields(t, alerts[0], "event.id", "2", "fluent_detect.memory.group", map[string]any{"aws.cloudtrail.resources.arn": "b", "user.name": "ann"})
		wantFields(t, alerts[1], "event.id", "4", "fluent_detect.memory.group", map[string]any{"aws.cloudtrail.resources.arn": "a", "user.name": "ann"})
		pairs := strings.Replace(query, "user.name", "aws.cloudtrail.resources.account_id", 2)
		b = newBench(t, "rules", write(t, "r.toml", aggregating("now-1d", pairs, "")), "heartbeat", "0")
		var many []string
		for i := range 40 {
			many = append(many, fmt.Sprintf(`{"ARN":"arn%d","accountId":"%d"}`, i, i))
		}
		b.mustScan(strings.Replace(string(shortEvent("5 2/09:00:00 ann")), "{", `{"resources":[`+strings.Join(many, ",")+"],", 1))
		if m := memoryOf(b); m.Keys != stateful.MaxCombinations || m.Beyond != 40*40-stateful.MaxCombinations {
			t.Errorf("%d groups, %d left out", m.Keys, m.Beyond)
		}
	})
}

// BenchmarkLargeGroup is a chunk of 1,000 events of one group that has 10,000 already.
func BenchmarkLargeGroup(b *testing.B) {
	for name, query := range map[string]string{
		"count":    `FROM x | STATS n = COUNT(*) BY user.name | WHERE n > 100000`,
		"distinct": `FROM x | STATS n = COUNT_DISTINCT(event.id), m = MIN(@timestamp) BY user.name | WHERE n > 100000 AND m IS NOT NULL`,
		"values":   `FROM x | STATS v = VALUES(event.id) BY user.name | WHERE MV_COUNT(v) > 100000`,
	} {
		b.Run(name, func(b *testing.B) {
			bench := newBench(b, "rules", write(b, "r.toml", aggregating("now-1d", query, "")), "heartbeat", "0")
			n := 0
			chunk := func() (events []string) {
				for range 1000 {
					at := time.Date(2026, 3, 2, 0, 0, n/10, 0, time.UTC)
					events = append(events, string(shortEvent(text(n)+" 2/"+at.Format("15:04:05")+" ann")))
					n++
				}
				return events
			}
			for range 10 {
				bench.mustScan(chunk()...)
			}
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				events := chunk()
				b.StartTimer()
				bench.mustScan(events...)
			}
		})
	}
}
