package alert

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// pushWith returns the pushed key's event as msgpack, with members that JSON
// cannot say.
func pushWith(t *testing.T, members ...any) []byte {
	t.Helper()
	m := msgpacktest.Members{
		"eventSource", "ec2-instance-connect.amazonaws.com", "eventName", "SendSSHPublicKey",
		"eventTime", "2025-03-04T09:01:00Z", "eventID", "0b0f7a1c-0001-4000-8000-000000000001",
		"recipientAccountId", "111122223333",
	}
	return msgpacktest.Value(t, append(m, members...))
}

// TestHostile makes alerts of events that were written to do harm. Whatever is
// in them, the alert comes out, in a form that others take.
func TestHostile(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"a":[`, n) + `1` + strings.Repeat(`]}`, n)
	}
	long := strings.Repeat("x", 1<<20)
	push := eventFile(t, "push")
	wide := msgpacktest.Members{}
	for i := range 300 {
		wide = append(wide, fmt.Sprint("key", i), i)
	}
	var manyARNs []any
	for range 100_000 {
		manyARNs = append(manyARNs, map[string]any{"ARN": "arn:aws:s3:::example"})
	}
	tests := []struct {
		name  string
		event any
		want  []string
	}{
		{"a user agent of 1 MB", with(t, push, "userAgent", `"`+long+`"`),
			[]string{"user_agent.original", `"` + long[:maxUserAgent] + `"`}},
		{"every text of 1 MB", with(t, push, "userAgent", `"`+long+`"`, "userIdentity.userName", `"`+long+`"`, "requestParameters.instanceOSUser", `"`+long+`"`,
			"requestParameters.sSHPublicKey", `"`+long+`"`, "errorMessage", `"`+long+`"`, "requestID", `"`+long+`"`),
			[]string{"user.name", `"` + long[:maxText] + `"`, "aws.cloudtrail.flattened.request_parameters", "", "fluent_detect.integrity", `["unreadable_key","long_parameters","truncated"]`}},
		{"control characters", with(t, push, "userAgent", `"a\u0000b\n\u001b[31mc\u009b\u202e"`, "userIdentity.userName", `"ma\nria\u0000\u007f"`),
			[]string{"user_agent.original", `"a\u0000b\n\u001b[31mc` + "\u009b\u202e" + `"`, "user.name", `"ma\nria\u0000` + "\u007f" + `"`,
				"event.reason", `"SSH public key pushed to i-0123456789abcdef0 for ec2-user by ma?ria?? from 203.0.113.25"`}},
		{"texts that turn a terminal's line around", with(t, push, "userIdentity.userName", `"\u202eairam\u2028\u009b31m\u200b"`),
			[]string{"event.reason", `"SSH public key pushed to i-0123456789abcdef0 for ec2-user by ?airam??31m? from 203.0.113.25"`}},
		{"invalid UTF-8", pushWith(t, "userAgent", "a\xff\xfeb\xc3", "userIdentity", msgpacktest.Members{"userName", "m\x80", "type", "IAMUser"}),
			[]string{"user_agent.original", `"a` + "\ufffd" + `b` + "\ufffd" + `"`, "user.name", `"m` + "\ufffd" + `"`,
				"event.reason", `"SSH public key pushed by m?"`}},
		{"half a character at the cut", pushWith(t, "errorMessage", strings.Repeat("é", maxText), "userAgent", strings.Repeat("é", maxUserAgent)),
			[]string{"aws.cloudtrail.error_message", `"` + strings.Repeat("é", maxText/2) + `"`, "user_agent.original", `"` + strings.Repeat("é", maxUserAgent/2) + `"`}},
		{"bin for str", pushWith(t, "userAgent", []byte("agent"), "userIdentity", map[string]any{"userName": []byte("maria")}),
			[]string{"user_agent.original", `"agent"`, "user.name", `"maria"`}},
		{"keys that are not names", pushWith(t, "requestParameters", msgpacktest.Members{5, "number", nil, "nil", "nul\x00", "x", "\xff", "y", "", "empty", true, 1}),
			[]string{"aws.cloudtrail.flattened.request_parameters", `{"":"empty","5":"number","null":"nil","nul` + "\ufffd" + `":"x","true":1,"` + "\ufffd" + `":"y"}`}},
		{"keys twice", pushWith(t, "requestParameters", msgpacktest.Members{"instanceId", "i-first", "instanceId", "i-second", "a", msgpacktest.Members{"b", 1, "b", 2}}),
			[]string{"aws.cloudtrail.flattened.request_parameters", `{"a":{"b":1},"instanceId":"i-first"}`,
				"cloud.target.instance.id", `["i-first","i-second"]`, "fluent_detect.integrity", `["duplicate_key"]`}},
		{"members twice", pushWith(t, "userAgent", "first", "userAgent", "second", "eventID", "another"),
			[]string{"user_agent.original", `["first","second"]`, "event.id", `["0b0f7a1c-0001-4000-8000-000000000001","another"]`, "fluent_detect.integrity", `["duplicate_key"]`}},
		{"keys that become the same when they are cleaned", pushWith(t, "requestParameters", msgpacktest.Members{"\xfe", 1, "\xff", 2}),
			[]string{"aws.cloudtrail.flattened.request_parameters", `{"` + "\ufffd" + `":1}`}},
		{"hundreds of keys, twice each", pushWith(t, "requestParameters", append(wide, wide...)), []string{"fluent_detect.integrity", `["duplicate_key"]`}},
		{"an object without end", with(t, push, "requestParameters", deep(50)),
			[]string{"aws.cloudtrail.flattened.request_parameters", deep(10)[:60] + `null` + deep(10)[61:]}},
		{"keys that are too long for an index with their value", pushWith(t, "requestParameters", msgpacktest.Members{
			strings.Repeat("\x00", 2100), msgpacktest.Members{strings.Repeat("k", 2100), msgpacktest.Members{"far", strings.Repeat("\xff", maxText)}, "near", "text"}}),
			[]string{"aws.cloudtrail.flattened.request_parameters", `{"` + strings.Repeat("\ufffd", 2100) + `":{"` + strings.Repeat("k", 2100) + `":null,"near":"text"}}`}},
		{"numbers that JSON does not have", pushWith(t, "requestParameters", msgpacktest.Members{"nan", math.NaN(), "inf", math.Inf(1), "big", uint64(math.MaxUint64), "small", int64(math.MinInt64)}),
			[]string{"aws.cloudtrail.flattened.request_parameters", `{"big":18446744073709551615,"inf":null,"nan":null,"small":-9223372036854775808}`}},
		{"numbers and truths for texts", with(t, push, "recipientAccountId", `111122223333`, "awsRegion", `7`, "requestID", `1.5`, "userIdentity.userName", `true`, "eventVersion", `1.08`),
			[]string{"aws.cloudtrail.recipient_account_id", `"111122223333"`, "cloud.region", `"7"`, "aws.cloudtrail.request_id", `"1.5"`, "user.name", `"true"`, "aws.cloudtrail.event_version", `"1.08"`}},
		{"objects for texts", with(t, push, "awsRegion", `{"a":1}`, "userIdentity", `"maria"`, "sourceIPAddress", `{}`, "requestParameters", `"text"`, "responseElements", `[1,2]`, "tlsDetails", `[[]]`),
			[]string{"cloud.region", "", "user", "", "source", "", "aws.cloudtrail.flattened", ""}},
		{"texts for truths and times", with(t, push, "readOnly", `"maybe"`, "userIdentity.sessionContext", `{"attributes":{"creationDate":"soon"}}`),
			[]string{"aws.cloudtrail.read_only", "", "aws.cloudtrail.user_identity.session_context", ""}},
		{"texts of truths", with(t, push, "readOnly", `"false"`), []string{"aws.cloudtrail.read_only", "false"}},
		{"a list without end", msgpacktest.Value(t, msgpacktest.Members{"eventSource", "s3.amazonaws.com", "eventName", "X", "resources", manyARNs}), nil},
		{"a document in ECS form with odd types", `{"event":{"provider":"ec2.amazonaws.com","action":"X","id":{"a":1}},"source":{"ip":"here","address":["203.0.113.1","203.0.113.2"]},"user":"maria","user.name":["a","b"],"@timestamp":"never","aws":{"cloudtrail":{"read_only":"perhaps","request_parameters":{"a":1}}}}`,
			[]string{"source.ip", "", "source.address", `["203.0.113.1","203.0.113.2"]`, "related.ip", "", "user.name", `["a","b"]`, "aws.cloudtrail.read_only", "",
				"aws.cloudtrail.request_parameters", "", "event.start", "", "event.id", ""}},
		{"a key that is not a key", with(t, push, "requestParameters.sSHPublicKey", `"ssh-ed25519 not-base64 comment"`),
			[]string{"fluent_detect.key", "", "related.hash", "", "fluent_detect.integrity", `["unreadable_key"]`}},
		{"a key that lies about its type", with(t, push, "requestParameters.sSHPublicKey", `"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIPEZ86klqS5O/seeCGjxikIeAJCgcbEXWMUOHCepgXAa"`),
			[]string{"fluent_detect.key.type", `"ssh-ed25519"`, "fluent_detect.key.fingerprint", `"SHA256:xDGoKZ0Bq53jb7HoSfaWvgceZHP5kGq74dHyDijOddQ"`}},
		{"parameters that were too large for CloudTrail", with(t, push, "requestParameters", `{"omitted":true,"originalSize":120000,"reason":"requestParameters too large"}`),
			[]string{"cloud.target", "", "event.reason", `"SSH public key pushed by maria from 203.0.113.25"`, "fluent_detect.integrity", `["omitted_parameters"]`}},
		{"no parameters", with(t, push, "requestParameters", `null`, "responseElements", ``),
			[]string{"aws.cloudtrail.flattened", "", "fluent_detect.key", "", "fluent_detect.integrity", `[]`}},
		{"no eventID", with(t, push, "eventID", ``), []string{"event.id", "", "fluent_detect.integrity", `["missing_event_id"]`}},
		{"no eventTime", with(t, push, "eventTime", ``),
			[]string{"event.start", "", "fluent_detect.latency_ms", "", "fluent_detect.key.expires", "", "fluent_detect.integrity", `["missing_event_time"]`}},
		{"an eventTime that is none", with(t, push, "eventTime", `"2025-13-41T99:00:00Z"`), []string{"event.start", "", "fluent_detect.integrity", `["missing_event_time"]`}},
		{"an eventTime in the future", with(t, push, "eventTime", `"2030-01-01T00:00:00Z"`),
			[]string{"event.start", `"2030-01-01T00:00:00.000Z"`, "fluent_detect.latency_ms", "-152376299700", "fluent_detect.integrity", `["future_event_time"]`}},
		{"an eventTime at the end of time", with(t, push, "eventTime", `"9999-12-31T23:59:59Z"`), []string{"event.start", "", "fluent_detect.key.expires", "", "fluent_detect.latency_ms", "", "fluent_detect.integrity", `["missing_event_time"]`}},
		{"an eventTime with a zone and digits", with(t, push, "eventTime", `"2025-03-04T10:01:00.1239+01:00"`), []string{"event.start", `"2025-03-04T09:01:00.123Z"`}},
		{"nothing but a name", `{"eventName":"SendSSHPublicKey"}`,
			[]string{"event.reason", `"SSH public key pushed"`, "user", "", "source", "", "fluent_detect.integrity", `["missing_event_id","missing_event_time"]`}},
	}
	r := builtin(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, f := range formats {
				checkAlert(t, f, makeAlert(t, r, f, test.event))
			}
			decode(t, makeAlert(t, r, FormatECS, test.event)).want(t, test.want...)
		})
	}
}

// The chunk's own time is the host's word, and may be anything.
func TestArrivalTimes(t *testing.T) {
	r := builtin(t)
	for _, sec := range []int64{math.MinInt64, -1, 0, math.MaxInt32, math.MaxInt64} {
		m := NewMaker(r, testObserver, FormatECS, testFields)
		a := testArrival
		a.Read = time.Unix(sec, 0)
		var alert []byte
		visit(t, eventFile(t, "push"), func(e *event.Event) { alert = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), a) })
		checkAlert(t, FormatECS, alert)
	}
}

// An alert must not hold on to the event: Fluent Bit unmaps it.
func TestAlertIsACopy(t *testing.T) {
	r := builtin(t)
	for _, f := range formats {
		rec := msgpacktest.Value(t, msgpacktest.JSON(eventFile(t, "push")))
		m := NewMaker(r, testObserver, f, testFields)
		var alert []byte
		visit(t, rec, func(e *event.Event) { alert = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), testArrival) })
		for i, v := range m.doc.values {
			if v.kind != absent {
				t.Errorf("%s: the Maker keeps slot %d of the event", f, i)
			}
		}
		before := string(alert)
		for i := range rec {
			rec[i] = 0xc1
		}
		if string(alert) != before {
			t.Errorf("%s: the alert changed with the event", f)
		}
		// And the Maker is clean for the next one.
		again := makeAlert(t, r, f, eventFile(t, "serial"))
		visit(t, eventFile(t, "serial"), func(e *event.Event) { alert = m.Make(alert[:0], idFor(r.ID, e), e, subjectOf(e), testArrival) })
		if string(alert) != string(again) {
			t.Errorf("%s: the second alert of a Maker is not the first one of another", f)
		}
	}
}

func TestEventTime(t *testing.T) {
	const ms = 1741078860123
	at := time.Date(2025, 3, 4, 9, 1, 0, 123e6, time.UTC)
	for _, c := range []struct {
		value any
		want  time.Time
	}{
		{"2025-03-04T09:01:00.123Z", at},
		{[]byte("2025-03-04T09:01:00.123Z"), at},
		{" 2025-03-04T10:01:00.123456789+01:00\n", at.Add(456789)},
		{"1741078860123", at},
		{ms, at},
		{float64(ms), at},
		{"1970-01-01T00:00:00Z", time.Unix(0, 0)},
		{"9998-12-31T23:59:59Z", time.Date(9998, 12, 31, 23, 59, 59, 0, time.UTC)},

		{"1969-12-31T23:59:59Z", time.Time{}},
		{"9999-01-01T00:00:00Z", time.Time{}},
		{"0001-01-01T00:00:00Z", time.Time{}},
		{"2025-03-04", time.Time{}},
		{"2025-02-30T09:01:00Z", time.Time{}},
		{"", time.Time{}},
		{"-1", time.Time{}},
		{"99999999999999999999", time.Time{}},
		{-1, time.Time{}},
		{int64(math.MaxInt64), time.Time{}},
		{uint64(math.MaxUint64), time.Time{}},
		{math.NaN(), time.Time{}},
		{math.Inf(1), time.Time{}},
		{1e300, time.Time{}},
		{-1.5, time.Time{}},
		{nil, time.Time{}},
		{true, time.Time{}},
		{map[string]any{}, time.Time{}},
	} {
		if got := event.ParseTime(valueOf(t, msgpacktest.Value(t, c.value))); !got.Equal(c.want) {
			t.Errorf("%v: %v, want %v", c.value, got, c.want)
		}
	}
}
