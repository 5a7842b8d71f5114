package detector

import (
	"fmt"
	"strings"
	"testing"
)

func forwardKeys(pairs ...string) Getter {
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
		want string // of Forward, "" for none
	}{
		{nil, ""},
		{[]string{"forward_to", "unix:///run/fluent.sock"}, "forward_to=unix:///run/fluent.sock alert_tag=alert.{rule}"},
		{[]string{"forward_to", "tcp://[::1]:24224", "alert_tag", "siem.{severity}.{rule}"}, "forward_to=tcp://[::1]:24224 alert_tag=siem.{severity}.{rule}"},
		{[]string{"forward_to", "tcp://a.example:1", "forward_tls", "on", "forward_tls_verify", "off", "forward_shared_key", "hunter2"},
			"forward_to=tcp://a.example:1 alert_tag=alert.{rule} forward_shared_key=(secret) forward_tls=on forward_tls_verify=false"},
		{[]string{"forward_to", "tcp://a:65535", "forward_tls", "on", "forward_tls_ca_file", "/ca.pem", "forward_username", "u", "forward_password", "hunter2", "forward_self_hostname", "me"},
			"forward_to=tcp://a:65535 alert_tag=alert.{rule} forward_username=u forward_password=(secret) forward_self_hostname=me forward_tls=on forward_tls_verify=true forward_tls_ca_file=/ca.pem"},
	} {
		config, err := ReadConfig(forwardKeys(c.keys...))
		if err != nil {
			t.Errorf("%q: %v", c.keys, err)
			continue
		}
		got := ""
		if config.Forward != nil {
			got = config.Forward.String()
		}
		if got != c.want || !strings.HasSuffix(config.String(), c.want) {
			t.Errorf("%q: %s, want %s", c.keys, got, c.want)
		}
		if all := fmt.Sprintf("%v %+v %#v", *orEmpty(config.Forward), *orEmpty(config.Forward), *orEmpty(config.Forward)); strings.Contains(all, "hunter2") {
			t.Errorf("%q: a secret is printed: %s", c.keys, all)
		}
	}
}

func orEmpty(f *Forward) *Forward {
	if f == nil {
		return &Forward{}
	}
	return f
}

func TestForwardKeysRefused(t *testing.T) {
	to := func(more ...string) []string { return append([]string{"forward_to", "tcp://localhost:24224"}, more...) }
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"forward_to", "localhost:24224"}, "want `unix:///path` or `tcp://host:port` (it begins with neither unix:// nor tcp://)"},
		{[]string{"forward_to", "http://localhost:24224"}, "neither unix:// nor tcp://"},
		{[]string{"forward_to", "unix://run/f.sock"}, "there are three of them"},
		{[]string{"forward_to", "unix:///" + strings.Repeat("x", 107)}, "at most 107 bytes, this one has 108"},
		{[]string{"forward_to", "tcp://localhost"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://:24224"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://::1:24224"}, "a host, a colon and a port"},
		{[]string{"forward_to", "tcp://localhost:http"}, `"http" is no port`},
		{[]string{"forward_to", "tcp://localhost:0"}, `"0" is no port`},
		{[]string{"forward_to", "tcp://localhost:65536"}, `"65536" is no port`},
		{to("alert_tag", "alert.{name}"), "alert_tag: \"alert.{name}\" is not allowed: want a tag, with the placeholders `{rule}` and `{severity}` (the placeholders are"},
		{to("alert_tag", "alert.{rule"), "the placeholders are"},
		{to("alert_tag", "a b"), "no blanks"},
		{to("forward_tls", "maybe"), "forward_tls: \"maybe\" is not allowed"},
		{to("forward_tls_verify", "off"), "forward_tls_verify: \"off\" is not allowed: want `on` or `off` (it goes with forward_tls on, which is not set)"},
		{to("forward_tls_ca_file", "/ca.pem"), "it goes with forward_tls on"},
		{to("forward_username", "u"), "it goes with forward_password"},
		{to("forward_password", "hunter2"), "forward_password: \"(secret)\" is not allowed: want a text (it goes with forward_username"},
		{to("forward_self_hostname", strings.Repeat("h", 256)), "over 255 bytes"},
		{[]string{"forward_to", "unix:///f.sock", "forward_tls", "on"}, "a Unix socket has no TLS"},
		{[]string{"alert_tag", "alert"}, "alert_tag: \"alert\" is not allowed"},
		{[]string{"forward_shared_key", "hunter2"}, "forward_shared_key: \"(secret)\" is not allowed: want a text (it goes with forward_to, which is not set)"},
		{[]string{"forward_tls", "on"}, "it goes with forward_to"},
	} {
		_, err := ReadConfig(forwardKeys(c.keys...))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.keys, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: a secret is in the error: %v", c.keys, err)
		}
	}
}
