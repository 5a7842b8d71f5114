package sidecar

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// The files for Vector are consistent with the sidecar's defaults and the command in
// them, and have the settings without which Vector drops events or alerts.
func TestShippedVectorFiles(t *testing.T) {
	for _, name := range []string{"vector.yaml", "file.yaml"} {
		t.Run(name, func(t *testing.T) { testVectorFile(t, "../../conf/vector/"+name) })
	}
}

func testVectorFile(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Sources map[string]struct {
			Type, Address, Path string
			Framing             struct{ Method string }
			Decoding            struct{ Codec string }
		}
		Sinks map[string]struct {
			Type, URI        string
			Inputs           []string
			Framing          struct{ Method string }
			Encoding         struct{ Codec string }
			RetryStrategy    struct{ Type string } `yaml:"retry_strategy"`
			Acknowledgements struct{ Enabled bool }
			Healthcheck      struct{ URI string }
			Proxy            struct{ Enabled *bool }
		}
	}
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	sink, source := v.Sinks["fluent_detect"], v.Sources["alerts"]

	base := "http://" + settings.OwnSidecarKeys()[0].Default // of listen
	_, after, _ := strings.Cut(string(text), "--alerts ")
	for _, c := range []struct{ what, got, want string }{
		{"the sink", sink.Type, "http"},
		{"its URL", sink.URI, base + "/v1/ingest"},
		{"its health check", sink.Healthcheck.URI, base + "/healthz"},
		{"its framing", sink.Framing.Method, "newline_delimited"},
		{"its codec", sink.Encoding.Codec, "raw_message"},
		{"what it retries", sink.RetryStrategy.Type, "all"},
		{"the source", source.Type, "http_server"},
		{"its URL", "http://" + source.Address + source.Path, strings.Fields(after)[0]},
		{"its framing", source.Framing.Method, "newline_delimited"},
		{"its codec", source.Decoding.Codec, "json"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if sink.Proxy.Enabled == nil || *sink.Proxy.Enabled {
		t.Error("a proxy of the environment would be used for the loopback address too")
	}
	for name, s := range v.Sinks {
		if !s.Acknowledgements.Enabled {
			t.Errorf("sink %s does not acknowledge", name)
		}
		for _, input := range s.Inputs {
			if _, ok := v.Sources[input]; !ok {
				t.Errorf("sink %s reads %q, which is not a source", name, input)
			}
		}
	}
}

// Logstash by default deletes files that it reads as a whole.
func TestShippedLogstashFileDeletesNothing(t *testing.T) {
	text, err := os.ReadFile("../../conf/sidecar/logstash.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`mode => "read"`, `file_completed_action => "log"`, `file_completed_log_path => `, settings.OwnSidecarKeys()[0].Default + "/v1/ingest"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %s", want)
		}
	}
}
