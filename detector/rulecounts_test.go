package detector

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/alert"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// Outcomes are counted by rule, across reloads.
func TestRuleStats(t *testing.T) {
	b := newBench(t, "max_alerts", "3/1h")
	b.mustScan(push(1), push(2), push(1), other)
	b.wantAlerts(2)
	b.fill()
	if err := b.scan(push(3), push(3)); err == nil {
		t.Fatal("a full outbox took alerts")
	}
	b.drain()
	b.mustScan(push(3), push(4))
	got := b.engine.Report().Rules
	if len(got) != 1 {
		t.Fatalf("%d rules", len(got))
	}
	r := got[0]
	if r.Outcomes.Matched() != 5 || r.Outcomes.Alerts() != 3 || r.Outcomes[stats.Duplicate] != 1 || r.Outcomes[stats.Capped] != 1 || r.ID != "873b5452-074e-11ef-852e-f661ea17fbcc" {
		t.Errorf("%+v", r)
	}
	b.engine.Close(false)
	b.open()
	if again := b.engine.Report().Rules[0]; again.Outcomes.Alerts() != 3 || again.Outcomes[stats.Duplicate] != 1 {
		t.Errorf("after a reload: %+v", again)
	}
}

func TestNoDedup(t *testing.T) {
	b := newBench(t)
	config := b.engine.config
	config.NoDedup = true
	rules, err := ruleset.Load("builtin")
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(config, rules, Host{Outbox: b.box, Observer: alert.Observer{Version: "test", Hostname: "host"}, State: NewState()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(true)
	if _, err := e.Scan("cloudtrail", chunkOf(t, push(1), push(1))); err != nil {
		t.Fatal(err)
	}
	all := b.wantAlerts(2)
	if all[0]["alert_id"] != all[1]["alert_id"] {
		t.Error("the same event has two ids")
	}
	if s := e.Report(); s.Outcomes[stats.Duplicate] != 0 || s.Outcomes[stats.Emitted] != 2 {
		t.Errorf("%+v", s)
	}
}
