package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDetectorDefaults(t *testing.T) {
	d, err := ReadDetector(getter())
	if err != nil {
		t.Fatal(err)
	}
	if d.Rules != "builtin" || d.Channel != "default" || d.DedupSize != 1<<16 || d.DedupTTL != 24*time.Hour || d.MaxAlerts != nil ||
		d.Heartbeat != 5*time.Minute || d.SelfTest != 0 || !d.RuleTests || d.Forward != nil {
		t.Errorf("%+v", d)
	}
	if got, want := d.String(), "rules=builtin channel=default alert_format=ecs dedup_size=65536 dedup_ttl=24h learn_for=24h lateness=1h min_level=low heartbeat=5m rule_tests=on"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDetectorValues(t *testing.T) {
	d, err := ReadDetector(getter("max_alerts", "100/5m", "dedup_ttl", "7d", "suppress_by", " user.name, source.ip ,", "suppress_for", "1h", "heartbeat", "0",
		"rule_tests", "NO", "metrics_listen", ":0", "rules", " a.toml "))
	if err != nil {
		t.Fatal(err)
	}
	if d.MaxAlerts.String() != "100/5m" || d.DedupTTL != 7*24*time.Hour || strings.Join(d.SuppressBy, "|") != "user.name|source.ip" || d.SuppressFor != time.Hour ||
		d.Heartbeat != 0 || d.RuleTests || d.MetricsListen != ":0" || d.Rules != "a.toml" {
		t.Errorf("%+v", d)
	}
}

func TestInvalid(t *testing.T) {
	f := func(want string, keys ...string) {
		t.Helper()
		_, err := ReadDetector(getter(keys...))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got  %v\nwant %s", keys, err, want)
		}
	}
	f(`channel: invalid value "a b": must be a name (a name has no spaces and no control characters)`, "channel", "a b")
	f("alert_format: invalid value \"xml\": must be `ecs`, `kibana` or `ocsf`", "alert_format", "xml")
	f(`dedup_size: invalid value "0": must be an integer from 1 to 16777216`, "dedup_size", "0")
	f(`dedup_size: invalid value "16777217": must be an integer from 1 to 16777216`, "dedup_size", "16777217")
	f(`dedup_ttl: invalid value "10ms": must be a duration of at least 1s, such as 90s, 15m, 24h, 7d`, "dedup_ttl", "10ms")
	f(`dedup_ttl: invalid value "1e9d": must be a duration of at least 1s, such as 90s, 15m, 24h, 7d`, "dedup_ttl", "1e9d")
	f(`suppress_for: invalid value "25h": must be a duration from 1s to 24h`, "suppress_for", "25h", "suppress_by", "user.name")
	f("suppress_for: requires suppress_by, which is not set", "suppress_for", "1h")
	f("suppress_by: requires suppress_for, which is not set", "suppress_by", "user.name")
	f("max_alerts: invalid value \"many\": must be a count and an interval such as `100/5m`, or `0` for no limit", "max_alerts", "many")
	f("metrics_listen: invalid value \"localhost\": must be an address and a port such as `127.0.0.1:2112`", "metrics_listen", "localhost")
	f("rule_tests: invalid value \"maybe\": must be `on` or `off`", "rule_tests", "maybe")
	f("dedup_size: invalid value \"x\": must be an integer from 1 to 16777216\nself_test: invalid value \"y\": must be a duration of at least 1s, or `0` for never", "dedup_size", "x", "self_test", "y")
}

