package elastic

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// memoryRule returns a rule of that type, whose own keys begin in line 10.
func memoryRule(kind, keys string) string {
	return strings.Replace(minimal, `"query"`, `"`+kind+`"`, 1) + "from = 'now-6m'\n" + keys
}

const (
	terms  = "[rule.new_terms]\nfield = 'new_terms_fields'\nvalue = ['user.name', 'source.ip']\n"
	start  = "[[rule.new_terms.history_window_start]]\nfield = 'history_window_start'\nvalue = 'now-7d'\n"
	counts = "[rule.threshold]\nfield = ['user.name']\nvalue = 3\n"
)

func TestParseMemory(t *testing.T) {
	hours := func(n time.Duration) time.Duration { return n * time.Hour }
	for _, c := range []struct {
		text string
		want rule.Memory // without places
	}{
		{memoryRule("new_terms", terms+start), rule.Memory{Kind: rule.NewTerms, Fields: []string{"user.name", "source.ip"}, Window: hours(7 * 24)}},
		{memoryRule("new_terms", terms+start+"[fluent_detect]\nwindow = '10m'\nlearn_for = '0'\n"),
			rule.Memory{Kind: rule.NewTerms, Fields: []string{"user.name", "source.ip"}, Window: 10 * time.Minute}},
		{memoryRule("new_terms", "new_terms_fields = ['user.name']\nhistory_window_start = 'now-1w'\n"),
			rule.Memory{Kind: rule.NewTerms, Fields: []string{"user.name"}, Window: hours(7 * 24)}},
		{memoryRule("threshold", counts),
			rule.Memory{Kind: rule.Threshold, Fields: []string{"user.name"}, Window: 6 * time.Minute, Count: 3, HoldOff: 5 * time.Minute}},
		{memoryRule("threshold", "interval = '1h'\n"+counts+"[[rule.threshold.cardinality]]\nfield = 'source.ip'\nvalue = 2\n[rule.alert_suppression.duration]\nvalue = 2\nunit = 'h'\n"),
			rule.Memory{Kind: rule.Threshold, Fields: []string{"user.name"}, Window: 6 * time.Minute, Count: 3, DistinctOf: "source.ip", Distinct: 2, HoldOff: hours(2)}},
		{memoryRule("threshold", "[rule.threshold]\nfield = []\nvalue = 1\ncardinality = []\n[fluent_detect]\nwindow = '1h'\nhold_off = '0'\n"),
			rule.Memory{Kind: rule.Threshold, Window: hours(1), Count: 1}},
		{memoryRule("threshold", "threshold = { field = 'user.name', value = 1 }\n"),
			rule.Memory{Kind: rule.Threshold, Fields: []string{"user.name"}, Window: 6 * time.Minute, Count: 1, HoldOff: 5 * time.Minute}},
	} {
		set, errs := kuery.parseTOML("x", []byte(c.text))
		if len(errs) > 0 || len(set.Rules) != 1 {
			t.Errorf("%s\n%v", c.text, errs)
			continue
		}
		got := *set.Rules[0].Memory
		got.FieldsAt, got.DistinctAt = rule.Place{}, rule.Place{}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got: %+v\nwant: %+v", c.text, got, c.want)
		}
	}
}

// Wrong combinations are refused, with their places.
func TestMemoryErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{memoryRule("new_terms", ""), "x:1:2: new_terms_fields: is missing, must be a list of fields, or a table new_terms must have them\n" +
			"x:1:2: history_window_start: is missing, must be a time such as \"now-7d\", or a table new_terms must have it"},
		{memoryRule("new_terms", terms), "x:10:7: new_terms.history_window_start: is missing, must be a list of one table"},
		{memoryRule("new_terms", terms+start+start), "x:16:18: new_terms.history_window_start[1]: is the second one; a rule has one history window"},
		{memoryRule("new_terms", terms+strings.Replace(start, "now-7d", "now-6m", 1)),
			"x:15:9: new_terms.history_window_start[0].value: the history window, now-6m, must be longer than what one run looks at, from = \"now-6m\""},
		{memoryRule("new_terms", terms+start+"[fluent_detect]\nwindow = '5m'\n"),
			"x:17:10: fluent_detect.window: the history window, 5m, must be longer than what one run looks at, from = \"now-6m\""},
		{memoryRule("new_terms", strings.Replace(terms, "'source.ip'", "'a', 'b', 'c'", 1)+start), "x:12:9: new_terms.value: has 4 fields, the maximum is 3"},
		{memoryRule("new_terms", terms+start+"[fluent_detect]\nhold_off = '5m'\n"),
			"x:17:1: fluent_detect.hold_off: belongs to rules of type \"threshold\", and this one is of type \"new_terms\""},
		{strings.Replace(memoryRule("threshold", counts), "now-6m", "now/d", 1),
			"x:9:8: from: \"now/d\" is not the beginning of a window: must be now- with a whole number from 1 and a unit, s, m, h, d or w, as in \"now-6m\""},
		{memoryRule("threshold", ""), "x:1:2: threshold: is missing, must be a table with field and value"},
		{memoryRule("threshold", strings.Replace(counts, "3", "0", 1)), "x:12:9: threshold.value: is 0, must be an integer from 1"},
		{memoryRule("threshold", counts+"[[rule.threshold.cardinality]]\nfield = 'user.name'\nvalue = 2\n"),
			"x:14:9: threshold.cardinality[0].field: \"user.name\" is a field that events are grouped by: each group has one value of it"},
		{memoryRule("threshold", counts+"[[rule.threshold.cardinality]]\nfield = 'a'\nvalue = 2\n[[rule.threshold.cardinality]]\nfield = 'b'\nvalue = 2\n"),
			"x:16:18: threshold.cardinality[1]: is the second one; the distinct values of one field are counted"},
		{memoryRule("threshold", counts+"[rule.alert_suppression]\ngroup_by = ['user.name']\n[rule.alert_suppression.duration]\nvalue = 1\nunit = 'h'\n"),
			"x:14:1: alert_suppression.group_by: a rule of type \"threshold\" is suppressed by the fields of its threshold; only duration is allowed"},
		{memoryRule("query", counts), "x:10:7: threshold: belongs to rules of type \"threshold\", and this one is of type \"query\""},
		{memoryRule("query", "[fluent_detect]\nlearn_for = '1h'\n"),
			"x:11:1: fluent_detect.learn_for: belongs to rules of type \"new_terms\", and this one is of type \"query\""},
	} {
		set, errs := kuery.parseTOML("x", []byte(c.text))
		if got := errs.Error(); got != c.want || len(set.Rules) > 0 {
			t.Errorf("%s\n got: %s\nwant: %s", c.text, got, c.want)
		}
	}
}
