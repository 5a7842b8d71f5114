package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

const ruleID = "873b5452-074e-11ef-852e-f661ea17fbcc"

// The id is a contract: others compute it too, and it must be the same after
// every update.
func TestID(t *testing.T) {
	const account, id = `"572910899909"`, `"0968cbec-f8df-43f3-94ba-b451aad083ed"`
	for _, c := range []struct{ account, eventID, parameters string }{
		{account, id, `{"b":[2,"3 4",{"d":5,"c":6}],"a":"1"}`},
		{`572910899909`, id, `{"a":1,"b":["2","3 4",{"c":"6","d":"5"}]}`},
		{`""`, id, ``},
		{`"a"`, `"b"`, `{}`},
		{`"a"`, `"` + strings.Repeat("b", 1000) + `"`, ``},
	} {
		rec := with(t, eventFile(t, "push"), "recipientAccountId", c.account, "eventID", c.eventID, "requestParameters", c.parameters)
		parameters := ""
		if len(c.parameters) > 2 {
			parameters = "{a=1\x1eb=[2\x1e3 4\x1e{c=6\x1ed=5}]}"
		}
		identity := sum("fluent-detect/2", strings.Trim(c.account, `"`), "ec2-instance-connect.amazonaws.com", "SendSSHPublicKey",
			"2025-03-04T09:01:00Z", "arn:aws:iam::111122223333:user/maria", "203.0.113.25", parameters, strings.Trim(c.eventID, `"`))
		if got, want := UUID(idOf(t, ruleID, rec)), sum("fluent-detect/2", ruleID, identity); got != want {
			t.Errorf("account %s, event %s: %s, want %s", c.account, c.eventID, got, want)
		}
	}
}

func sum(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return hex.EncodeToString(h[:])
}

// Records that differ in what tells events apart are two events, also when they have
// the same event ID.
func TestIDOfForgedRecords(t *testing.T) {
	seen := map[string]string{}
	for member, value := range map[string]string{
		"": "", "recipientAccountId": `"1"`, "eventSource": `"a"`, "eventName": `"a"`, "eventTime": `"2025-03-04T09:01:01Z"`,
		"userIdentity.arn": `"a"`, "sourceIPAddress": `"192.0.2.1"`, "requestParameters.instanceId": `"i-1"`, "eventID": `"a"`,
		"requestParameters": `{"availabilityZone":"eu-central-1a","instanceId":"i-0123456789abcdef0 instanceOSUser=ec2-user"}`,
	} {
		rec := eventFile(t, "push")
		if member != "" {
			rec = with(t, rec, member, value)
		}
		id := UUID(idOf(t, ruleID, rec))
		if other, twice := seen[id]; twice {
			t.Errorf("with another %q the id is that with another %q", member, other)
		}
		seen[id] = member
	}
}

// The same event is the same alert however it came: in whatever envelope, with
// its members in whatever order.
func TestIDIsTheSameInEveryShape(t *testing.T) {
	quote := func(text string) string { return string(jsontext.AppendString(nil, []byte(text))) }
	for _, name := range []string{"push", "serial", "s3"} {
		for _, id := range []string{"", "without an id, "} {
			one := eventFile(t, name)
			if id != "" {
				one = with(t, one, "eventID", "")
			}
			want := idOf(t, ruleID, one)
			shapes := map[string]any{
				"records":     `{"Records":[` + one + `]}`,
				"eventbridge": `{"detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","detail":` + one + `}`,
				"text":        `{"log":` + quote(one) + `}`,
				"shuffled":    shuffle(t, one),
				"msgpack":     msgpacktest.Value(t, msgpacktest.JSON(one)),
			}
			for shape, rec := range shapes {
				if got := idOf(t, ruleID, rec); got != want {
					t.Errorf("%s, %s%s: another id", name, id, shape)
				}
			}
			if idOf(t, "another rule", one) == want {
				t.Errorf("%s: another rule has the same id", name)
			}
		}
	}
	if idOf(t, ruleID, eventFile(t, "push")) == idOf(t, ruleID, eventFile(t, "serial")) {
		t.Error("different events have the same id")
	}
}

// An event without an id stands for itself: any difference makes another alert.
func TestIDOfEventsWithoutID(t *testing.T) {
	one := with(t, eventFile(t, "push"), "eventID", "")
	seen := map[string]string{}
	for _, c := range []struct {
		name string
		rec  any
	}{
		{"as it is", one},
		{"an empty id", with(t, one, "eventID", `""`)},
		{"a second later", with(t, one, "eventTime", `"2025-03-04T09:01:01Z"`)},
		{"another key", with(t, one, "requestParameters.sSHPublicKey", `"ssh-ed25519 B"`)},
		{"a number instead of a text", with(t, one, "requestParameters.instanceId", `5`)},
		{"the text of that number", with(t, one, "requestParameters.instanceId", `"5"`)},
		{"a list", with(t, one, "requestParameters.instanceId", `["5"]`)},
		{"a list of two", with(t, one, "requestParameters.instanceId", `["5","6"]`)},
		{"in another order", with(t, one, "requestParameters.instanceId", `["6","5"]`)},
		{"a truth", with(t, one, "requestParameters.instanceId", `true`)},
		{"a null", with(t, one, "requestParameters.instanceId", `null`)},
		{"an object", with(t, one, "requestParameters.instanceId", `{"5":null}`)},
		{"bytes that are not UTF-8", msgpacktest.Value(t, msgpacktest.Members{"eventName", "X", "eventSource", "y", "a", "\xff"})},
		{"others", msgpacktest.Value(t, msgpacktest.Members{"eventName", "X", "eventSource", "y", "a", "\xfe"})},
		{"deep", `{"eventName":"X","a":` + strings.Repeat(`[`, 100) + `1` + strings.Repeat(`]`, 100) + `}`},
		{"another deep one", `{"eventName":"X","a":` + strings.Repeat(`[`, 100) + `2` + strings.Repeat(`]`, 100) + `}`},
	} {
		id := UUID(idOf(t, ruleID, c.rec))
		if other, twice := seen[id]; twice {
			t.Errorf("%s and %s have the same id", c.name, other)
		}
		seen[id] = c.name
	}
}

// shuffle returns the JSON object with the members of all objects in some other
// order.
func shuffle(t testing.TB, text string) string {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var write func(v any) string
	write = func(v any) string {
		var parts []string
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				key, _ := json.Marshal(name)
				parts = append(parts, string(key)+":"+write(value))
			}
			r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			return "{" + strings.Join(parts, " , ") + "}"
		case []any:
			for _, value := range v {
				parts = append(parts, write(value))
			}
			return "[" + strings.Join(parts, ",") + "]"
		}
		text, _ := json.Marshal(v)
		return string(text)
	}
	return write(v)
}
