package detector

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/calendar"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
)

// did is an event of somebody.
type did struct {
	who     string // "alice", or "role/session"
	what    string // an action of ec2, or "service:Action"
	at      string // "15:04:05", "02 15:04:05", or a time
	account string
	from    string
	agent   string
	failed  bool
	more    string // members
	params  string
}

var didNumber int

func (d did) String() string {
	didNumber++
	service, action, ok := strings.Cut(d.what, ":")
	if !ok {
		service, action = "ec2", d.what
	}
	account := "111122223333"
	if d.account != "" {
		account = d.account
	}
	at := d.at
	switch len(at) {
	case 8:
		at = "2026-03-02T" + at + "Z"
	case 11:
		at = "2026-03-" + strings.Replace(at, " ", "T", 1) + "Z"
	}
	if d.from == "" {
		d.from = "192.0.2.1"
	}
	who := fmt.Sprintf(`"type":"IAMUser","principalId":"AIDA%s","arn":"arn:aws:iam::%s:user/%s","accountId":"%s","accessKeyId":"AKIA%s","userName":"%s"`, d.who, account, d.who, account, d.who, d.who)
	if role, session, ok := strings.Cut(d.who, "/"); ok {
		who = fmt.Sprintf(`"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":"%s","accessKeyId":"ASIA%s",`+
			`"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::%s:role/%s","userName":"%s"}}`, role, session, account, role, session, account, role, account, role, role)
	} else if d.who == "" {
		who = `"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"`
	}
	text := fmt.Sprintf(`{"eventVersion":"1.08","eventSource":"%s.amazonaws.com","eventName":"%s","eventID":"n-%d","eventTime":"%s","awsRegion":"eu-west-1","recipientAccountId":"%s","sourceIPAddress":"%s","userAgent":"%s","userIdentity":{%s},"requestParameters":{%s}`,
		service, action, didNumber, at, account, d.from, d.agent, who, d.params)
	if d.failed {
		text += `,"errorCode":"AccessDenied"`
	}
	return text + d.more + "}"
}

// pushed is a key that is pushed to an instance.
func pushed(who, at, instance string) did {
	return did{who: who, at: at, what: "ec2-instance-connect:SendSSHPublicKey", params: fmt.Sprintf(
		`"instanceId":%q,"instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkxq5NPTHo5rmBHgrwPLMaY3nQLF2tdxkuqHZ3HTEXu"`, instance)}
}

func texts(events []did) (list []string) {
	for _, e := range events {
		list = append(list, e.String())
	}
	return list
}

// contextOf returns the context of an alert without the summary, as a list of
// "name=value", in order.
func contextOf(t testing.TB, a map[string]any) string {
	t.Helper()
	c, _ := a["fluent_detect"].(map[string]any)["context"].(map[string]any)
	delete(c, "summary")
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`"`, "", ".000Z", "Z").Replace(string(b))
}

