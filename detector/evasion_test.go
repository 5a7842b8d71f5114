package detector

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// The ways to slip past a detector that sits in the pipeline, one test each.

// reasons returns event.reason of alerts, quoted, and what is odd about them.
func oddities(alerts []map[string]any) string {
	var all []string
	for _, a := range alerts {
		for _, x := range a["fluent_detect"].(map[string]any)["integrity"].([]any) {
			all = append(all, x.(string))
		}
	}
	return strings.Join(all, " ")
}

func TestEvasionJSONEscapes(t *testing.T) {
	for _, text := range []string{
		strings.Replace(push(1), "SendSSH", `\u0053endSSH`, 1),
		strings.Replace(push(1), "eventName", `event\u004eame`, 1),
		strings.Replace(push(1), "ec2-instance", `ec2\u002dinstance`, 1),
		strings.Replace(push(1), "ec2-instance-connect.amazonaws.com", `\u0065\u0063\u0032-instance-connect.amazonaws.com`, 1),
		strings.NewReplacer(`":`, "\"\t:\r\n ", `,"`, "\n,\t\"").Replace(push(1)),
	} {
		for _, key := range []string{"log", "message", "event.original"} {
			b := newBench(t)
			b.mustScan(string(jsonObject(t, key, text)))
			b.wantAlerts(1)
			b = newBench(t) // text of Records of text
			b.mustScan(string(jsonObject(t, key, `{"Records":[`+text+`]}`)))
			b.wantAlerts(1)
		}
	}
}

func TestEvasionDuplicateKeys(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{`"eventName":"SendSSHPublicKey"`, `"eventName":"GetObject","eventName":"SendSSHPublicKey"`},
		{`"eventName":"SendSSHPublicKey"`, `"eventName":"SendSSHPublicKey","eventName":"GetObject"`},
		{`"eventSource"`, `"eventSource":"s3.amazonaws.com","eventSource"`},
		{`"eventTime"`, `"errorCode":"AccessDenied","errorCode":null,"eventTime"`},
		{`"eventTime"`, `"errorCode":"","errorCode":"AccessDenied","eventTime"`},
	} {
		event := strings.Replace(push(1), c.from, c.to, 1)
		for _, record := range []string{event, string(jsonObject(t, "log", event))} {
			b := newBench(t)
			b.mustScan(record)
			if got := oddities(b.wantAlerts(1)); !strings.Contains(got, "duplicate_key") {
				t.Errorf("%s: integrity is %q, want duplicate_key", c.to, got)
			}
		}
	}
}

// Strings that only look like ours match nothing; ours in another encoding do;
// and nothing of it crashes or hides what stands beside it.
func TestEvasionOddEncodings(t *testing.T) {
	for name, odd := range map[string]string{
		"NUL":           `"SendSSHPublicKey\u0000"`,
		"newline":       `"x\nSendSSHPublicKey"`,
		"blank":         `"SendSSHPublicKey "`,
		"case":          `"sendsshpublickey"`,
		"full width":    `"ＳendSSHPublicKey"`,
		"zero width":    `"Send\u200bSSHPublicKey"`,
		"soft hyphen":   `"Send\u00adSSHPublicKey"`,
		"object":        `{"SendSSHPublicKey":"SendSSHPublicKey"}`,
		"nested arrays": `[[["x"]]]`,
	} {
		b := newBench(t)
		b.mustScan(strings.Replace(push(1), `"SendSSHPublicKey"`, odd, 1), push(2))
		if n := len(b.alerts()); n != 1 {
			t.Errorf("%s: %d alerts, want that of the event beside it", name, n)
		}
	}
	b := newBench(t)
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	b.mustScan(`{"log":"` + strings.Repeat("[", 100_000) + `"}`)
	b.mustScan(string(jsonObject(t, "log", deep)), push(1))
	b.mustScan(string(jsonObject(t, "log", strings.Replace(push(2), `"requestParameters":{`, `"requestParameters":{"deep":`+strings.Repeat("[", 60)+strings.Repeat("]", 60)+",", 1))))
	b.wantAlerts(2)
	// bin instead of str.
	b = newBench(t)
	event := msgpacktest.Members{
		[]byte("eventSource"), []byte("ec2-instance-connect.amazonaws.com"),
		"eventName", []byte("SendSSHPublicKey"),
	}
	if _, err := b.engine.Scan("cloudtrail", msgpacktest.Event(t, event)); err != nil {
		t.Fatal(err)
	}
	b.wantAlerts(1)
	// Lengths that lie: an error that says where, and what came before counts.
	for _, lie := range [][]byte{{0xdf, 0xff, 0xff, 0xff, 0xff}, {0xdd, 0xff, 0xff, 0xff, 0xff}, {0xdb, 0xff, 0xff, 0xff, 0xff}, {0xc9, 0xff, 0xff, 0xff, 0xff, 0}} {
		b := newBench(t)
		if _, err := b.engine.Scan("cloudtrail", append(chunkOf(t, push(1)), append([]byte{0x92, 0x00}, lie...)...)); err == nil {
			t.Errorf("% x is not an error", lie)
		}
		b.wantAlerts(1)
	}
}

