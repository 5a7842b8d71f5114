package detector

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/stats"
)

// indented is an object of S3 as jq prints it, by lines, as tail reads them.
func indented(t *testing.T) (records []string) {
	t.Helper()
	var file any
	if err := json.Unmarshal([]byte(`{"Records":[`+other+`,`+push(1)+`]}`), &file); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		records = append(records, string(jsonObject(t, "log", strings.TrimSuffix(line, "\n"))))
	}
	return records
}

// Records are evaluated, dismissed, unreadable, unrecognised or other.
func TestUnrecognized(t *testing.T) {
	const name = `"eventName": "SendSSHPublicKey",`
	line := string(jsonObject(t, "log", name))
	for _, c := range []struct {
		name    string
		records []string
		want    string // the unrecognised ones, by key
		line    string // in the log
	}{
		{"a line of indented JSON", []string{line}, "log 1", `"t": unrecognised records, which have names of events in a form that is not read: 1, in the members "log" (1)`},
		{"indented JSON", indented(t), "log 4", `: 4, in the members "log" (4)`},
		{"beside events", []string{push(1), line, push(2), `{"msg":"EVENTSOURCE=x"}`, line}, "log 2, msg 1", `: 3, in the members "log" (2), "msg" (1)`},
		{"lower case", []string{`{"text":"eventsource ec2"}`}, "text 1", `"text" (1)`},
		{"upper case, as a key", []string{`{"a":{"x EVENTNAME y":1}}`}, "a 1", `"a" (1)`},
		{"a key with control characters", []string{`{"a\u001b[2J\n":"eventName"}`}, "a?[2J? 1", `"a?[2J?" (1)`},
		{"a long key", []string{`{"` + strings.Repeat("k", 1000) + `":"eventName"}`}, strings.Repeat("k", 64) + "… 1", `"` + strings.Repeat("k", 64) + `…" (1)`},
		{"many keys", manyKeys(7), "k0 1, k1 1, k2 1, k3 1, k4 1, k5 1, k6 1", `"k4" (1), and 2 more`},
		{"an event", []string{push(1)}, "", ""},
		{"an event in text", []string{string(jsonObject(t, "log", push(1)))}, "", ""},
		{"an event that is cut short", []string{string(jsonObject(t, "log", push(1)[:90]))}, "", ""},
		{"other text", []string{`{"log":"GET /index.html 200"}`, `{"event":"name"}`}, "", ""},
	} {
		b := newBench(t)
		chunk := chunkOf(t, c.records...)
		r, err := b.engine.Scan("t", chunk)
		if err != nil {
			t.Fatal(err)
		}
		s := b.engine.Report()
		var got []string
		for _, k := range s.Keys {
			got = append(got, fmt.Sprint(k.Name, " ", k.Count))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q are unrecognised, want %q", c.name, got, c.want)
		}
		if c.line == "" && len(b.warned) > 0 || c.line != "" && (len(b.warned) != 1 || !strings.Contains(b.warned[0], c.line)) {
			t.Errorf("%s: the log has %q, want one line with %q", c.name, b.warned, c.line)
		}
		sum := s.Skipped + s.Unread + s.Unrecognized
		for _, n := range s.Shapes {
			sum += n
		}
		if sum != s.Records || s.Unrecognized != uint64(len(r.Unrecognized)) {
			t.Errorf("%s: the sum of all kinds is %d: %+v", c.name, sum, s.Counts)
		}
		for i, u := range r.Unrecognized {
			if u.Body <= 0 || u.Body >= len(chunk) || i > 0 && u.Body <= r.Unrecognized[i-1].Body || !strings.Contains(c.want, u.Key+" ") {
				t.Errorf("%s: %+v", c.name, r.Unrecognized)
			}
		}
	}
}

func manyKeys(n int) (records []string) {
	for i := range n {
		records = append(records, fmt.Sprintf(`{"k%d":"eventName"}`, i))
	}
	return records
}

// The log has a line a minute, and one for each new key, of which there are few.
func TestUnrecognizedInTheLog(t *testing.T) {
	b := newBench(t)
	scan := func(record string, want int) {
		t.Helper()
		b.warned = nil
		b.mustScan(record)
		if len(b.warned) != want {
			t.Errorf("%s: %q", record, b.warned)
		}
	}
	scan(`{"log":"eventName"}`, 1)
	for range 100 {
		scan(`{"log":"eventName"}`, 0)
	}
	scan(`{"msg":"eventName"}`, 1)
	b.advance(time.Minute)
	scan(`{"log":"eventName"}`, 1)
	if !strings.HasSuffix(b.warned[0], "; chunks with such records since the last such line: 101") {
		t.Errorf("%q", b.warned)
	}
	b.warned = nil
	for _, record := range manyKeys(1000) {
		b.mustScan(record)
	}
	if len(b.warned) > 40 {
		t.Errorf("%d lines", len(b.warned))
	}
	if keys := b.engine.Report().Keys; keys[len(keys)-1] != (stats.Key{Name: stats.OtherKeys, Count: 970}) {
		t.Errorf("the last of %d keys is %v", len(keys), keys[len(keys)-1])
	}
}

// A chunk in which nothing can match is counted and not read, but for its last record:
// if that is unrecognised all are read.
func TestUnrecognizedInLargeChunks(t *testing.T) {
	line := string(jsonObject(t, "log", `"eventName": "ListRoles",`))
	b := newBench(t)
	r, err := b.engine.Scan("t", chunkOf(t, slices.Concat(many, []string{line})...))
	if err != nil || len(r.Unrecognized) != 1 || r.Skipped != 0 || r.Records != len(many)+1 {
		t.Errorf("%d of %d records were skipped, %v unrecognised, %v", r.Skipped, r.Records, r.Unrecognized, err)
	}
}

// What stands in the place of the time does not matter. Group markers are not records.
func TestUnrecognizedWithOddTimes(t *testing.T) {
	body := map[string]any{"log": "eventName"}
	for _, c := range []struct {
		at   any
		want int
	}{{nil, 1}, {"x", 1}, {msgpacktest.GroupStart, 0}} {
		b := newBench(t)
		if r, err := b.engine.Scan("t", msgpacktest.Event(t, body, msgpacktest.At(c.at))); err != nil || r.Records != c.want || len(r.Unrecognized) != c.want {
			t.Errorf("%v: %+v, %v", c.at, r, err)
		}
	}
}