// What an alert tells of its actor.
func TestContext(t *testing.T) {
	var busy []did // days of work
	for d := 2; d < 25; d++ {
		busy = append(busy, did{who: "bob", what: "RunInstances", at: fmt.Sprintf("%02d 10:20:00", d)})
	}
	for _, c := range []struct {
		name   string
		events []did // the last one alerts
		want   string
	}{
		{"first call", []did{pushed("alice", "09:00:00", "i-1")},
			`{action:{actors:0,count:0},actor:{events:0,id:arn:aws:iam::111122223333:user/alice},address:{actors:0},before:{actions:[],events:0,failures:0,notable:[],others:0},key:{instances:1},new:[actor],since:2026-03-02T09:00:00Z,state:learning}`},
		{"the same second counts, and failures of it; the key goes to the second instance; what only this rule matches is not notable",
			[]did{pushed("alice", "09:00:00", "i-1"), pushed("alice", "09:00:00", "i-2"), pushed("alice", "09:00:00", "i-2"), {who: "alice", what: "DescribeKeys", at: "09:00:00", failed: true}, pushed("alice", "09:00:00", "i-3")},
			`{action:{actors:0,count:3,first_seen:2026-03-02T09:00:00Z,last_seen:2026-03-02T09:00:00Z},actor:{events:3,first_seen:2026-03-02T09:00:00Z,id:arn:aws:iam::111122223333:user/alice},address:{actors:0},before:{actions:[3 SendSSHPublicKey,1 DescribeKeys],events:4,failures:1,notable:[],others:0},key:{instances:3},new:[],since:2026-03-02T09:00:00Z,state:learning}`},
		{"others in the account and at the address; a serial console that somebody else opened; what is older than a quarter of an hour, or later",
			[]did{pushed("carol", "08:00:00", "i-1"), {who: "carol", what: "EnableSerialConsoleAccess", at: "08:50:00"}, {who: "alice", what: "CreateAccessKey", at: "08:44:59"}, {who: "alice", what: "StopLogging", at: "09:00:01"},
				{who: "mallory", what: "ec2-instance-connect:SendSSHPublicKey", at: "08:00:00", account: "444455556666"}, {who: "alice", what: "GetPasswordData", at: "08:45:00", failed: true}, pushed("alice", "09:00:00", "i-1")},
			`{action:{actors:1,count:0},actor:{events:2,first_seen:2026-03-02T08:44:59Z,id:arn:aws:iam::111122223333:user/alice},address:{actors:2},before:{actions:[1 GetPasswordData],events:1,failures:1,notable:[EnableSerialConsoleAccess,GetPasswordData],others:1},key:{instances:1},new:[action],since:2026-03-02T08:00:00Z,state:learning}`},
		{"who assumed the role, whose session is not the actor; a new address and client", []did{
			{who: "bob", what: "sts:AssumeRole", at: "08:30:00", more: `,"responseElements":{"credentials":{"accessKeyId":"ASIAadmin"}}`},
			{who: "admin/one", what: "RunInstances", at: "08:40:00"}, func() did {
				d := pushed("admin/two", "09:00:00", "i-1")
				d.from, d.agent = "192.0.2.9", "aws-cli/2.1"
				return d
			}()},
			`{action:{actors:0,count:0},actor:{assumed_by:arn:aws:iam::111122223333:user/bob,events:1,first_seen:2026-03-02T08:40:00Z,id:arn:aws:iam::111122223333:role/admin},address:{actors:0},before:{actions:[],events:0,failures:0,notable:[],others:0},key:{instances:1},new:[action,address,client],since:2026-03-02T08:30:00Z,state:learning}`},
		{"a key that was issued more than twelve hours ago", []did{{who: "bob", what: "sts:AssumeRole", at: "02 08:30:00", more: `,"responseElements":{"credentials":{"accessKeyId":"ASIAadmin"}}`}, pushed("admin/x", "02 20:30:01", "i-1")},
			`{action:{actors:0,count:0},actor:{events:0,id:arn:aws:iam::111122223333:role/admin},address:{actors:1},before:{actions:[],events:0,failures:0,notable:[],others:0},key:{instances:1},new:[actor],since:2026-03-02T08:30:00Z,state:learning}`},
		{"the usual hour", append(busy[:len(busy):len(busy)], pushed("bob", "26 10:59:59", "i-1")),
			`{action:{actors:0,count:0},actor:{events:23,first_seen:2026-03-02T10:20:00Z,id:arn:aws:iam::111122223333:user/bob},address:{actors:0},before:{actions:[],events:0,failures:0,notable:[],others:0},key:{instances:1},new:[action],since:2026-03-02T10:20:00Z,state:known,time:{usual:true}}`},
		{"an unusual one; others of the last seven days at the address", append(append(busy[:len(busy):len(busy)], did{who: "old", what: "X", at: "17 09:00:00"}, did{who: "new", what: "X", at: "19 23:00:00"}), pushed("bob", "26 03:00:00", "i-1")),
			`{action:{actors:0,count:0},actor:{events:23,first_seen:2026-03-02T10:20:00Z,id:arn:aws:iam::111122223333:user/bob},address:{actors:1},before:{actions:[],events:0,failures:0,notable:[],others:0},key:{instances:1},new:[action],since:2026-03-02T10:20:00Z,state:known,time:{usual:false}}`},
		{"nobody", []did{{what: "ec2-instance-connect:SendSSHPublicKey", at: "09:00:00"}, {what: "ec2-instance-connect:SendSSHPublicKey", at: "09:00:01"}},
			`{address:{actors:0},before:{others:0},since:2026-03-02T09:00:00Z}`},
	} {
		for _, together := range []bool{true, false} {
			b := newBench(t, "context", "on")
			events := texts(c.events)
			if together {
				b.mustScan(events...)
			} else {
				for _, e := range events {
					b.mustScan(e)
				}
			}
			alerts := b.alerts()
			if got := contextOf(t, alerts[len(alerts)-1]); got != c.want {
				t.Errorf("%s (together: %v):\n%s\nwant\n%s", c.name, together, got, c.want)
			}
		}
	}
}

