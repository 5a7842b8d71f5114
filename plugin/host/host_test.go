package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector"
	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/detector/outbox"
	"github.com/fluent-detect/fluent-detect/detector/stats"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

func config(t *testing.T, keys ...string) settings.Detector {
	t.Helper()
	c, err := settings.ReadDetector(func(key string) string {
		for i := 0; i < len(keys); i += 2 {
			if keys[i] == key {
				return keys[i+1]
			}
		}
		return map[string]string{"heartbeat": "0"}[key]
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write writes a rule for an action, with a test that its own event passes or not.
func write(t *testing.T, path, action, query string) {
	t.Helper()
	text := fmt.Sprintf(`[rule]
name = "R"
rule_id = "8e9bd2bb-0000-4000-8000-000000000001"
description = "d"
type = "query"
language = "kuery"
query = '%s'
severity = "low"
risk_score = 21
author = ["a"]

[[fluent_detect.test]]
name = "t"
expect = "alert"
event = '''{"eventSource":"x.amazonaws.com","eventName":"%s"}'''
`, query, action)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Errors name the key that is the cause.
func TestErrorsNameTheKey(t *testing.T) {
	dir := t.TempDir()
	good, failing, broken := filepath.Join(dir, "good.toml"), filepath.Join(dir, "failing.toml"), filepath.Join(dir, "broken.toml")
	write(t, good, "Run", "event.action: Run")
	write(t, failing, "Stop", "event.action: Run")
	write(t, broken, "Run", "event.action: (")
	for _, c := range []struct {
		keys []string
		want string // the beginning of the error
	}{
		{[]string{"rules", good}, ""},
		{[]string{"rules", broken}, "rules: " + broken + ":7:"},
		{[]string{"rules", filepath.Join(dir, "none.toml")}, "rules: "},
		{[]string{"rules", failing}, "rule_tests: tests in the rule files fail; off skips them:\n" + failing + ":"},
		{[]string{"rules", failing, "rule_tests", "off"}, ""},
		{[]string{"rules", good, "exceptions", filepath.Join(dir, "none.toml")}, "exceptions: "},
	} {
		d := config(t, c.keys...)
		_, err := LoadRules(&d)
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %v, want %q", c.keys, err, c.want)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenStore(file, nil, func(logger.Level, string) {})
	var k *settings.KeyError
	if !errors.As(err, &k) || k.Key != "state_path" {
		t.Errorf("a file as state_path: %v", err)
	}
	if s, err := OpenStore("", nil, nil); s != nil || err != nil {
		t.Errorf("no state_path: %v, %v", s, err)
	}
}

// A reload replaces the rules between two chunks. If they cannot be used, the
// current ones stay in use, and the counters continue.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.toml")
	write(t, path, "Run", "event.action: Run")
	c := config(t, "rules", path)
	rules, err := LoadRules(&c)
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	box := outbox.New("default", MaxOutbox)
	box.Open(outbox.Filter{})
	e, err := Open(Options{
		Config: c, Rules: rules, Observer: Observer("v1"), Outbox: box, State: detector.NewState(), Name: "default.0",
		Lost: func(outbox.Alert) { t.Error("an alert is lost") },
		Log:  func(level logger.Level, line string) { log = append(log, level.String()+" "+line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(true)
	alerts := func(action string) int {
		t.Helper()
		event := fmt.Sprintf(`{"eventSource":"x.amazonaws.com","eventName":%q,"eventID":"%d"}`, action, time.Now().UnixNano())
		r, err := e.Scan("tag", ingest.ChunkOf([]byte(event), time.Now()).Data)
		if err != nil {
			t.Fatal(err)
		}
		return r.Alerts
	}
	if alerts("Run") != 1 || alerts("Stop") != 0 {
		t.Fatal("the rule does not match as written")
	}
	write(t, path, "Run", "event.action: (")
	e.Reload()
	if alerts("Run") != 1 {
		t.Error("after a reload that failed the rule is not in use")
	}
	write(t, path, "Stop", "event.action: Stop")
	e.Reload()
	if alerts("Run") != 0 || alerts("Stop") != 1 {
		t.Error("the new rule is not in use")
	}
	if got := e.options.State.Report().Outcomes[stats.Emitted]; got != 3 {
		t.Errorf("%d alerts are counted, want 3", got)
	}
	want := []string{"info 1 rule loaded, 0 skipped", "error rules: " + path + ":7:", "error the rules cannot be reloaded: the current ones stay in use",
		"info the rules were reloaded", "info 1 rule loaded, 0 skipped"}
	for i, line := range log {
		if i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Fatalf("log: %q", log)
		}
	}
}

// Undelivered alerts on disk go to the outboxes of their channels.
func TestRestore(t *testing.T) {
	dir := t.TempDir()
	c := config(t, "rules", "builtin", "rule_tests", "off")
	rules, err := LoadRules(&c)
	if err != nil {
		t.Fatal(err)
	}
	run := func(channel string, log logger.Log) *outbox.Box {
		t.Helper()
		box := outbox.New(channel, MaxOutbox)
		box.Open(outbox.Filter{})
		s, err := OpenStore(dir, func(name string) *outbox.Box {
			if name == channel {
				return box
			}
			return nil
		}, log)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c := c
		c.Channel = channel
		e, err := Open(Options{Config: c, Rules: rules, Observer: Observer("v1"), Outbox: box, State: detector.NewState(), Store: s, Name: channel + ".0",
			Lost: func(outbox.Alert) {}, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close(true)
		event := `{"eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"` + channel + `"}`
		if _, err := e.Scan("tag", ingest.ChunkOf([]byte(event), time.Now()).Data); err != nil {
			t.Fatal(err)
		}
		return box
	}
	none := func(logger.Level, string) {}
	if n, _ := run("a", none).Size(); n != 1 {
		t.Fatalf("%d alerts, want 1", n)
	}
	var log []string
	record := func(level logger.Level, line string) { log = append(log, level.String()+" "+line) }
	if n, _ := run("b", record).Size(); n != 1 || !strings.Contains(strings.Join(log, "\n"), `warning state_path: there are undelivered alerts of channel "a"`) {
		t.Errorf("%d alerts, log %q", n, log)
	}
	log = nil
	if n, _ := run("a", record).Size(); n != 1 || !strings.Contains(strings.Join(log, "\n"), `info state_path: delivering 1 alert of channel "a" from before the restart`) {
		t.Errorf("%d alerts, log %q", n, log)
	}
}
