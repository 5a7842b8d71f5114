package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sigmaRules are a rule, and a correlation of another one that makes no alerts by itself.
const sigmaRules = `title: Trail Stopped
id: 2c4e7f7a-58d4-4a55-8b0a-0d2f8b8f6a01
author: R. Author
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}
  condition: call
level: high
---
title: Console Passwords Guessed
id: 2c4e7f7a-58d4-4a55-8b0a-0d2f8b8f6a02
author: C. Author
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [sourceIPAddress]
  timespan: 5m
  condition: {gte: 3}
level: critical
---
title: Console Login Failed
id: 2c4e7f7a-58d4-4a55-8b0a-0d2f8b8f6a03
name: failed_login
author: B. Author
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventSource: signin.amazonaws.com, eventName: ConsoleLogin, responseElements.ConsoleLogin: Failure}
  condition: call
level: informational
`

const stopLogging = `{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-west-1",` +
	`"sourceIPAddress":"203.0.113.24","userIdentity":{"type":"IAMUser","userName":"alice"},"requestParameters":{"name":"main"},"eventID":"stop","recipientAccountId":"111122223333"}`

// failedLogin is the i-th attempt.
func failedLogin(i int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-02T09:00:%02dZ","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1",`+
		`"sourceIPAddress":"203.0.113.99","userIdentity":{"type":"IAMUser","userName":"user%d"},"responseElements":{"ConsoleLogin":"Failure"},"eventID":"login-%d","recipientAccountId":"111122223333"}`, i, i, i)
}

// sharedRule returns the path of a rule of SigmaHQ about StopLogging in one of the directories
// that SIGMA_RULES names, and its author; "" if there is none.
func sharedRule(t *testing.T) (path, author string) {
	for _, dir := range strings.Split(os.Getenv("SIGMA_RULES"), ",") {
		if dir == "" {
			continue
		}
		err := filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
			if filepath.Base(file) == "aws_cloudtrail_disable_logging.yml" {
				path = file
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if path == "" {
		return "", ""
	}
	m := regexp.MustCompile(`(?m)^author: *(.+?) *$`).FindStringSubmatch(readFile(t, path))
	if m == nil {
		t.Fatalf("%s has no author", path)
	}
	return path, m[1]
}

// Messages about matches of Sigma rules and correlations, in a channel of Slack, name the
// authors of the rules.
func TestSigmaInSlack(t *testing.T) {
	t.Parallel()
	binary(t)
	own := filepath.Join(t.TempDir(), "own.yml")
	if err := os.WriteFile(own, []byte(sigmaRules), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{ // the beginnings of the messages
		"[HIGH] Trail Stopped (rule by R. Author): alice StopLogging on main in eu-west-1/111122223333 at ":                                   true,
		"[CRITICAL] Console Passwords Guessed (rule by C. Author, B. Author): user3 ConsoleLogin in us-east-1/111122223333 at 2026-03-02 09:": true,
	}
	rules := own
	if path, author := sharedRule(t); path != "" {
		rules += "," + path
		want["[MEDIUM] AWS CloudTrail Important Change (rule by "+author+"): alice StopLogging on main in eu-west-1/111122223333 at "] = true
	} else {
		t.Log("not tested: a rule of SigmaHQ, as SIGMA_RULES names no directory with one")
	}
	for _, ext := range []string{".conf", ".yaml"} {
		server := newStandIn(t, refuseFirst("ok"))
		edits := append(server.edits(t, "hooks.slack.com", "443"),
			edit{`\$\{SLACK_WEBHOOK\}`, "/services/T0/B0/x"},
			edit{`(?m)((@INCLUDE|-) )output-stdout`, "${1}output-slack"},
			edit{`(?m)^( +)([Mm]atch_[Rr]egex(:?) +\S+)$`, "${1}${2}\n${1}rules${3} " + rules})
		if ext == ".conf" {
			edits = append(edits, quick...)
		} else {
			edits = append(edits, quickYAML...)
		}
		s := ship(t, "input-http"+ext, edits...)
		s.run()
		s.post(stopLogging, failedLogin(1), failedLogin(2), failedLogin(3))
		found := map[string]bool{}
		s.wait("the messages in the channel", 20*time.Second, func() bool {
			for i, r := range server.seen() {
				var message struct{ Text string }
				if err := json.Unmarshal([]byte(r.body), &message); err != nil {
					t.Fatalf("%v: %.300s", err, r.body)
				}
				if i > 0 { // the first was refused
					found[message.Text] = true
				}
			}
			return len(found) >= len(want)
		})
		for begin := range want {
			ok := false
			for text := range found {
				ok = ok || strings.HasPrefix(text, begin)
			}
			if !ok {
				t.Errorf("%s: no message begins with %q: %q", ext, begin, slices.Sorted(maps.Keys(found)))
			}
		}
		s.signal(syscall.SIGTERM)
		s.wantEnd(0)
	}
}