// An alert is the same with and without context, but for the context.
func TestContextChangesNothingElse(t *testing.T) {
	events := texts([]did{pushed("alice", "09:00:00", "i-1"), {who: "alice", what: "RunInstances", at: "09:00:00"}, pushed("alice", "09:00:00", "i-2"), pushed("bob", "09:00:00", "i-2"), {what: "GetObject"}})
	events = append(events, events[0])
	with, without := newBench(t, "context", "on"), newBench(t)
	with.mustScan(events...)
	without.mustScan(events...)
	a, b := with.wantAlerts(3), without.wantAlerts(3)
	for _, one := range a {
		delete(one["fluent_detect"].(map[string]any), "context")
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%v\nwant %v", a, b)
	}
}

// Failures build no history, and names that a caller chooses make no actors.
func TestContextEvasion(t *testing.T) {
	b := newBench(t, "context", "on")
	b.mustScan(texts([]did{{who: "admin/first", what: "RunInstances", at: "08:00:00"}})...)
	for i := range 3000 {
		b.mustScan(did{who: fmt.Sprintf("admin/s%d", i), what: "RunInstances", at: "08:00:00", agent: fmt.Sprintf("tool/%d", i)}.String(),
			did{who: fmt.Sprintf("invented%d", i), what: "RunInstances", at: "08:00:00", failed: true}.String(),
			did{what: "s3:GetObject", at: "08:00:00", from: fmt.Sprintf("203.0.113.%d", i%256)}.String())
	}
	if h := b.engine.Report().History; h.Actors != 1 || h.Evicted != 0 {
		t.Errorf("%+v, want the one role", h)
	}
	b.mustScan(pushed("invented7", "09:00:00", "i-1").String())
	a := b.wantAlerts(1)[0]
	if got := contextOf(t, a); !strings.Contains(got, "new:[actor]") {
		t.Error(got)
	}
}

