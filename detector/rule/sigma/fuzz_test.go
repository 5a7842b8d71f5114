package sigma_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/rule/sigma"
	"github.com/fluent-detect/fluent-detect/detector/rule/sigma/sigmatest"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Whatever is in a file, it is loaded, skipped or refused with a position, and what was
// loaded is a rule that compiles.
func FuzzFile(f *testing.F) {
	for _, v := range sigmatest.Own(f) {
		f.Add([]byte(v.Rule))
	}
	f.Add([]byte(head + detect + "---\n" + head + "filter: {rules: any, s: {a|windash|contains: ' -b'}, condition: not s}\n"))
	f.Add([]byte("title: c\nname: c\ncorrelation:\n  type: value_count\n  rules: [b, d]\n  group-by: [who]\n  aliases: {who: {b: userIdentity.arn}}\n  timespan: 5m\n" +
		"  condition: {field: [eventName, awsRegion], gt: 2, lte: 0x10}\n---\ntitle: d\nname: d\ncorrelation: {type: temporal_ordered, rules: [b], timespan: 1d, generate: true}\n---\nname: b\n" + head + detect))
	f.Add([]byte("title: p\ncorrelation: {type: value_percentile, rules: A trail stops, timespan: 90s, condition: {percentile: 99.5, field: a.b, neq: -1}}\n---\n" + head + detect))
	f.Add([]byte("\xef\xbb\xbftitle: x\r\ndetection: &a {b: *a}\u2028"))
	parse := sigma.Formats([]rule.LogSource{{Product: "aws", Service: "cloudtrail"}})[0].Parse
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		set, errs := parse("x.yml", text)
		for _, e := range errs {
			if e.Path != "x.yml" || e.Message == "" || e.Line < 0 || e.Line > strings.Count(string(text), "\n")+2 {
				t.Errorf("%q: %+v", text, e)
			}
		}
		if len(errs) > 0 || len(set.Rules) == 0 {
			return
		}
		path := filepath.Join(dir, "x.yml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ruleset.Load(path); err != nil && !strings.Contains(err.Error(), path+":") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// Conditions of any form are parsed or refused with a place inside of the text.
func FuzzCondition(f *testing.F) {
	for _, c := range []string{"a and not 1 of b*", "((a or b1) and all of them", "not not any of _*", "a|count() > 5", "a AND b"} {
		f.Add(c)
	}
	parse := sigma.Formats([]rule.LogSource{{Product: "aws"}})[0].Parse
	f.Fuzz(func(t *testing.T, condition string) {
		text := head + "detection:\n  a: {x: y}\n  b1: {x: z}\n  _c: {y: z}\n  condition: '" + strings.ReplaceAll(condition, "'", "''") + "'\n"
		_, errs := parse("x.yml", []byte(text))
		for _, e := range errs {
			if e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Errorf("%q: %+v", condition, e)
			}
		}
	})
}
