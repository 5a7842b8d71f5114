package alert

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

func withContext(t testing.TB, r *rule.Rule, f Format, rec any, c *history.Context) []byte {
	t.Helper()
	m := NewMaker(r, testObserver, f, testFields)
	var made []byte
	visit(t, rec, func(e *event.Event) {
		a := testArrival
		a.Context = c
		made = m.Make(nil, idFor(r.ID, e), e, subjectOf(e), a)
	})
	return made
}

// testContext is a context with everything.
func testContext() *history.Context {
	at := time.Date(2026, 3, 2, 8, 59, 0, 0, time.UTC)
	return &history.Context{
		ActorID: "arn:aws:iam::111122223333:role/admin", AssumedBy: "arn:aws:iam::111122223333:user/bob",
		HasActor: true, ActorFirst: at.AddDate(0, -1, 0), ActorEvents: 412, ActionFirst: at.AddDate(0, 0, -3), ActionLast: at, ActionCount: 7,
		HasOthers: true, ActionBy: 2, New: []string{"address", "access_key"}, HasUsual: true, Usual: false, HasAddress: true, AddressBy: 3,
		HasBefore: true, Before: history.Calls{Events: 12, Failures: 2, Actions: []string{"9 DescribeInstances", "3 GetUser"}, Notable: []string{"CreateAccessKey", "EnableSerialConsoleAccess"}},
		Others: 4, Instances: 3, Calendar: "maintenance:patching", State: history.Known, Since: at.AddDate(-1, 0, 0),
	}
}

func TestContextGolden(t *testing.T) {
	r := *builtin(t)
	r.Description, r.FalsePositives, r.Source.SHA256 = "The description.", nil, "<sha256>"
	for _, f := range formats {
		golden(t, "context."+f.String(), withContext(t, &r, f, eventFile(t, "push"), testContext()))
	}
}

// The paragraph says what is known, and nothing of what is not.
func TestParagraph(t *testing.T) {
	at := time.Date(2024, 8, 1, 13, 24, 47, 0, time.UTC)
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		name   string
		change func(*history.Context)
		want   string
	}{
		{"nothing known", func(c *history.Context) { *c = history.Context{} }, `. From `},
		{"first call", func(c *history.Context) { c.ActorFirst, c.New = time.Time{}, []string{"actor"} }, ". First call of this actor; 2 other actors in the account did it too. From "},
		{"first time", func(c *history.Context) {
			c.ActionCount, c.ActionBy, c.ActorFirst, c.New = 0, 0, at.Add(-time.Hour), []string{"action", "region"}
		}, ". First time for this actor, seen since "},
		{"before", func(c *history.Context) {}, " Unusual hour, maintenance patching. Before (15 min): 12 calls, 2 failed; notable: CreateAccessKey, EnableSerialConsoleAccess; 4 by others here. Same key on 3 instances."},
		{"in hours", func(c *history.Context) { c.Usual, c.Calendar = true, "business" }, " Usual hour, in business hours. "},
		{"learning", func(c *history.Context) { c.State = history.Learning }, " Learning since 2025-03-02."},
		{"partial", func(c *history.Context) { c.State = history.Partial }, " Complete only since 2025-03-02T08:59:00Z."},
		{"much", func(c *history.Context) {
			c.Before.Notable = []string{"A1", "A2", "A3", "A4", "A5", "A6", "A7"}
		}, "; notable: A1, A2, A3, A4, A5 and 2 more; "},
		{"hostile", func(c *history.Context) {
			c.AssumedBy = "<!channel> & *b* _i_ a_b `c` ~d~ https://x.y\n\u202e"
		}, "(via &lt;!channel&gt; &amp; ∗b∗ ˍiˍ a_b 'c' ∼d∼ https:∕∕x.y  )"},
		{"long", func(c *history.Context) { c.AssumedBy, c.Before.Notable = long, []string{long, long} }, "xxx…)"},
	} {
		x := testContext()
		c.change(x)
		d := decode(t, withContext(t, builtin(t), FormatECS, eventFile(t, "push"), x))
		got := d["fluent_detect"].(map[string]any)["context"].(map[string]any)["summary"].(string)
		if !strings.Contains(got, c.want) || !strings.HasPrefix(got, "[MEDIUM] AWS EC2 Instance Connect SSH Public Key Uploaded: ") || utf8.RuneCountInString(got) > maxParagraph {
			t.Errorf("%s: %s\nwant …%s…", c.name, got, c.want)
		}
	}
}

// However long its parts are, a paragraph is not too long, and no escape in it is cut.
func TestParagraphIsCut(t *testing.T) {
	for n := range 12 {
		p := paragraph{b: []byte("before")}
		p.begin = len(p.b)
		p.say(strings.Repeat("é", maxParagraph-8+n))
		p.data([]byte("<&>"), 10)
		got := strings.TrimPrefix(string(p.end()), "before")
		if k := utf8.RuneCountInString(got); k > maxParagraph || !utf8.ValidString(got) {
			t.Errorf("%d characters", k)
		}
		if i := strings.LastIndexByte(got, '&'); i >= 0 && !strings.Contains(got[i:], ";") {
			t.Errorf("an escape is cut: %s", got[i:])
		}
	}
}
