package envelope

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// ask reads a body, msgpack, and returns the values of a field of all events in
// it, as JSON with blanks between.
func ask(t *testing.T, body []byte, field string) (values string, seen Seen) {
	t.Helper()
	var got []string
	f := schema.Field(field)
	r := NewReader(schema, func(e *event.Event) {
		for _, v := range e.Values(f) {
			got = append(got, string(jsontext.AppendJSON(nil, v)))
		}
	})
	end, seen, err := r.Read(body, 0)
	if err != nil || end != len(body) {
		t.Fatalf("Read = %d of %d, %v", end, len(body), err)
	}
	return strings.Join(got, " "), seen
}

// A key that occurs twice gives its values in any order, at every depth and in
// every envelope, and the event says that it has one.
func TestRepeatedKeys(t *testing.T) {
	const a, b, odd = `"eventName":"A"`, `"eventName":"B"`, `"eventName":null`
	eventOf := func(members ...string) string {
		return `{"eventSource":"ec2.amazonaws.com",` + strings.Join(members, ",") + `}`
	}
	for _, c := range []struct{ name, line, field, want string }{
		{"first", eventOf(a, b), "event.action", `"A" "B"`},
		{"last", eventOf(b, a), "event.action", `"B" "A"`},
		{"empty ones between", eventOf(odd, a, odd, b, odd), "event.action", `"A" "B"`},
		{"of another type", eventOf(`"eventName":7`, a, `"eventName":["B"]`), "event.action", `7 "A" "B"`},
		{"eventSource", `{"eventSource":"s3.amazonaws.com",` + a + `,"eventSource":"ec2.amazonaws.com"}`, "event.provider", `"s3.amazonaws.com" "ec2.amazonaws.com"`},
		{"one of AWS's own notices", `{"eventSource":"aws:sqs",` + a + `,"eventSource":"ec2.amazonaws.com"}`, "event.provider", `"aws:sqs" "ec2.amazonaws.com"`},
		{"in an object", eventOf(a, `"userIdentity":{"type":"Root","type":"IAMUser"}`), "aws.cloudtrail.user_identity.type", `"Root" "IAMUser"`},
		{"an object", eventOf(a, `"userIdentity":{"type":"Root"},"userIdentity":{"type":"IAMUser"}`), "aws.cloudtrail.user_identity.type", `"Root" "IAMUser"`},
		{"an object and null", eventOf(a, `"requestParameters":{"k":1},"requestParameters":null`), "aws.cloudtrail.flattened.request_parameters.k", `1`},
		{"deep in the parameters", eventOf(a, `"requestParameters":{"x":[{"k":1,"k":2}]}`), "aws.cloudtrail.flattened.request_parameters.x.k", `1 2`},
		{"in the text of the parameters", eventOf(a, `"requestParameters":{"x":{"k":1,"k":2}}`), "aws.cloudtrail.request_parameters", `"{x={k=2}}" "{x={k=1}}"`},
		{"errorCode", eventOf(a, `"errorCode":"x","errorCode":null`), "event.outcome", `"success" "failure"`},
		{"errorCode, the other way round", eventOf(a, `"errorCode":null,"errorCode":"x"`), "event.outcome", `"success" "failure"`},

		{"records", `{"Records":[` + eventOf(a) + `],"Records":[` + eventOf(b) + `]}`, "event.action", `"A" "B"`},
		{"records and nothing", `{"Records":7,"Records":[` + eventOf(a) + `],"Records":[]}`, "event.action", `"A"`},
		{"detail", `{"detail":{},"detail":` + eventOf(a) + `,"detail":` + eventOf(b) + `}`, "event.action", `"A" "B"`},
		{"lines", `{"log":"x","log":` + quote(eventOf(a)) + `,"log":` + quote(eventOf(b)) + `}`, "event.action", `"A" "B"`},
		{"event.original", `{"event":{"original":"x","original":` + quote(eventOf(a)) + `},"event":{}}`, "event.action", `"A"`},
		{"data", `{"records":[{"data":"","data":` + quote(encode64(eventOf(a))) + `}]}`, "event.action", `"A"`},
		{"in unparsed text", `{"log":` + quote(eventOf(a, `"event\u004eame":"B"`)) + `}`, "event.action", `"A" "B"`},
		{"an event in ECS form", `{"event":{"action":"A","provider":"p","action":"B"},"event.action":"C","event":{"action":"D"}}`, "event.action", `"A" "B" "D" "C"`},
	} {
		packed := msgpacktest.Value(t, msgpacktest.JSON(c.line))
		if got, seen := ask(t, packed, c.field); got != c.want || seen.Unreadable != 0 {
			t.Errorf("%s: %s\n%s = %s, %+v\nwant %s", c.name, c.line, c.field, got, seen, c.want)
		}
		carrier := c.line[2:9] == "Records" || strings.Contains(c.line[:9], "detail") || strings.Contains(c.line[:9], "log") ||
			strings.Contains(c.line, "original") || strings.Contains(c.line, "records")
		r := NewReader(schema, func(e *event.Event) {
			if !carrier && !e.HasDuplicates() {
				t.Errorf("%s: HasDuplicates says no", c.name)
			}
		})
		if _, _, err := r.Read(packed, 0); err != nil {
			t.Error(err)
		}
	}
	for _, line := range msgpacktest.Lines() {
		readLine(t, NewReader(schema, func(e *event.Event) {
			if e.HasDuplicates() {
				t.Errorf("HasDuplicates says yes of %s", line)
			}
		}), line)
	}
}