// What is undone leaves nothing, and the chunk that comes again counts once.
func TestContextRollback(t *testing.T) {
	b := newBench(t, "context", "on")
	chunk := texts([]did{{who: "alice", what: "RunInstances", at: "08:59:00"}, pushed("alice", "09:00:00", "i-1")})
	b.fill()
	for range 3 {
		var full *outbox.FullError
		if err := b.scan(chunk...); !errors.As(err, &full) {
			t.Fatal(err)
		}
	}
	b.drain()
	b.mustScan(chunk...)
	want := `{action:{actors:0,count:0},actor:{events:1,first_seen:2026-03-02T08:59:00Z,id:arn:aws:iam::111122223333:user/alice},address:{actors:0},before:{actions:[1 RunInstances],events:1,failures:0,notable:[],others:0},key:{instances:1},new:[action],since:2026-03-02T08:59:00Z,state:learning}`
	if got := contextOf(t, b.wantAlerts(1)[0]); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Files teach the history too, and it outlives a restart.
func TestContextOutlivesARestart(t *testing.T) {
	b := onDisk(t, newDisk(func() error { return nil }), "context", "on", "follow_up", "15m")
	if _, err := b.engine.Learn("files", chunkOf(t, texts([]did{{who: "alice", what: "RunInstances", at: "08:00:00"}, pushed("alice", "08:50:00", "i-1")})...)); err != nil {
		t.Fatal(err)
	}
	b.wantAlerts(0)
	b.engine.Close(false)
	b = b.restart(false, "context", "on", "follow_up", "15m")
	b.mustScan(pushed("alice", "09:00:00", "i-2").String())
	a := b.wantAlerts(1)[0]
	want := `{action:{actors:0,count:1,first_seen:2026-03-02T08:50:00Z,last_seen:2026-03-02T08:50:00Z},actor:{events:2,first_seen:2026-03-02T08:00:00Z,id:arn:aws:iam::111122223333:user/alice},address:{actors:0},before:{actions:[1 SendSSHPublicKey],events:1,failures:0,notable:[],others:0},key:{instances:2},new:[],since:2026-03-02T08:00:00Z,state:learning}`
	if got := contextOf(t, a); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	b.mustScan(did{who: "alice", what: "CreateUser", at: "09:01:00"}.String())
	b.engine.Close(false) // not the end: the follow-up is still to come
	b.wantAlerts(0)
	b = b.restart(false, "context", "on", "follow_up", "15m")
	b.mustScan(did{who: "alice", what: "CreateUser", at: "09:02:00"}.String())
	b.wantAlerts(0)
	b.advance(15 * time.Minute)
	b.mustScan(other)
	after := b.wantAlerts(1)[0]
	if f := after["fluent_detect"].(map[string]any); f["follow_up"].(map[string]any)["of"] != a["alert_id"] || contextOf(t, after) != `{actor:{id:arn:aws:iam::111122223333:user/alice},after:{actions:[2 CreateUser],events:2,failures:0,notable:[CreateUser]}}` ||
		after["event"].(map[string]any)["kind"] != "enrichment" || after["alert_id"] == a["alert_id"] {
		t.Errorf("%v", after)
	}
	b.mustScan(other)
	b.wantAlerts(0)
}

// A follow-up tells what the actor did after the alert until it is made, at the end of the
// program early; not what others did, and there is none if nothing happened.
func TestFollowUps(t *testing.T) {
	b := newBench(t, "context", "on", "follow_up", "10m")
	b.mustScan(texts([]did{{who: "alice", what: "RunInstances", at: "09:00:00"}, pushed("alice", "09:00:00", "i-1"), pushed("bob", "09:00:00", "i-1"),
		{who: "alice", what: "StopLogging", at: "09:00:00", failed: true}, {who: "alice", what: "RunInstances", at: "09:10:00"}, {who: "alice", what: "RunInstances", at: "09:10:01"}, {who: "alice", what: "RunInstances", at: "08:59:59"}})...)
	b.wantAlerts(2)
	b.advance(time.Minute)
	b.engine.Close(true)
	list := b.wantAlerts(1)
	want := `{actor:{id:arn:aws:iam::111122223333:user/alice},after:{actions:[1 StopLogging,1 RunInstances],events:2,failures:1,notable:[StopLogging]}}`
	if got := contextOf(t, list[0]); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if h := b.engine.Report().History; h.FollowUps != 1 || h.Pending != 0 {
		t.Errorf("%+v", h)
	}
	b.wantStats("matched 2 emitted 2 duplicate 0 capped 0 failed 0 summaries 0")
}

// The calendar says what a time is.
func TestContextCalendar(t *testing.T) {
	cal, err := calendar.Parse([]byte("hours = [\"08:00-17:00\"]\n[[maintenance]]\nname = \"patching\"\naccounts = [\"444455556666\"]\nhours = [\"08:00-10:00\"]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ at, account, want string }{{"02 09:00:00", "", "business"}, {"01 09:00:00", "", "outside"}, {"02 09:00:00", "444455556666", "maintenance:patching"}} {
		b := newBench(t, "context", "on")
		b.engine.Close(false)
		b.openWith(func(c *Config) { c.Calendar = cal }, "context", "on")
		d := pushed("alice", c.at, "i-1")
		d.account = c.account
		b.mustScan(d.String())
		if got := contextOf(t, b.wantAlerts(1)[0]); !strings.Contains(got, "time:{calendar:"+c.want+"}") {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestContextAllocatesNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that a chunk without a match allocates nothing")
	}
	b := newBench(t, "context", "on")
	var events []string
	for i := range 50 {
		events = append(events, did{who: fmt.Sprintf("user%d", i%7), what: fmt.Sprintf("Describe%d", i%9), at: "09:00:00", agent: "aws-cli/2.1"}.String(),
			did{who: fmt.Sprintf("role%d/session", i%7), what: "RunInstances", at: "09:00:00", failed: true}.String())
	}
	chunk := chunkOf(t, events...)
	scan := func() {
		if _, err := b.engine.Scan("cloudtrail", chunk); err != nil {
			t.Fatal(err)
		}
	}
	for range 700 { // the ring of recent events is full
		scan()
	}
	if n := testing.AllocsPerRun(100, scan); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
