package alert

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// fuzzMembers are the members that FuzzMake writes to, by dotted paths.
var fuzzMembers = []string{
	"", // the whole record
	"eventTime", "eventID", "eventName", "eventSource", "recipientAccountId", "awsRegion", "sourceIPAddress", "userAgent",
	"userIdentity", "userIdentity.type", "userIdentity.userName", "userIdentity.arn", "userIdentity.sessionContext",
	"userIdentity.sessionContext.attributes.creationDate", "userIdentity.onBehalfOf",
	"requestParameters", "requestParameters.instanceId", "requestParameters.instanceOSUser", "requestParameters.sSHPublicKey",
	"requestParameters.userName", "requestParameters.instancesSet", "responseElements", "additionalEventData", "resources",
	"tlsDetails", "errorCode", "errorMessage", "readOnly", "eventVersion", "event", "user", "source",
}

var fuzzEvents = []string{"push", "serial", "older", "s3", "iam", "console-login", "ec2", "located"}

// FuzzMake puts something into an event: a str, a bin, JSON or msgpack, in the
// place of a member or beside it. No alert of it may panic, each is one that
// others take, and the id depends on nothing but what the event says.
func FuzzMake(f *testing.F) {
	for i := range fuzzEvents {
		for j := range fuzzMembers {
			f.Add(uint8(i), uint8(j), uint8(j), []byte(`{"a":["b\u0000",1.5,null,true]}`))
		}
	}
	for i, line := range msgpacktest.Lines() {
		f.Add(uint8(i), uint8(0), uint8(2), []byte(line))
	}
	events := map[string]msgpacktest.Members{}
	for _, name := range fuzzEvents {
		events[name] = membersOf(f, eventFile(f, name))
	}
	var makers []*Maker
	for _, format := range formats {
		makers = append(makers, NewMaker(builtin(f), testObserver, format, testFields), NewMaker(anything(f), testObserver, format, testFields))
	}
	f.Fuzz(func(t *testing.T, which, member, as uint8, data []byte) {
		var put any
		switch as % 4 {
		case 0:
			put = string(data)
		case 1:
			put = data
		case 2:
			decoded, end, err := jsontext.AppendMsgpack(nil, data)
			if err != nil || end != len(data) {
				return
			}
			put = msgpacktest.Raw(decoded)
		case 3:
			if _, end, err := msgpack.Read(data, 0); err != nil || end != len(data) {
				return
			}
			put = msgpacktest.Raw(data)
		}
		path := fuzzMembers[int(member)%len(fuzzMembers)]
		body := msgpacktest.Value(t, put)
		if path != "" {
			body = msgpacktest.Value(t, putAt(events[fuzzEvents[int(which)%len(fuzzEvents)]], strings.Split(path, "."), put, as&4 != 0))
		} else if v := valueOf(t, body); v.Kind() != msgpack.Map {
			return
		}
		fuzzBody(t, makers[int(as>>3)%len(makers)], body)
	})
}

// fuzzBody makes the alerts of one record.
func fuzzBody(t *testing.T, m *Maker, body []byte) {
	ids := func(body []byte) (ids []hold.Key) {
		visit(t, body, func(e *event.Event) { ids = append(ids, idFor(ruleID, e).Alert) })
		return ids
	}
	if v := valueOf(t, body); isFaithful(v) {
		first, again := ids(body), ids(reverse(nil, v))
		for i := range first {
			if !slices.Contains(again, first[i]) {
				t.Errorf("event %d: another id with the members in another order", i)
			}
		}
	}
	visit(t, body, func(e *event.Event) {
		id := idFor(m.Rule().ID, e)
		alert := m.Make(nil, id, e, subjectOf(e), testArrival)
		checkAlert(t, m.format, alert)
		if n := visit(t, alert, func(*event.Event) {}); n > 0 {
			t.Errorf("%s: the alert would be evaluated again", m.format)
		}
		if again := m.Make(nil, id, e, subjectOf(e), testArrival); string(again) != string(alert) {
			t.Errorf("%s: the same event made another alert", m.format)
		}
	})
}

