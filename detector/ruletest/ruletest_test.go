package ruletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// TestBuiltinRules runs the tests that the built-in rules carry.
func TestBuiltinRules(t *testing.T) {
	rules, err := ruleset.Load("builtin")
	if err != nil {
		t.Fatal(err)
	}
	if err := Run(rules); err != nil {
		t.Error(err)
	}
	n := 0
	for _, r := range rules.Rules {
		n += len(r.Extension.Tests)
	}
	if n < 20 {
		t.Errorf("only %d tests", n)
	}
}

// TestRuleTests: each test alone, in any shape, every failure with its place.
func TestRuleTests(t *testing.T) {
	const head = `[rule]
rule_id = "00000000-0000-4000-8000-000000000001"
name = "Trails"
description = "d"
author = ["a"]
severity = "low"
risk_score = 21
type = "query"
language = "kuery"
query = "event.action: StopLogging"

[fluent_detect]
suppress_by = ["event.action"]
suppress_for = "1h"
`
	const stop = `{"eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","eventID":"1"}`
	test := func(name, expect, event string) string {
		return fmt.Sprintf("\n[[fluent_detect.test]]\nname = %q\nexpect = %q\nevent = '''%s'''\n", name, expect, event)
	}
	path := filepath.Join(t.TempDir(), "trails.toml")
	f := func(want []string, tests ...string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(head+strings.Join(tests, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		rules, err := ruleset.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := Run(rules); err != nil {
			got = strings.ReplaceAll(err.Error(), filepath.ToSlash(path), "trails.toml")
		}
		if all := strings.Join(want, "\n"); got != all {
			t.Errorf("got\n%s\nwant\n%s", got, all)
		}
	}
	f(nil)
	f(nil,
		test("one", "alert", stop), test("the same again, in spite of deduplication and suppression", "alert", stop),
		test("in an envelope", "alert", `{"Records":[`+stop+`]}`), test("a line", "alert", `{"log":"{\"eventName\":\"StopLogging\"}"}`),
		test("a list", "alert", `[`+stop+`]`), test("other", "none", `{"eventName":"StartLogging"}`), test("nothing of ours", "none", `5`))
	f([]string{
		`trails.toml:16: rule "Trails", test "a": expected no alert, got one`,
		`trails.toml:21: rule "Trails", test "b": expected an alert, got none`,
		`trails.toml:31: rule "Trails", test "d": expected no alert, got 2`,
	}, test("a", "none", stop), test("b", "alert", `{"eventName":"stoplogging"}`), test("c", "alert", stop), test("d", "none", `[`+stop+`,{"eventName":"StopLogging","sourceIPAddress":"192.0.2.1"}]`))
}

// A test may have several events, each with its time and what it expects.
func TestRuleTestsWithEvents(t *testing.T) {
	const head = `[rule]
rule_id = "00000000-0000-4000-8000-000000000002"
name = "Failures"
severity = "low"
risk_score = 21
language = "kuery"
from = "now-6m"
query = "event.action: Act"
`
	const threshold = head + `type = "threshold"
[rule.threshold]
field = ["user.name"]
value = 2
`
	const terms = head + `type = "new_terms"
[rule.new_terms]
field = "new_terms_fields"
value = ["user.name"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
[fluent_detect]
learn_for = "2d"
`
	event := func(id, user, more string) string {
		return fmt.Sprintf("[[fluent_detect.test.events]]\nevent = '{\"eventName\":\"Act\",\"eventSource\":\"x.amazonaws.com\",\"eventID\":\"%s\",\"userIdentity\":{\"userName\":\"%s\"}}'\n%s\n", id, user, more)
	}
	at := func(clock, expect string) string {
		text := fmt.Sprintf("time = %q", clock)
		if expect != "" {
			text += fmt.Sprintf("\nexpect = %q", expect)
		}
		return text
	}
	for _, c := range []struct{ rule, events, want string }{
		{threshold, event("1", "ann", at("2026-03-02T09:00:00Z", "")) + event("2", "ann", at("2026-03-02T09:06:01Z", "none")) + event("3", "ann", at("2026-03-02T09:06:00Z", "alert")), ""},
		{threshold, event("1", "ann", at("2100-03-02T09:00:00Z", "")) + event("2", "ann", at("2100-03-02T09:06:01Z", "")) + event("3", "ann", at("2100-03-02T09:12:01Z", "alert")), ""},
		{threshold, event("1", "ann", at("2026-03-02T09:00:00Z", "")) + event("2", "ann", at("2026-03-02T09:06:01Z", "alert")) + event("3", "ann", at("2026-03-02T09:06:00Z", "none")),
			`r.toml:18: rule "Failures", test "t": event 2: expected an alert, got none`},
		{threshold, event("1", "ann", "") + event("2", "ann", `expect = "alert"`), ""},
		{terms, event("1", "ann", at("2026-03-02T09:00:00Z", "alert")) + event("2", "ann", at("2026-03-09T09:00:00Z", "")) + event("3", "ann", at("2026-03-16T09:00:01Z", "alert")), ""},
		{terms, event("1", "ann", at("noon", "alert")), `"noon" is not a time such as "2026-03-02T09:00:00Z"`},
		{terms, "event = '{}'\nexpect = \"none\"\n" + event("1", "ann", ""), `belongs to each of the events`},
		{terms, "[[fluent_detect.test.events]]\nevent = '[1]'\ntime = \"2026-03-02T09:00:00Z\"\n", "write the time into it"},
		{terms, "[[fluent_detect.test.events]]\ntime = \"2026-03-02T09:00:00Z\"\n", "events[0].event: is missing"},
	} {
		path := filepath.Join(t.TempDir(), "r.toml")
		if err := os.WriteFile(path, []byte(c.rule+"[[fluent_detect.test]]\nname = \"t\"\n"+c.events), 0o600); err != nil {
			t.Fatal(err)
		}
		rules, err := ruleset.Load(path)
		if err == nil {
			err = Run(rules)
		}
		if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot %v, want %q", c.events, err, c.want)
		}
	}
}
