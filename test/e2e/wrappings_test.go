package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// wrappings are records in which events come, none of them under a name that has
// a meaning for the detector alone.
var wrappings = []struct {
	name string
	wrap func(event string) any
}{
	{"CRI", func(e string) any { return map[string]any{"log": "2026-05-04T10:11:12.000000000Z stdout F " + e} }},
	{"syslog", func(e string) any { return map[string]any{"message": "<134>May  4 10:11:12 relay cloudtrail: " + e} }},
	{"key=value", func(e string) any { return map[string]any{"msg": "level=info event=" + e} }},
	{"search result", func(e string) any { return map[string]any{"_index": "cloudtrail", "_source": decoded(e)} }},
	{"Splunk", func(e string) any { return map[string]any{"sourcetype": "aws:cloudtrail", "event": decoded(e)} }},
	{"nested", func(e string) any { return map[string]any{"a": map[string]any{"b": []any{[]any{decoded(e)}}}} }},
	{"OTLP", func(e string) any {
		record := map[string]any{"body": map[string]any{"stringValue": e}}
		return map[string]any{"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": []any{record}}}}}}
	}},
	{"Loki", func(e string) any {
		return map[string]any{"streams": []any{map[string]any{"stream": map[string]any{}, "values": []any{[]any{"1", e}}}}}
	}},
	{"base64", func(e string) any { return map[string]any{"payload": base64.StdEncoding.EncodeToString([]byte(e))} }},
	{"gzip in base64", func(e string) any {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(e))
		_ = w.Close()
		return map[string]any{"blob": base64.StdEncoding.EncodeToString(b.Bytes())}
	}},
	{"prefixed names", func(e string) any {
		record := map[string]any{"detail-type": "AWS API Call via CloudTrail"}
		for name, value := range decoded(e) {
			record["detail_"+name] = value
		}
		return record
	}},
	{"lower-case names", func(e string) any {
		record := map[string]any{}
		for name, value := range decoded(e) {
			record[strings.ToLower(name)] = value
		}
		return record
	}},
}

func decoded(event string) (v map[string]any) {
	if err := json.Unmarshal([]byte(event), &v); err != nil {
		panic(err)
	}
	return v
}

// wrapped returns a record of each wrapping, with events of their own.
func wrapped() (records []any) {
	for i, line := range strings.Split(strings.TrimSpace(pushes(0, len(wrappings))), "\n") {
		records = append(records, wrappings[i].wrap(line))
	}
	return records
}

// However an event is wrapped, and by whatever input it comes, it makes one alert.
// With Match * and a tail of the alerts' own file no alert makes another one.
func TestWrappings(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for _, r := range wrapped() {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(text, '\n'))
	}
	const again = "[INPUT]\n    Name              tail\n    Tag               again\n    Path              DIR/alerts\n    Buffer_Max_Size   64M\n    Refresh_Interval  1\n"
	port := freeport.Find(t)
	for _, c := range []struct {
		name, input string
		send        func(t *testing.T, f *fluentBit)
	}{
		{"tail", "", func(_ *testing.T, f *fluentBit) { f.write("in1.json", lines.String()) }},
		{"http", fmt.Sprintf("[INPUT]\n    Name    http\n    Listen  127.0.0.1\n    Port    %d\n", port), func(t *testing.T, f *fluentBit) {
			body, err := json.Marshal(wrapped())
			if err != nil {
				t.Fatal(err)
			}
			f.wait("the http input", 10*time.Second, func() bool {
				answer, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d/cloudtrail", port), "application/json", bytes.NewReader(body))
				if err != nil {
					return false
				}
				_ = answer.Body.Close()
				return answer.StatusCode < 300
			})
		}},
		{"forward", fmt.Sprintf("[INPUT]\n    Name    forward\n    Listen  127.0.0.1\n    Port    %d\n", port), func(t *testing.T, f *fluentBit) {
			var entries []any
			for _, r := range wrapped() {
				entries = append(entries, []any{time.Now().Unix(), r})
			}
			message, err := msgpack.Marshal([]any{"cloudtrail", entries})
			if err != nil {
				t.Fatal(err)
			}
			f.wait("the forward input", 10*time.Second, func() bool {
				conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					return false
				}
				defer conn.Close()
				_, err = conn.Write(message)
				return err == nil
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := strings.Replace(pipeline("MATCH", "*"), "[OUTPUT]", again+c.input+"[OUTPUT]", 1)
			f := prepare(t, config)
			f.run()
			c.send(t, f)
			f.wantLines("alerts", len(wrappings), 20*time.Second)
			f.wantStill("alerts", len(wrappings))
			f.stop()
			if ids := f.ids("alerts"); len(ids) != len(wrappings) {
				t.Errorf("%d different alerts, want %d", len(ids), len(wrappings))
			}
		})
	}
}
