package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// tail reads in.json and sends everything to a file and to the rules; alerts go to
// another file.
const tail = `
[SERVICE]
    Flush         0.2
    Grace         3
    Parsers_File  parsers.conf
[INPUT]
    Name              tail
    Tag               cloudtrail
    Path              DIR/in*.json
    Read_from_Head    On
    Refresh_Interval  1
    Buffer_Chunk_Size 1M
    Buffer_Max_Size   64M
    PARSER
[INPUT]
    Name     detect_alerts
    Tag      alert.ssh
[OUTPUT]
    Name         detect
    Match        MATCH
    Retry_Limit  no_limits
    SETTINGS
[OUTPUT]
    Name    file
    Match   cloudtrail
    Path    DIR
    File    originals
    Format  plain
[OUTPUT]
    Name    file
    Match   alert.ssh
    Path    DIR
    File    alerts
    Format  plain
`

// pipeline replaces words of tail: old, new, old, new, …
func pipeline(words ...string) string {
	words = append(words, "PARSER", "Parser json", "MATCH", "cloudtrail", "SETTINGS", "")
	return strings.NewReplacer(words...).Replace(tail)
}

// The main job: one alert for each pushed key, in every form of events.
func TestAlertsOnce(t *testing.T) {
	t.Parallel()
	for _, c := range corpora(t) {
		for _, shape := range []struct {
			name, text string
			config     string
		}{
			{"parsed lines", c.text, pipeline()},
			{"one Records line", c.records(), pipeline()},
			{"lines without a parser", c.text, pipeline("PARSER", "")},
			{"Records without a parser", c.records(), pipeline("PARSER", "")},
			{"Match *", c.text, pipeline("MATCH", "*")},
		} {
			t.Run(c.name+"/"+shape.name, func(t *testing.T) {
				t.Parallel()
				f := prepare(t, shape.config)
				f.write("in1.json", shape.text)
				f.run()
				f.wantLines("alerts", c.alerts, 20*time.Second)
				f.write("in2.json", shape.text)
				f.wait("the second file at the other output", 20*time.Second, func() bool {
					return f.lines("originals") == 2*strings.Count(shape.text, "\n")
				})
				f.wantStill("alerts", c.alerts)
				f.stop()
				if ids := f.ids("alerts"); len(ids) != c.alerts {
					t.Errorf("%d different alerts, want %d", len(ids), c.alerts)
				}
				wantUntouched(t, f, shape.text, strings.Contains(shape.config, "Parser json"))
			})
		}
	}
}

// wantUntouched checks that the records at the other output are those of the input,
// twice.
func wantUntouched(t *testing.T, f *fluentBit, input string, parsed bool) {
	t.Helper()
	got := strings.SplitAfter(f.read("originals"), "\n")
	for i, line := range strings.SplitAfter(input+input, "\n") {
		if line == "" {
			continue
		}
		var record, want any
		if err := json.Unmarshal([]byte(got[i]), &record); err != nil {
			t.Fatal(err)
		}
		if parsed {
			_ = json.Unmarshal([]byte(line), &want)
		} else {
			want = map[string]any{"log": strings.TrimRight(line, "\n")}
		}
		if !reflect.DeepEqual(record, want) {
			t.Fatalf("record %d arrived at the other output as\n%s\nwant\n%s", i, got[i], line)
		}
	}
}

// rewrite_tag, the native way to copy records, loses many of these.
func TestBurst(t *testing.T) {
	t.Parallel()
	const n = 20_000
	f := prepare(t, pipeline("SETTINGS", "Max_Alerts 0"))
	f.write("in1.json", pushes(0, n))
	began := time.Now()
	f.run()
	f.wantLines("alerts", n, time.Minute)
	t.Logf("%d alerts in %.1f s", n, (time.Since(began) - settled).Seconds())
	f.stop()
	if ids := f.ids("alerts"); len(ids) != n {
		t.Errorf("%d different alerts, want %d", len(ids), n)
	}
}

// With workers, flushes run at the same time, and not on the engine's thread.
// (Together with hot reloads, Fluent Bit 5.1.1 crashes over any Go output.)
func TestWorkers(t *testing.T) {
	t.Parallel()
	const n = 3000
	f := prepare(t, pipeline("SETTINGS", "Max_Alerts 0\n    Workers 2", "in*.json", "in*.json\n    Mem_Buf_Limit 2M"))
	for i := range 6 {
		f.write(fmt.Sprintf("in%d.json", i), pushes(i%3*n/3, n/3)+otherEvents(1000)) // each event twice
	}
	f.run()
	f.wantLines("alerts", n, time.Minute)
	f.stop()
	if ids := f.ids("alerts"); len(ids) != n {
		t.Errorf("%d different alerts, want %d", len(ids), n)
	}
}

// With the cap of the rule, the rest is reported in one summary.
func TestCap(t *testing.T) {
	t.Parallel()
	f := prepare(t, pipeline("SETTINGS", "Max_Alerts 100/5s"))
	f.write("in1.json", pushes(0, 1000))
	f.run()
	f.wantLines("alerts", 101, 30*time.Second)
	f.stop()
	last := f.read("alerts")
	last = last[strings.LastIndex(strings.TrimSpace(last), "\n")+1:]
	var summary struct {
		FluentDetect struct {
			Summary struct {
				Kind                   string
				Count, Instances, Keys int
			}
		} `json:"fluent_detect"`
	}
	if err := json.Unmarshal([]byte(last), &summary); err != nil {
		t.Fatal(err)
	}
	if s := summary.FluentDetect.Summary; s.Kind != "capped" || s.Count != 900 {
		t.Errorf("the summary is %+v, want 900 capped", s)
	}
}

// Two channels are separate, and an input can select alerts.
func TestChannels(t *testing.T) {
	t.Parallel()
	const config = `
[SERVICE]
    Flush         0.2
    Grace         3
    Parsers_File  parsers.conf
[INPUT]
    Name           tail
    Tag            a
    Path           DIR/a.json
    Read_from_Head On
    Parser         json
[INPUT]
    Name           tail
    Tag            b
    Path           DIR/b.json
    Read_from_Head On
    Parser         json
[INPUT]
    Name     detect_alerts
    Tag      alert.a
    Channel  a
[INPUT]
    Name          detect_alerts
    Tag           alert.b.high
    Channel       b
    Min_Severity  high
[INPUT]
    Name     detect_alerts
    Tag      alert.b
    Channel  b
    Rules    aws-ec2-instance-connect-ssh-public-key-uploaded
[OUTPUT]
    Name     detect
    Match    a
    Channel  a
[OUTPUT]
    Name     detect
    Match    b
    Channel  b
[OUTPUT]
    Name    file
    Match   alert.*
    Path    DIR
    Format  plain
`
	f := prepare(t, config)
	f.write("a.json", pushes(0, 5)+otherEvents(10))
	f.write("b.json", pushes(0, 7))
	f.run()
	f.wantLines("alert.a", 5, 20*time.Second)
	f.wantLines("alert.b", 7, 20*time.Second)
	if n := f.lines("alert.b.high"); n != 0 {
		t.Errorf("%d alerts of medium severity at the input for high ones", n)
	}
	f.stop()
}
