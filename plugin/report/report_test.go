package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// testRule is a rule with a guide that tries what Markdown allows.
func testRule(id, name string) *rule.Rule {
	return &rule.Rule{
		ID: id, Name: name, Type: "query", Severity: rule.High, Description: "What it is about.",
		Note: "## Triage\n\n- Who is **it**, in `user.name`?\n- [docs](https://docs.example/x) <img src=https://evil.example/i.png>\n\n<script>alert(1)</script>\n\n![i](https://evil.example/j.png)\n",
		Threat: []rule.Threat{{Framework: "MITRE ATT&CK", Tactic: rule.Tactic{ID: "TA0004", Name: "Privilege Escalation", Reference: "https://attack.mitre.org/tactics/TA0004/"},
			Technique: []rule.Technique{{ID: "T1098", Name: "Account Manipulation", Reference: "https://attack.mitre.org/techniques/T1098/",
				Subtechnique: []rule.Technique{{ID: "T1098.004", Name: "SSH Authorized Keys"}}}}}},
		References: []string{"https://docs.example/reference"},
	}
}

// alertOf returns an alert of a rule, with its event, whose fields vary with i.
func alertOf(r *rule.Rule, i int) (alert, event []byte) {
	at := fmt.Sprintf("2024-08-%02dT%02d:%02d:%02d.000Z", 1+i/86400%28, i/3600%24, i/60%60, i%60)
	digest := sha256.Sum256(fmt.Append(nil, i))
	alert = fmt.Appendf(nil, `{"@timestamp":"2026-01-01T00:00:00.000Z","alert_id":"%x","alert_severity":"high","event":{"kind":"alert","dataset":"fluent_detect.alert","action":"SendSSHPublicKey","provider":"ec2-instance-connect.amazonaws.com","outcome":"success","start":%q,"id":"e-%d","reason":"SendSSHPublicKey on i-%d"},
"rule":{"id":%q,"name":%q},"cloud":{"account":{"id":"111122223333"},"region":"eu-central-1","target":{"instance":{"id":"i-%d"}}},"source":{"address":"192.0.2.%d","as":{"number":64500,"organization":{"name":"Example"}},"geo":{"country_iso_code":"DE"}},
"user":{"name":"user-%d"},"user_agent":{"original":"aws-cli/2.15.0 md/awscrt#0.19.19 ua/2.0 os/linux#5.15","name":"aws-cli"},
"fluent_detect":{"context":{"actor":{"id":"arn:aws:iam::111122223333:role/role-%d","events":%d,"first_seen":"2024-07-01T08:00:00.000Z"},"action":{"count":0,"actors":2},"new":["action","address"],"state":"known","since":"2024-06-01T00:00:00.000Z","time":{"usual":false},"before":{"events":7,"failures":1,"actions":["5 DescribeInstances","2 ListRoles"],"notable":["EnableSerialConsoleAccess"],"others":0},"summary":"[HIGH] role-%d &lt;pushed&gt; a key."}}}`,
		digest, at, i, i, r.ID, r.Name, i, i%250, i%500, i%500, i, i)
	event = fmt.Appendf(nil, `{"eventVersion":"1.08","eventTime":%q,"eventName":"SendSSHPublicKey","eventID":"%x-%d","requestParameters":{"instanceId":"i-%d","sSHPublicKey":"ssh-ed25519 %s"},"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/role-%d/session-%d"}}`,
		at, digest, i, i, base64.StdEncoding.EncodeToString(digest[:]), i%500, i)
	return alert, event
}

