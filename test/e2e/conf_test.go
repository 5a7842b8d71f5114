package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// The files under conf/fluent-bit run as they are, but for the two variables
// that are for the user to set.
func TestShippedConfigurations(t *testing.T) {
	for _, name := range []string{"fluent-bit.conf", "fluent-bit.yaml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(root, "conf/fluent-bit", name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := prepare(t, "")
			text = regexp.MustCompile(`(CLOUDTRAIL(=|: ))/\S+`).ReplaceAll(text, []byte("${1}"+f.dir+"/in*.json"))
			text = regexp.MustCompile(`(STATE(=|: ))/\S+`).ReplaceAll(text, []byte("${1}"+f.dir+"/state"))
			f.write(name, string(text))
			parsers, err := os.ReadFile(filepath.Join(root, "conf/fluent-bit/parsers.conf"))
			if err != nil {
				t.Fatal(err)
			}
			f.write("parsers.conf", string(parsers))
			f.cmd.Args[len(f.cmd.Args)-1] = filepath.Join(f.dir, name)
			c := corpora(t)[0]
			// A line above tail's default of 32 KiB, ahead of the events.
			f.write("in1.json", c.records()+`{"log":"`+string(make60k())+"\"}\n"+c.text)
			f.run()
			f.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(f.read("log")) == c.alerts })
			f.stop()
		})
	}
}

func make60k() []byte {
	b := make([]byte, 60_000)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

var alertID = regexp.MustCompile(`"alert_id":"[0-9a-f]{64}"`)

func countAlerts(log string) int { return len(alertID.FindAllString(log, -1)) }