// What looks like CloudTrail and cannot be read is counted.
func TestEvasionUnreadable(t *testing.T) {
	b := newBench(t)
	b.mustScan(string(jsonObject(t, "log", push(1)[:150])), push(2))
	b.wantAlerts(1)
	if s := b.engine.Report(); s.Unreadable != 1 {
		t.Errorf("%d unreadable counted, want 1", s.Unreadable)
	}
}

// A flood of unique events makes the cache forget, which means: alert again.
// And one principal's flood makes it forget only that principal's.
func TestEvasionFullCache(t *testing.T) {
	b := newBench(t, "dedup_size", "100", "max_alerts", "0")
	victim := strings.Replace(push(0), "alice", "victim", 1)
	b.mustScan(victim)
	b.mustScan(pushes(1, 1000)...)
	b.wantAlerts(1001)
	b.mustScan(victim)
	b.wantAlerts(0)
	b.mustScan(push(1))
	b.wantAlerts(1)
}

// A missing eventID never equals another missing one.
func TestEvasionMissingID(t *testing.T) {
	b := newBench(t)
	without := func(id int) string { return strings.Replace(push(id), `"eventID"`, `"x"`, 1) }
	b.mustScan(without(1), without(2), without(1))
	if got := oddities(b.wantAlerts(2)); !strings.Contains(got, "missing_event_id") {
		t.Errorf("integrity is %q, want missing_event_id", got)
	}
}

// Caches expire by arrival: no eventTime makes them forget, or remember longer.
func TestEvasionTime(t *testing.T) {
	b := newBench(t, "max_alerts", "0")
	at := func(id int, when string) string { return strings.Replace(push(id), "2026-03-02T09:00:00Z", when, 1) }
	for i, when := range []string{"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "yesterday", ""} {
		b.mustScan(at(i, when))
		b.mustScan(at(i, when), at(i, when))
	}
	b.wantAlerts(5)
	b.wantStats("matched 15 emitted 5 duplicate 10 capped 0 failed 0 summaries 0")
}

// What the caller chooses is data: capped in length, and never in the reason
// with control characters, which consoles and logs obey.
func TestEvasionTextInjection(t *testing.T) {
	evil := `\u001b[2J\r\nalert\u0000` + strings.Repeat("A", 100_000)
	event := strings.Replace(push(1), `"instanceOSUser":"ec2-user"`, `"instanceOSUser":"`+evil+`"`, 1)
	event = strings.Replace(event, `"eventTime"`, `"userAgent":"`+evil+`","sourceIPAddress":"`+evil+`","eventTime"`, 1)
	b := newBench(t)
	b.mustScan(event)
	a := b.wantAlerts(1)[0]
	reason := a["event"].(map[string]any)["reason"].(string)
	if strings.ContainsAny(reason, "\x1b\r\n\x00") || len(reason) > 1500 {
		t.Errorf("the reason is %.200q…, %d bytes", reason, len(reason))
	}
	agent := a["user_agent"].(map[string]any)["original"].(string)
	if len(agent) > 1024 {
		t.Errorf("the user agent is %d bytes", len(agent))
	}
	if strings.Contains(a["alert_rule"].(string), "AAAA") {
		t.Error("data of the event is in the rule's slug, which tags are made of")
	}
}

// Patterns of rules take time that is linear in the text: there is no regular
// expression in the engine, and no backtracking over stars.
func TestEvasionPatterns(t *testing.T) {
	path := write(t, "rule.toml", `[rule]
name = "Stars"
rule_id = "0b2c4f6a-1d3e-4a5b-8c7d-9e0f1a2b3c4e"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.action: *a*a*a*a*a*a*a*a*a*a*a*a*b"
`)
	b := newBench(t, "rules", path)
	began := time.Now()
	b.mustScan(`{"eventSource":"x.amazonaws.com","eventName":"` + strings.Repeat("a", 1_000_000) + `"}`)
	if took := time.Since(began); took > time.Second {
		t.Errorf("a megabyte took %s", took)
	}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if eq .ImportPath \"regexp\"}}{{.ImportPath}}{{end}}", "./cloudtrail", "./program", "./record", "./jsontext").CombinedOutput()
	if err != nil {
		t.Skipf("go list does not run, so it was not tested that the matcher has no regular expressions: %v", err)
	}
	if strings.TrimSpace(string(out)) != "" {
		t.Errorf("the matcher imports %s", out)
	}
}

// jsonObject returns {key: text}.
func jsonObject(t testing.TB, key, text string) []byte {
	t.Helper()
	return fmt.Appendf(nil, `{%q:%s}`, key, quoteJSON(text))
}

func quoteJSON(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