func TestInput(t *testing.T) {
	i, err := ReadInput(getter("rules", "a,b", "min_severity", "high"))
	if err != nil || i.Channel != "default" || strings.Join(i.Rules, "|") != "a|b" || i.MinSeverity != 73 {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := ReadInput(getter("min_severity", "terrible")); err == nil || !strings.HasPrefix(err.Error(), `min_severity: invalid value "terrible": must be `) {
		t.Error(err)
	}
}

func TestCloudTrail(t *testing.T) {
	f := func(want string, keys ...string) {
		t.Helper()
		_, err := ReadCloudTrail(getter(keys...))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got  %s\nwant %s", keys, got, want)
		}
	}
	f("", "path", "a,b", "state_path", "s", "in_flight", "2m", "acknowledge", "appended", "insights", "on")
	f("state_path: requires path, bucket or learn_from, which is not set\npath: either path, queue_url or bucket must be set: there is nothing to read", "state_path", "s")
	f("path: queue_url is set as well: an input has one source only", "path", "a", "state_path", "s", "queue_url", "https://sqs.eu-west-1.amazonaws.com/111122223333/q")
	f("", "queue_url", "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "visibility_timeout", "30s", "wait_time", "1s", "parallel", "8", "role_arn", "r", "external_id", "e")
	f("visibility_timeout: invalid value \"10s\": must be a duration from 30s to 1h", "queue_url", "https://q/", "visibility_timeout", "10s")
	f("external_id: requires role_arn, which is not set", "queue_url", "https://q/", "external_id", "e")
	f("wait_time: requires queue_url, which is not set", "path", "a", "state_path", "s", "wait_time", "2s")
	f("queue_url: invalid value \"q\": must be the URL of a queue of SQS (it is not a URL with http:// or https:// and a host)\nregion: invalid value \"a b\": must be a region such as `eu-west-1` (a name has no spaces and no control characters)", "queue_url", "q", "region", "a b")
	f("path: requires state_path, which is not set", "path", "a")
	f("in_flight: invalid value \"1M\": must be a size from 2M to 1G", "path", "a", "state_path", "s", "in_flight", "1M")
	f("in_flight: invalid value \"2G\": must be a size from 2M to 1G", "path", "a", "state_path", "s", "in_flight", "2G")
	f("", "bucket", "b", "state_path", "s", "prefix", "p", "from", "2026-03-01", "until", "2026-03-02", "dead_letters", "d")
	f("queue_url: bucket is set as well: an input has one source only", "bucket", "b", "state_path", "s", "queue_url", "https://q/")
	f("path: bucket is set as well: an input has one source only", "path", "a", "state_path", "s", "bucket", "b")
	f("bucket: requires state_path, which is not set", "bucket", "b")
	f("bucket: invalid value \"s3://b/p\": must be the name of a bucket of S3 (it is the name alone, without s3://; what follows it belongs in prefix)", "bucket", "s3://b/p", "state_path", "s")
	f("bucket: invalid value \"b/p\": must be the name of a bucket of S3 (a name has no slash; what follows it belongs in prefix)", "bucket", "b/p", "state_path", "s")
	f("until: it is before from: no day is read", "bucket", "b", "state_path", "s", "from", "2026-03-02", "until", "2026-03-01")
	f("from: invalid value \"2026-02-30\": must be a day such as `2026-03-02`", "bucket", "b", "state_path", "s", "from", "2026-02-30")
	f("prefix: requires bucket, which is not set\nfrom: requires bucket, which is not set", "queue_url", "https://q/", "prefix", "p", "from", "2026-03-02")
	f("max_receives: requires dead_letters, which is not set", "queue_url", "https://q/", "max_receives", "5")
	f("max_receives: requires queue_url, which is not set", "bucket", "b", "state_path", "s", "max_receives", "0")
	f("region: requires queue_url or bucket, which is not set", "path", "a", "state_path", "s", "region", "r")

	c, err := ReadCloudTrail(getter("path", "a", "state_path", "s"))
	if err != nil || c.InFlight != 64<<20 || c.Appended || c.Insights || c.String() != "path=a state_path=s acknowledge=detected in_flight=64M insights=off" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSidecar(t *testing.T) {
	f := func(want string, keys ...string) {
		t.Helper()
		_, err := ReadSidecar(getter(keys...))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got  %s\nwant %s", keys, got, want)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%q: a secret is in the error: %s", keys, got)
		}
	}
	const target = "http://127.0.0.1:1/"
	f("", "alerts", "-")
	f("", "forward_to", "unix:///f")
	f("", "alerts", target, "alerts_username", "u", "alerts_password", "hunter2", "alerts_timeout", "1h")
	f("alerts: either alerts or forward_to must be set: the alerts would have no destination")
	f("alerts: forward_to is set as well: alerts have one destination only", "alerts", "-", "forward_to", "unix:///f")
	f("alerts_timeout: requires a URL in alerts, which is not set", "alerts", "-", "alerts_timeout", "1s")
	f("alerts_tls_verify: requires an https URL in alerts, which is not set", "alerts", target, "alerts_tls_verify", "off")
	f("alerts_password: requires alerts_username, which is not set", "alerts", target, "alerts_password", "hunter2")
	f("listen_username: requires listen_password, which is not set", "alerts", "-", "listen_username", "u")
	f(`listen_username: invalid value "u:v": must be a name without colons`, "alerts", "-", "listen_username", "u:v", "listen_password", "hunter2")
	f("listen_tls_key_file: requires listen_tls_cert_file, which is not set", "alerts", "-", "listen_tls_key_file", "k")
	const queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
	f("", "alerts", "-", "s3_queue_url", queue, "s3_visibility_timeout", "30s", "s3_role_arn", "r", "s3_external_id", "e")
	f("", "alerts", "-", "s3_path", "a,b", "state_path", "s")
	f("s3_path: either s3_path, s3_queue_url or s3_bucket must be set: there is nothing to read", "alerts", "-", "s3_in_flight", "8M")
	f("s3_path: s3_queue_url is set as well: an input has one source only", "alerts", "-", "state_path", "s", "s3_path", "a", "s3_queue_url", queue)
	f("s3_path: requires state_path, which is not set", "alerts", "-", "s3_path", "a")
	f("s3_external_id: requires s3_role_arn, which is not set", "alerts", "-", "s3_queue_url", queue, "s3_external_id", "e")
	f("s3_parallel: requires s3_queue_url or s3_bucket, which is not set", "alerts", "-", "state_path", "s", "s3_path", "a", "s3_parallel", "2")
	f("s3_wait_time: invalid value \"1m\": must be a duration from 1s to 20s", "alerts", "-", "s3_queue_url", queue, "s3_wait_time", "1m")
	f("alerts: invalid value \"http://u:xxxxx@h/\": must be a URL with http:// or https://, or `-` for stdout (use alerts_username and alerts_password for the name and the password)",
		"alerts", "http://u:hunter2@h/")
	f("alerts: invalid value \"ftp://h\": must be a URL with http:// or https://, or `-` for stdout (it begins with neither http:// nor https://)", "alerts", "ftp://h")

	s, err := ReadSidecar(getter("alerts", "https://h/", "alerts_username", "u", "alerts_password", "hunter2", "listen_username", "l", "listen_password", "hunter2", "dead_letters", "/d"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "listen=127.0.0.1:9880 listen_username=l listen_password=(secret) listen_requests=16 alerts=https://h/ alerts_username=u alerts_password=(secret) " +
		"alerts_timeout=60s alerts_tls_verify=on dead_letters=/d rules=builtin"
	if !strings.HasPrefix(s.String(), want) {
		t.Errorf("got %s, want %s", s.String(), want)
	}
}

func TestFile(t *testing.T) {
	read := func(text string) (*File, error) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadFile(path)
	}
	f := func(text, want string) {
		t.Helper()
		_, err := read(text)
		if err == nil {
			t.Errorf("%q: no error", text)
			return
		}
		if _, got, _ := strings.Cut(err.Error(), "s.yaml:"); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	f("lisen: x", `1:1: unknown key "lisen"; did you mean "listen"?`)
	f("listen: x\nlisten: y", "2:1: duplicate key listen, already set in line 1")
	f("listen: [a]", "1:9: listen: must be a single value, an address and a port such as `127.0.0.1:9880`")
	f("rules: [a, 'b,c']", "1:12: rules: an element of the list must be a text without commas")
	f("- a", "1:1: expected keys and values such as `listen: 127.0.0.1:9880`")
	f("listen: x\n---\nlisten: y", "2:1: a second YAML document: a settings file has only one")
	f("listen: 'x", " found unexpected end of stream")

	file, err := read("rules: [a, b]\ndedup_ttl: 1 day\nalerts: ~\n")
	if err != nil {
		t.Fatal(err)
	}
	if file.Get("rules") != "a,b" || file.Get("alerts") != "" || file.Get("listen") != "" {
		t.Errorf("rules %q, alerts %q, listen %q", file.Get("rules"), file.Get("alerts"), file.Get("listen"))
	}
	_, err = ReadSidecar(file.Get)
	for _, e := range Errors(err) {
		var k *KeyError
		if !errors.As(e, &k) {
			t.Fatalf("%v is not a KeyError", e)
		}
		if k.Key == "dedup_ttl" && !strings.Contains(file.Locate(k).Error(), "s.yaml:2:1: dedup_ttl: invalid value") {
			t.Error(file.Locate(k))
		}
	}
	for _, empty := range []string{"", "# nothing\n", "~\n"} {
		if _, err := read(empty); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

// Each key is parsed with its default, and has documentation.
func TestTables(t *testing.T) {
	for _, keys := range [][]Key{DetectorKeys(), InputKeys(), CloudTrailKeys(), SidecarKeys()} {
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k.Name] || k.Type == "" || k.Meaning == "" {
				t.Errorf("%+v", k)
			}
			seen[k.Name] = true
		}
	}
}