// Names and values are compared as a whole, whatever bytes are in them and
// however msgpack encodes them.
func TestOddBytes(t *testing.T) {
	members := func(name, value any) []byte {
		return msgpacktest.Value(t, msgpacktest.Members{"eventSource", "ec2.amazonaws.com", name, value})
	}
	long := func(header ...byte) msgpacktest.Raw { return append(header, "eventName"...) }
	for _, c := range []struct {
		name string
		body []byte
		want string
	}{
		{"a NUL behind", members("eventName", "A\x00"), `"A\u0000"`},
		{"a line end behind", members("eventName", "A\n"), `"A\n"`},
		{"no UTF-8", members("eventName", "A\xff\xc3"), "\"A\ufffd\ufffd\""},
		{"bin", members("eventName", []byte("A")), `"A"`},
		{"an ext", members("eventName", msgpacktest.Ext{Type: 5, Data: []byte("A")}), `"ext:5:41"`},
		{"a map", members("eventName", msgpacktest.JSON(`{"a":"A"}`)), `{"a":"A"}`},
		{"key as bin", members([]byte("eventName"), "A"), `"A"`},
		{"key as str8", members(long(0xd9, 9), "A"), `"A"`},
		{"key as str16", members(long(0xda, 0, 9), "A"), `"A"`},
		{"key as str32", members(long(0xdb, 0, 0, 0, 9), "A"), `"A"`},
		{"key as ext", members(msgpacktest.Ext{Type: 5, Data: []byte("eventName")}, "A"), ``},
		{"key with a NUL", members("eventName\x00", "A"), ``},
		{"key in capitals", members("EVENTNAME", "A"), `"A"`},
		{"key that begins as one of ours does", members("eventNam", "A"), ``},
		{"key that is longer", members("eventNames", "A"), ``},
		{"keys that are not text", msgpacktest.Value(t, msgpacktest.Members{nil, 1, 5, 2, true, 3, []any{"x"}, 4, msgpacktest.JSON("{}"), 5, "eventName", "A"}), `"A"`},
	} {
		if got, _ := ask(t, c.body, "event.action"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// nested returns n arrays or maps in each other around a text.
func nested(n int, open string) msgpacktest.Raw {
	return msgpacktest.Raw(strings.Repeat(open, n) + "\xa1x")
}

// What lies too deep is not there for a rule, and counted when one looks for it.
func TestDeepNesting(t *testing.T) {
	for _, open := range []string{"\x91", "\x81\xa1a"} {
		for _, n := range []int{event.MaxDepth - 2, event.MaxDepth + 2, 100_000} {
			body := msgpacktest.Value(t, msgpacktest.Members{"eventName", "A", "eventSource", "s", "requestParameters", msgpacktest.Members{"k", nested(n, open)}, "userIdentity", nested(n, open)})
			for _, field := range []string{"aws.cloudtrail.request_parameters", "aws.cloudtrail.flattened.request_parameters", "aws.cloudtrail.flattened.request_parameters.k"} {
				got, seen := ask(t, body, field)
				if strings.HasPrefix(got, "{") { // an object is a value, whatever is in it
					continue
				}
				if shallow := n < event.MaxDepth; strings.Contains(got, "x") != shallow || (seen.Unreadable == 0) != shallow {
					t.Errorf("%d times %q: %s = %.80s, %+v", n, open, field, got, seen)
				}
			}
			if got, seen := ask(t, body, "event.action"); got != `"A"` || seen.Unreadable != 0 {
				t.Errorf("%d times %q: %s, %+v", n, open, got, seen)
			}
			r := NewReader(schema, func(e *event.Event) {
				if v, _, err := msgpack.Read(e.AppendECS(nil), 0); err != nil || v.Kind() != msgpack.Map || e.HasDuplicates() {
					t.Errorf("%d times %q: %v, %v", n, open, v.Kind(), err)
				}
			})
			if _, _, err := r.Read(body, 0); err != nil {
				t.Error(err)
			}
		}
	}
	for _, carrier := range []string{"Records", "detail", "log", "event", "records", "Message", "kinesis"} {
		body := msgpacktest.Value(t, msgpacktest.Members{carrier, nested(100_000, "\x91"), carrier, nested(100_000, "\x81\xa1a")})
		if got, seen := ask(t, body, "event.action"); got != "" || seen.Events != 0 {
			t.Errorf("%s: %s, %+v", carrier, got, seen)
		}
		again := strings.Repeat("\x81"+string(msgpacktest.Value(t, carrier)), 1000) + "\x80"
		if _, seen := ask(t, []byte(again), "event.action"); seen.Events != 0 {
			t.Errorf("%s in itself: %+v", carrier, seen)
		}
	}
}

// Lengths that promise more than there is are errors of the record, and end at
// its end within a text.
func TestLyingLengths(t *testing.T) {
	good := msgpacktest.Value(t, msgpacktest.JSON(eventA))
	for cut := range len(good) {
		n := 0
		r := NewReader(schema, func(*event.Event) { n++ })
		if _, _, err := r.Read(good[:cut], 0); err == nil || n > 0 {
			t.Errorf("cut at %d: %v, %d events", cut, err, n)
		}
	}
	for _, code := range []byte{0xdb, 0xc6, 0xc9, 0xdd, 0xdf} {
		lie := append(msgpacktest.Value(t, msgpacktest.Members{"eventName", "A", "log", msgpacktest.Raw{}}), code)
		lie = binary.BigEndian.AppendUint32(lie, 0xffffffff)
		if _, _, err := NewReader(schema, func(*event.Event) {}).Read(lie, 0); err == nil {
			t.Errorf("a length of 2^32-1 behind %#x is believed", code)
		}
	}
}

// Members beyond counting cost what their bytes cost, not their square.
func TestHugeMaps(t *testing.T) {
	const n = 200_000
	var wide, repeated, parameters msgpacktest.Members
	for i := range n {
		wide = append(wide, fmt.Sprintf("key%d", i), i)
		repeated = append(repeated, "eventName", "B")
		parameters = append(parameters, fmt.Sprintf("key%d", i%(n/2)), "v")
	}
	event := msgpacktest.Members{"eventSource", "ec2.amazonaws.com", "eventName", "A", "requestParameters", parameters}
	if got, seen := ask(t, msgpacktest.Value(t, append(wide, event...)), "event.action"); got != `"A"` || seen.Unreadable != 0 {
		t.Errorf("many members: %.40s, %+v", got, seen)
	}
	if got, seen := ask(t, msgpacktest.Value(t, append(repeated, event...)), "event.action"); len(got) > 4*n/100 || seen.Unreadable != 1 {
		t.Errorf("a member %d times: %d bytes of values, %+v", n, len(got), seen)
	}
	if got, _ := ask(t, msgpacktest.Value(t, event), "aws.cloudtrail.request_parameters"); len(got) < 2*n {
		t.Errorf("many parameters: %d bytes of text", len(got))
	}
	// One key so often that not every value of it is shown in a text.
	event = msgpacktest.Members{"eventSource", "s", "eventName", "A", "requestParameters", repeated}
	if got, seen := ask(t, msgpacktest.Value(t, event), "aws.cloudtrail.request_parameters"); strings.Count(got, "eventName") != 17 || seen.Unreadable != 1 {
		t.Errorf("a parameter %d times: %d texts, %+v", n, strings.Count(got, "eventName"), seen)
	}
}

// Text that is broken in many places costs a few times its length, and not its square.
func TestBrokenTextIsBounded(t *testing.T) {
	for _, line := range []string{
		`{"eventName":"A`, `{"eventName":[`, `{"eventName":{"a":[`, `{"`, `{":`, `{":1,"":`, `{"a":1,"b":[{`, `{"\"`, `{"Records":[`, `[{"a":[`,
	} {
		for _, last := range []string{eventA, escaped(eventA)} { // is read or counted
			text := strings.Repeat(line+"\n", 20_000) + last + "\n"
			body := msgpacktest.Value(t, msgpacktest.Members{"log", text})
			r := NewReader(schema, func(*event.Event) {})
			begin := time.Now()
			_, seen, err := r.Read(body, 0)
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("%q: a text of %d bytes takes %v", line, len(body), took)
			}
			if strings.Contains(line, "eventName") && seen.Unreadable == 0 || seen.Events == 0 && seen.Unreadable == 0 {
				t.Errorf("%q: %+v", line, seen)
			}
			if least := -2 * len(body); r.budget.effort < least || r.spanning < least {
				t.Errorf("%q: %+v and %d are left of a text of %d", line, r.budget, r.spanning, len(body))
			}
		}
	}
	body := msgpacktest.Value(t, msgpacktest.Members{"log", eventA})
	r := NewReader(schema, func(*event.Event) {})
	if _, _, err := r.Read(body, 0); err != nil || r.budget.effort < (maxDecoding-2)*len(body) {
		t.Errorf("%d of %d are left after %d bytes of text, %v", r.budget.effort, maxDecoding*len(body), len(eventA), err)
	}
}
