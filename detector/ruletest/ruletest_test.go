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