func written(t testing.TB, r *Report, run Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Write(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// dataOf returns the data in a page, and the cards of its alerts.
func dataOf(t *testing.T, text string) (d struct {
	pageData
	Rows [][]int64 `json:"rows"`
}, cards []card) {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(m[1]), &d); err != nil {
		t.Fatal(err)
	}
	blocks := details{blocks: d.Details}
	next := blocks.each()
	for one := next(); one != nil; one = next() {
		var c card
		if err := json.Unmarshal(one, &c); err != nil {
			t.Fatal(err)
		}
		cards = append(cards, c)
	}
	return d, cards
}

// checkSafe fails unless the page asks for nothing, and runs only what its policy names.
func checkSafe(t *testing.T, text string) {
	t.Helper()
	markup := regexp.MustCompile(`(?s)<script.*?</script>|<style>.*?</style>`).ReplaceAllString(text, "")
	for _, tag := range regexp.MustCompile(`<[a-zA-Z][^>]*>`).FindAllString(markup, -1) { // in texts and values, < and > are escaped
		names := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, "")
		if m := regexp.MustCompile(`(?i)\s(href|src|action|srcset|poster|background|style|on[a-z]+)\s*=`).FindString(names); m != "" {
			t.Errorf("%s has an attribute %q", tag, m)
		}
	}
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(text)
	if policy == nil {
		t.Fatal("the page has no policy")
	}
	allowed := html.UnescapeString(policy[1])
	if !strings.HasPrefix(allowed, "default-src 'none'; ") || strings.Contains(allowed, "unsafe") {
		t.Errorf("policy %s", allowed)
	}
	for element, directive := range map[string]string{`(?s)<style>(.*?)</style>`: "style-src", `(?s)<script>(.*?)</script>`: "script-src"} {
		found := regexp.MustCompile(element).FindAllStringSubmatch(text, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(allowed, want) {
			t.Errorf("the policy %s does not have %s", allowed, want)
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d scripts", n)
	}
}

func TestPage(t *testing.T) {
	one, two := testRule("r-1", "Rule one"), testRule("r-2", "Rule two")
	r := New([]*rule.Rule{one, two})
	for i := range 30 {
		of := one
		if i%3 == 0 {
			of = two
		}
		r.Add(alertOf(of, i))
	}
	r.Add([]byte(`{"event":{"kind":"enrichment"},"fluent_detect":{"follow_up":{"of":"`+fmt.Sprintf("%x", sha256.Sum256([]byte("4")))+`"},"context":{"after":{"events":3,"failures":0,"actions":["3 GetObject"],"notable":[]}}}}`), nil)
	r.Add([]byte(`{"event":{"kind":"metric","dataset":"fluent_detect.heartbeat"}}`), nil)
	text := written(t, r, Run{Version: "v1", Command: "fluent-detect replay x", Files: 1, Rules: 2, Skipped: []rule.Skipped{{Path: "a.toml", Reason: "type machine_learning"}}, Notes: []string{"1 part could not be read"}})
	checkSafe(t, text)
	for _, want := range []string{
		`<strong id="total">30</strong> alerts`, "2024-08-01 00:00:00 UTC to 2024-08-01 00:00:29 UTC", "2 run, 1 skipped", "type machine_learning", "1 part could not be read",
		">T1098<", "T1098.004", "Privilege Escalation", "TA0004 · 30", `data-value="192.0.2.7"`, `data-value="AS64500 Example"`,
		`data-value="arn:aws:iam::111122223333:role/role-7"`, "fluent-detect replay x",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	d, cards := dataOf(t, text)
	if len(d.Rules) != 2 || d.Rules[0].Name != "Rule one" || d.Rules[0].Alerts != 20 || d.Rules[1].Alerts != 10 || len(d.Rows) != 30 || len(cards) != 30 {
		t.Fatalf("%d rules, %d rows, %d cards", len(d.Rules), len(d.Rows), len(cards))
	}
	after := d.After[fmt.Sprintf("%x", sha256.Sum256([]byte("4")))]
	if after == nil || after.Events != "3" || len(after.Actions) != 1 {
		t.Errorf("after: %+v", after)
	}
	c := cards[4]
	if c.Summary != "[HIGH] role-4 <pushed> a key." || c.Reason != "SendSSHPublicKey on i-4" || c.Before == nil || c.Before.Notable[0] != "EnableSerialConsoleAccess" || !strings.Contains(c.Raw, `"eventName": "SendSSHPublicKey"`) {
		t.Errorf("%+v", c)
	}
	answers := map[string]answer{}
	for _, a := range c.Answers {
		answers[a.Question] = a
	}
	for question, want := range map[string]string{
		"Who?":                            "arn:aws:iam::111122223333:role/role-4",
		"Is the actor known?":             "seen since 2024-07-01 08:00:00 UTC; 4 successful calls before",
		"Has the actor done this before?": "no, never with success; 2 other actors of the account did it too",
		"What is new for the actor?":      "action, address",
		"From where?":                     "192.0.2.4; DE; AS64500 Example",
		"When?":                           "2024-08-01 00:00:04 UTC; an unusual hour for the actor",
		"Did it work?":                    "success",
	} {
		if answers[question].Text != want {
			t.Errorf("%s %q, want %q", question, answers[question].Text, want)
		}
	}
	if _, ok := answers["Which key?"]; ok {
		t.Error("a question is answered that the alert knows nothing of")
	}
	guide, _ := json.Marshal(d.Rules[0].Guide)
	for _, want := range []string{`["h5","Triage"]`, `["strong","it"]`, `["code","user.name"]`, "docs", " (https://docs.example/x)", `\u003cscript`} {
		if !strings.Contains(string(guide), want) {
			t.Errorf("the guide %s does not have %s", guide, want)
		}
	}
}

// The same alerts make the same page, whenever they were made.
func TestPageIsDeterministic(t *testing.T) {
	make := func(made string) string {
		one := testRule("r-1", "Rule one")
		r := New([]*rule.Rule{one})
		for i := range 200 {
			alert, event := alertOf(one, i)
			r.Add(bytes.Replace(alert, []byte("2026-01-01T00:00:00.000Z"), []byte(made), 1), event)
		}
		return written(t, r, Run{})
	}
	if make("2026-01-01T00:00:00.000Z") != make("2026-02-02T02:02:02.000Z") {
		t.Error("two pages of the same alerts differ")
	}
}

// hostile are texts that try to be more than text.
var hostile = []string{
	`</script><script>document.title="hostile"</script>`, `"><img src=x onerror=document.title="hostile">`, `'; alert(1) //`, "<!--<script>", "\u202egnp.exe\u2066", "a\x00b\x1b[31m", "\u2028\u2029",
	`{{.Data}}`, "javascript:alert(1)", strings.Repeat("A", 1<<20), `]]>`, "&lt;b&gt;", "\u200b\ufeff",
}

func TestHostileTextStaysText(t *testing.T) {
	for _, text := range hostile {
		quoted, _ := json.Marshal(text)
		one := testRule("r-"+text, text)
		one.Note, one.Description, one.References, one.Threat[0].Tactic.Name = text, text, []string{text}, text
		one.Threat[0].Technique[0].ID = text
		r := New([]*rule.Rule{one})
		alert, _ := json.Marshal(map[string]any{
			"alert_id": text, "alert_severity": text, "event": map[string]any{"kind": "alert", "action": text, "start": text, "reason": text, "outcome": text},
			"rule": map[string]any{"id": one.ID, "name": text}, "source": map[string]any{"address": text, "as": map[string]any{"organization": map[string]any{"name": text}}},
			"user": map[string]any{"name": text}, text: text,
			"fluent_detect": map[string]any{"context": map[string]any{"summary": text, "new": []any{text}, "before": map[string]any{"events": text, "actions": []any{text}}}},
		})
		r.Add(alert, []byte(`{`+string(quoted)+`:`+string(quoted)+`,"surrogate":"\ud800","deep":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`))
		page := written(t, r, Run{Version: text, Command: text, Notes: []string{text}, Skipped: []rule.Skipped{{Path: text, Reason: text}}})
		checkSafe(t, page)
		if len(page) > 200<<10 {
			t.Errorf("%.40q makes a page of %d bytes", text, len(page))
		}
		if i := strings.IndexFunc(page, func(r rune) bool {
			return r == '\u202e' || r == '\u2066' || r == 0 || r == 0x1b || r == '\u2028' || r == '\u200b'
		}); i >= 0 {
			t.Errorf("%.40q: the page has %.30q", text, page[i:])
		}
		if d, cards := dataOf(t, page); len(d.Rows) != 1 || len(cards) != 1 {
			t.Errorf("%.40q: %d rows, %d cards", text, len(d.Rows), len(cards))
		}
	}
}

// largePage returns a page with 10,000 alerts.
var largePage = func() func(testing.TB) string {
	var text string
	return func(t testing.TB) string {
		if text == "" {
			one := testRule("r-1", "Rule one")
			one.Note = strings.Repeat(one.Note+"\n", 20)
			r := New([]*rule.Rule{one})
			for i := range 10_000 {
				r.Add(alertOf(one, i))
			}
			text = written(t, r, Run{Command: "fluent-detect replay"})
		}
		return text
	}
}()

func TestLargePage(t *testing.T) {
	text := largePage(t)
	t.Logf("10,000 alerts: %d bytes", len(text))
	if len(text) > 10<<20 {
		t.Errorf("a page of %d bytes", len(text))
	}
	d, cards := dataOf(t, text)
	if len(d.Rows) != 10_000 || len(cards) != 10_000 || !strings.Contains(text, `<strong id="total">10,000</strong>`) {
		t.Errorf("%d rows, %d cards", len(d.Rows), len(cards))
	}
	for i, c := range cards {
		if !strings.Contains(c.Raw, fmt.Sprintf(`"i-%d"`, i)) {
			t.Fatalf("card %d: %s", i, c.Raw)
		}
	}
}

// More alerts than the limit are counted; the first of each rule keep their cards.
func TestMoreThanTheLimit(t *testing.T) {
	one, two := testRule("r-1", "Rule one"), testRule("r-2", "Rule two")
	r := New([]*rule.Rule{one, two})
	r.limits.alerts, r.limits.examples = 300, 10
	for i := range 1000 {
		of := one
		if i%250 == 249 {
			of = two
		}
		r.Add(alertOf(of, i))
	}
	text := written(t, r, Run{})
	d, cards := dataOf(t, text)
	if len(d.Rows) != 14 || len(cards) != 14 || d.Rules[0].Alerts != 996 || d.Rules[0].Kept != 10 || d.Rules[1].Alerts != 4 || d.Rules[1].Kept != 4 {
		t.Errorf("%d rows, %d cards, rules %+v", len(d.Rows), len(cards), d.Rules)
	}
	if len(d.Texts) > 14*columns {
		t.Errorf("the page has %d texts: those of alerts that it does not list are among them", len(d.Texts))
	}
	if !strings.Contains(text, `<strong id="total">1,000</strong>`) || !strings.Contains(text, "There are more than 300 alerts") {
		t.Error("the page does not say how many there are")
	}
	for i, row := range d.Rows {
		if card := cards[row[3]]; !strings.Contains(card.Raw, d.Texts[row[4+columnTarget]]) {
			t.Errorf("row %d has the card of another alert: %s", i, card.Raw)
		}
	}
}

// A page that would become too large leaves out events, then cards, and says so.
func TestTooManyDetails(t *testing.T) {
	one := testRule("r-1", "Rule one")
	r := New([]*rule.Rule{one})
	r.details.max = 20_000
	for i := range 3000 {
		r.Add(alertOf(one, i))
	}
	text := written(t, r, Run{})
	if r.details.bare == 0 || r.details.none == 0 || !strings.Contains(text, "are without the event") || !strings.Contains(text, "have a line and no card") {
		t.Errorf("%d without events, %d without cards", r.details.bare, r.details.none)
	}
	if d, cards := dataOf(t, text); len(d.Rows) != 3000 || uint64(len(cards)) != 3000-r.details.none {
		t.Errorf("%d rows, %d cards", len(d.Rows), len(cards))
	}
}
