package settings

import (
	"fmt"
	"strings"
	"testing"
)

func getter(pairs ...string) Getter {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestForwardKeys(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string // the values in effect
	}{
		{nil, ""},
		{[]string{"forward_to", "unix:///run/fluent.sock"}, "forward_to=unix:///run/fluent.sock alert_tag=alert.{rule} forward_tls=off"},
		{[]string{"forward_to", "tcp://[::1]:24224", "alert_tag", "siem.{severity}.{rule}"}, "forward_to=tcp://[::1]:24224 alert_tag=siem.{severity}.{rule} forward_tls=off"},
		{[]string{"forward_to", "tcp://a.example:1", "forward_tls", "on", "forward_tls_verify", "off", "forward_shared_key", "hunter2"},
			"forward_to=tcp://a.example:1 alert_tag=alert.{rule} forward_shared_key=(secret) forward_tls=on forward_tls_verify=off"},
		{[]string{"forward_to", "tcp://a:65535", "forward_tls", "on", "forward_tls_ca_file", "/ca.pem", "forward_username", "u", "forward_password", "hunter2", "forward_self_hostname", "me"},
			"forward_to=tcp://a:65535 alert_tag=alert.{rule} forward_username=u forward_password=(secret) forward_self_hostname=me forward_tls=on forward_tls_verify=on forward_tls_ca_file=/ca.pem"},
	} {
		d, err := ReadDetector(getter(c.keys...))
		if err != nil {
			t.Errorf("%q: %v", c.keys, err)
			continue
		}
		_, after, _ := strings.Cut(d.String(), "rules=builtin channel=default alert_format=ecs dedup_size=65536 dedup_ttl=24h learn_for=24h lateness=1h min_level=low ")
		if got, _, _ := strings.Cut(after, "heartbeat=5m rule_tests=on"); strings.TrimSpace(got) != c.want {
			t.Errorf("%q: %s, want %s", c.keys, got, c.want)
		}
		if (d.Forward != nil) != (c.keys != nil) {
			t.Errorf("%q: Forward is %v", c.keys, d.Forward)
		}
		if all := fmt.Sprintf("%v %+v %#v", orEmpty(d.Forward), orEmpty(d.Forward), orEmpty(d.Forward)); strings.Contains(all, "hunter2") {
			t.Errorf("%q: a secret is printed: %s", c.keys, all)
		}
	}
}

func orEmpty(f *Forward) Forward {
	if f == nil {
		return Forward{}
	}
	return *f
}

func TestForwardKeysRefused(t *testing.T) {
	to := func(more ...string) []string { return append([]string{"forward_to", "tcp://localhost:24224"}, more...) }
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"forward_to", "localhost:24224"}, "forward_to: invalid value \"localhost:24224\": must be `unix:///path` or `tcp://host:port` (it begins with neither unix:// nor tcp://)"},
		{[]string{"forward_to", "http://localhost:24224"}, "neither unix:// nor tcp://"},
		{[]string{"forward_to", "unix://run/f.sock"}, "must begin with /"},
		{[]string{"forward_to", "unix:///" + strings.Repeat("x", 107)}, "at most 107 bytes, this one has 108"},
		{[]string{"forward_to", "tcp://localhost"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://:24224"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://::1:24224"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://localhost:http"}, `"http" is not a port`},
		{[]string{"forward_to", "tcp://localhost:0"}, `"0" is not a port`},
		{[]string{"forward_to", "tcp://localhost:65536"}, `"65536" is not a port`},
		{to("alert_tag", "alert.{name}"), "alert_tag: invalid value \"alert.{name}\": must be a tag, with the placeholders `{rule}` and `{severity}` (the placeholders are"},
		{to("alert_tag", "alert.{rule"), "the placeholders are"},
		{to("alert_tag", "a b"), "no spaces"},
		{to("forward_tls", "maybe"), "forward_tls: invalid value \"maybe\""},
		{to("forward_tls_verify", "off"), "forward_tls_verify: requires forward_tls on, which is not set"},
		{to("forward_tls_ca_file", "/ca.pem"), "forward_tls_ca_file: requires forward_tls on"},
		{to("forward_username", "u"), "forward_username: requires forward_password, which is not set"},
		{to("forward_password", "hunter2"), "forward_password: requires forward_username, which is not set"},
		{to("forward_self_hostname", strings.Repeat("h", 256)), "longer than 255 bytes"},
		{[]string{"forward_to", "unix:///f.sock", "forward_tls", "on"}, "a Unix socket has no TLS"},
		{[]string{"alert_tag", "alert"}, "alert_tag: requires forward_to, which is not set"},
		{[]string{"forward_shared_key", "hunter2"}, "forward_shared_key: requires forward_to, which is not set"},
		{[]string{"forward_tls", "on"}, "forward_tls: requires forward_to"},
	} {
		_, err := ReadDetector(getter(c.keys...))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.keys, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: a secret is in the error: %v", c.keys, err)
		}
	}
}
