package detector

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// envelopes puts events into every form in which they reach a shipper.
var envelopes = map[string]func(events []string) []string{
	"raw":     func(events []string) []string { return events },
	"records": func(events []string) []string { return []string{`{"Records":[` + strings.Join(events, ",") + `]}`} },
	"eventbridge": each(func(e string) string {
		return `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.x","detail":` + e + `}`
	}),
	"text": each(func(e string) string { return `{"log":` + quoteJSON(e) + `}` }),
	"text of records": func(events []string) []string {
		return []string{`{"message":` + quoteJSON(envelopeRecords(events)) + `}`}
	},
	"event.original": each(func(e string) string { return `{"event.original":` + quoteJSON(e) + `}` }),
	"cloudwatch":     func(events []string) []string { return []string{cloudWatch(events)} },
	"firehose":       func(events []string) []string { return []string{firehose(events, false)} },
	"firehose gzip":  func(events []string) []string { return []string{firehose(events, true)} },
	"sns":            each(func(e string) string { return `{"Type":"Notification","Message":` + quoteJSON(e) + `}` }),
	"sqs":            each(func(e string) string { return `{"messageId":"m","body":` + quoteJSON(e) + `}` }),
	"eventbridge in sns in sqs": each(func(e string) string {
		return `{"body":` + quoteJSON(`{"Type":"Notification","Message":`+quoteJSON(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.x","detail":`+e+`}`)+`}`) + `}`
	}),
	"lookup": func(events []string) []string {
		return []string{`{"Events":[` + strings.Join(each(func(e string) string { return `{"EventId":"x","CloudTrailEvent":` + quoteJSON(e) + `}` })(events), ",") + `]}`}
	},
}

func each(wrap func(string) string) func([]string) []string {
	return func(events []string) []string {
		all := make([]string, len(events))
		for i, e := range events {
			all[i] = wrap(e)
		}
		return all
	}
}

func envelopeRecords(events []string) string {
	return `{"Records":[` + strings.Join(events, ",") + `]}`
}

func cloudWatch(events []string) string {
	return `{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":[` +
		strings.Join(each(func(e string) string { return `{"id":"1","timestamp":1,"message":` + quoteJSON(e) + `}` })(events), ",") + `]}`
}

func firehose(events []string, compressed bool) string {
	data := []byte(cloudWatch(events))
	if compressed {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(data) // into memory
		_ = w.Close()
		data = b.Bytes()
	}
	return `{"requestId":"r","timestamp":1,"records":[{"data":"` + base64.StdEncoding.EncodeToString(data) + `"}]}`
}

// The same events give the same alerts, id for id, in whatever form they come.
func TestEveryShapeGivesTheSameAlerts(t *testing.T) {
	corpora := map[string]string{"own": "../test/data/cloudtrail.ndjson", "stratus": "../../shared/corpus/stratus.ndjson"}
	for corpus, path := range corpora {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) && corpus != "own" {
			t.Logf("%s is not there: tested with our own events only", path)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		events := strings.Split(strings.TrimSpace(string(text)), "\n")
		ids := func(records []string) []string {
			b := newBench(t, "max_alerts", "0")
			b.mustScan(records...)
			var all []string
			for _, a := range b.alerts() {
				all = append(all, a["alert_id"].(string))
			}
			slices.Sort(all)
			return all
		}
		want := ids(events)
		if len(want) < 3 {
			t.Fatalf("%s: only %d alerts", corpus, len(want))
		}
		for name, wrap := range envelopes {
			if got := ids(wrap(events)); !slices.Equal(got, want) {
				t.Errorf("%s as %s: %d alerts, want the %d of the raw events\n%s", corpus, name, len(got), len(want), fmt.Sprint(got))
			}
		}
	}
}
