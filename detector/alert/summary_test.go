package alert

import (
	"slices"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
)

func summary() Summary {
	begin := time.Date(2025, 3, 4, 9, 0, 0, 0, time.UTC)
	return Summary{
		Cap: hold.Rate{Max: 100, Per: 5 * time.Minute},
		Held: hold.Held{
			Begin: begin, End: begin.Add(5 * time.Minute), Count: 1234,
			First: begin.Add(-time.Minute), Last: begin.Add(3 * time.Minute),
			Attributes: []hold.Distinct{
				{Name: "instances", Values: []string{"i-0123456789abcdef0", "i-0123456789abcdef1"}},
				{Name: "keys", Values: []string{printEd25519}},
				{Name: "users", Values: []string{"maria", "ja\xffn"}, More: true},
				{Name: "actions", Values: []string{"SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"}},
			},
		},
	}
}

func TestSummary(t *testing.T) {
	r := builtin(t)
	now := time.Date(2025, 3, 4, 9, 5, 0, 0, time.UTC)
	for _, f := range formats {
		m := NewMaker(r, testObserver, f, testFields)
		// What an alert leaves behind must not be in the summary.
		visit(t, eventFile(t, "push"), func(e *event.Event) { m.Make(nil, idFor(r.ID, e), e, subjectOf(e), testArrival) })
		key, alert := m.MakeSummary(nil, summary(), now)
		checkAlert(t, f, alert)
		d := decode(t, alert)
		const reason = `"1234 more alerts of this rule were held back from 2025-03-04T09:00:00.000Z to 2025-03-04T09:05:00.000Z: the cap is 100/5m; calls: SendSSHPublicKey, SendSerialConsoleSSHPublicKey"`
		if f == FormatOCSF {
			d.want(t, "finding_info.uid", `"`+UUID(key)+`"`, "finding_info.desc", reason, "count", "1234", "time", "1741079100000",
				"start_time", "1741078740000", "end_time", "1741078980000",
				"resources", `[{"type":"AWS::EC2::Instance","uid":"i-0123456789abcdef0"},{"type":"AWS::EC2::Instance","uid":"i-0123456789abcdef1"}]`,
				"observables", `[{"name":"resources.uid","type":"Resource UID","type_id":10,"value":"i-0123456789abcdef0"},`+
					`{"name":"resources.uid","type":"Resource UID","type_id":10,"value":"i-0123456789abcdef1"},`+
					`{"type":"User Name","type_id":4,"value":"maria"},{"type":"User Name","type_id":4,"value":"ja`+"\ufffd"+`n"},`+
					`{"type":"SSH Public Key Fingerprint","type_id":99,"value":"`+printEd25519+`"}]`,
				"evidences", `[{"api":{"operation":"SendSSHPublicKey"}}]`, "message", reason)
			continue
		}
		d.want(t, "alert_id", `"`+UUID(key)+`"`, "alert_rule", `"`+r.Slug()+`"`, "alert_severity", `"medium"`,
			"event.kind", `"alert"`, "event.dataset", `"fluent_detect.alert"`, "@timestamp", `"2025-03-04T09:05:00.000Z"`,
			"event.start", `"2025-03-04T08:59:00.000Z"`, "event.end", `"2025-03-04T09:03:00.000Z"`,
			"event.reason", reason,
			"event.action", `["SendSSHPublicKey","SendSerialConsoleSSHPublicKey"]`, "user", "", "fluent_detect.key", "",
			"rule.name", `"`+r.Name+`"`,
			"cloud.target.instance.id", `["i-0123456789abcdef0","i-0123456789abcdef1"]`,
			"related.user", `["maria","ja`+"\ufffd"+`n"]`, "related.hash", `["`+printEd25519+`"]`,
			"fluent_detect.summary", `{"actions":2,"count":1234,"first":"2025-03-04T08:59:00.000Z","instances":2,`+
				`"interval":{"begin":"2025-03-04T09:00:00.000Z","end":"2025-03-04T09:05:00.000Z"},`+
				`"keys":1,"kind":"capped","last":"2025-03-04T09:03:00.000Z","more":true,"users":2}`)
	}
}

func TestSummaryOfSuppression(t *testing.T) {
	s := summary()
	s.Cap, s.By = hold.Rate{}, []string{"user.name: maria", "source.ip: 203.0.113.25"}
	_, alert := NewMaker(builtin(t), testObserver, FormatECS, testFields).MakeSummary(nil, s, testArrival.Now)
	decode(t, alert).want(t,
		"fluent_detect.summary.kind", `"suppressed"`,
		"fluent_detect.summary.by", `["user.name: maria","source.ip: 203.0.113.25"]`,
		"event.reason", `"1234 more alerts of this rule were suppressed from 2025-03-04T09:00:00.000Z to 2025-03-04T09:05:00.000Z: they resemble one that came out (user.name: maria, source.ip: 203.0.113.25); calls: SendSSHPublicKey, SendSerialConsoleSSHPublicKey"`)
}

// A summary says that it does not know everybody.
func TestSummaryOfTooManyPrincipals(t *testing.T) {
	s := summary()
	s.Attributes = []hold.Distinct{{Name: "actions", Values: slices.Repeat([]string{"X"}, 9)}, {Name: hold.Unnamed, More: true}}
	_, alert := NewMaker(builtin(t), testObserver, FormatECS, testFields).MakeSummary(nil, s, testArrival.Now)
	decode(t, alert).want(t,
		"event.reason", `"1234 more alerts of this rule were held back from 2025-03-04T09:00:00.000Z to 2025-03-04T09:05:00.000Z: the cap is 100/5m; `+
			`calls: X, X, X, X, X, X, X, X and others; there were more than 10000 principals, of some there is no alert"`,
		"fluent_detect.summary.more", "true")
}

// Each rule, host, group and interval has a summary of its own, and the same
// one when it has to be made again.
func TestSummaryID(t *testing.T) {
	r := builtin(t)
	id := func(change func(*Summary), o Observer) string {
		s := summary()
		change(&s)
		key, _ := NewMaker(r, o, FormatECS, testFields).MakeSummary(nil, s, testArrival.Now)
		return UUID(key)
	}
	same := func(*Summary) {}
	ids := []string{
		id(same, testObserver),
		id(same, Observer{Hostname: "another"}),
		id(func(s *Summary) { s.Begin = s.Begin.Add(time.Nanosecond) }, testObserver),
		id(func(s *Summary) { s.By = []string{"a"} }, testObserver),
		id(func(s *Summary) { s.By = []string{"a", "b"} }, testObserver),
		id(func(s *Summary) { s.By = []string{"b", "a"} }, testObserver),
	}
	r = anything(t)
	ids = append(ids, id(same, testObserver))
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 7 {
		t.Errorf("%d ids, want 7", n)
	}
	r = builtin(t)
	if id(same, testObserver) != id(func(s *Summary) { s.Count++ }, testObserver) {
		t.Error("the id depends on more than what the summary is of")
	}
}