// membersOf reads a JSON object, with its order kept.
func membersOf(t testing.TB, text string) (m msgpacktest.Members) {
	t.Helper()
	body, _, err := jsontext.AppendMsgpack(nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return innerMembers(valueOf(t, body))
}

func innerMembers(v msgpack.Value) (m msgpacktest.Members) {
	for pairs := v.Members(); ; {
		key, value, ok := pairs.Next()
		if !ok {
			return m
		}
		m = append(m, string(key.Bytes()))
		if value.Kind() == msgpack.Map {
			m = append(m, innerMembers(value))
			continue
		}
		var w writer
		w.begin(nil)
		w.object(value, maxDepth)
		m = append(m, msgpacktest.Raw(w.end()))
	}
}

// putAt returns m with a value at a path: in the place of the one that is there,
// or, with beside, as a second member of the same name.
func putAt(m msgpacktest.Members, path []string, value any, beside bool) msgpacktest.Members {
	m = slices.Clone(m)
	for i := 0; i < len(m); i += 2 {
		if m[i] != path[0] {
			continue
		}
		inner, isMap := m[i+1].(msgpacktest.Members)
		switch {
		case len(path) > 1 && isMap:
			m[i+1] = putAt(inner, path[1:], value, beside)
			return m
		case len(path) == 1 && !beside:
			m[i+1] = value
			return m
		}
	}
	if len(path) > 1 {
		value = putAt(nil, path[1:], value, beside)
	}
	return append(m, path[0], value)
}

// reverse appends v with the members of all maps in reverse, headers as wide as
// they can be and str instead of bin.
func reverse(dst []byte, v msgpack.Value) []byte {
	var w writer
	switch v.Kind() {
	case msgpack.Map:
		dst = append(dst, 0xdf, byte(v.Len()>>24), byte(v.Len()>>16), byte(v.Len()>>8), byte(v.Len()))
		var members [][]byte
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				break
			}
			members = append(members, reverse(reverse(nil, key), value))
		}
		for i := range members {
			dst = append(dst, members[len(members)-1-i]...)
		}
		return dst
	case msgpack.Array:
		dst = append(dst, 0xdd, byte(v.Len()>>24), byte(v.Len()>>16), byte(v.Len()>>8), byte(v.Len()))
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return dst
			}
			dst = reverse(dst, element)
		}
	case msgpack.Str, msgpack.Bin:
		n := v.Len()
		return append(append(dst, 0xdb, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)), v.Bytes()...)
	}
	w.begin(dst)
	w.object(v, 1)
	return w.end()
}

// isFaithful reports whether reverse says the same as v: no key is there twice,
// when the order decides, there are no values that a writer replaces, and no texts
// with brackets that make the text of an object ambiguous.
func isFaithful(v msgpack.Value) bool {
	switch v.Kind() {
	case msgpack.Map:
		seen := map[string]bool{}
		for m := v.Members(); ; {
			key, value, ok := m.Next()
			if !ok {
				return true
			}
			if !isFaithful(key) || !key.IsText() || seen[string(key.Bytes())] || !isFaithful(value) {
				return false
			}
			seen[string(key.Bytes())] = true
		}
	case msgpack.Array:
		for e := v.Elements(); ; {
			element, ok := e.Next()
			if !ok {
				return true
			}
			if !isFaithful(element) {
				return false
			}
		}
	case msgpack.Float:
		return v.Float() == v.Float() && v.Float()-v.Float() == 0
	case msgpack.Ext:
		return false
	case msgpack.Str, msgpack.Bin:
		return isBalanced(v.Bytes())
	}
	return true
}

// isBalanced reports whether each bracket in a text is closed.
func isBalanced(text []byte) bool {
	var open []byte
	for _, c := range text {
		switch c {
		case '{', '[':
			open = append(open, c+2)
		case '}', ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}
