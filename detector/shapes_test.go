package detector

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// envelopes puts events into every form in which they reach a shipper.
var envelopes = map[string]func(events []string) []string{
	"raw":     func(events []string) []string { return events },
	"records": func(events []string) []string { return []string{`{"Records":[` + strings.Join(events, ",") + `]}`} },
	"eventbridge": each(func(e string) string {
		return `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.x","detail":` + e + `}`
	}),
	"text": each(func(e string) string { return `{"log":` + quoteJSON(e) + `}` }),
	"cri": each(func(e string) string {
		return `{"log":` + quoteJSON("2026-03-02T09:30:00.123456789Z stdout F "+e) + `}`
	}),
	"cri parsed": each(func(e string) string {
		return `{"time":"2026-03-02T09:30:00.123456789Z","stream":"stdout","_p":"F","log":` + quoteJSON(e) + `}`
	}),
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

// respellings put events into the forms that tools between CloudTrail and a shipper
// give them.
var respellings = map[string]func(events []string) []string{
	"dotted":     each(func(e string) string { return flattened(e, ".", false) }),
	"numbered":   each(func(e string) string { return flattened(e, ".", true) }),
	"underscore": each(func(e string) string { return flattened(e, "_", false) }),
	"lower case, parameters as text": each(func(e string) string {
		var members map[string]json.RawMessage
		_ = json.Unmarshal([]byte(e), &members) // else there are no members, and no alert
		lower := map[string]any{}
		for name, value := range members {
			lower[strings.ToLower(name)] = value
			if (name == "requestParameters" || name == "responseElements") && string(value) != "null" {
				lower[strings.ToLower(name)] = string(value)
			}
		}
		return jsonText(lower)
	}),
	"all objects as text": each(func(e string) string {
		var members map[string]any
		d := json.NewDecoder(strings.NewReader(e))
		d.UseNumber()
		_ = d.Decode(&members) // else there are no members, and no alert
		for name, value := range members {
			if object, ok := value.(map[string]any); ok {
				members[name] = jsonText(object)
			}
		}
		return jsonText(members)
	}),
	"two underscores":   each(func(e string) string { return flattened(e, "__", false) }),
	"arrows":            each(func(e string) string { return flattened(e, "->", true) }),
	"bars and a prefix": each(func(e string) string { return flattened(`{"ct":`+e+`}`, "|", false) }),
	"a prefix with a $": each(func(e string) string { return renamed(e, func(name string) string { return "$" + name }) }),
	"a prefix of a word": each(func(e string) string {
		return renamed(e, func(name string) string { return "detail" + strings.ToUpper(name[:1]) + name[1:] })
	}),
	"capitals": each(func(e string) string {
		return renamed(e, func(name string) string { return strings.ToUpper(name[:1]) + name[1:] })
	}),
	"snake case": each(func(e string) string { return renamed(e, snakeCase) }),
	"kebab case": each(func(e string) string {
		return renamed(e, func(name string) string { return strings.ReplaceAll(snakeCase(name), "_", "-") })
	}),
	"ECS":         each(asECS),
	"dotted ECS":  each(func(e string) string { return flattened(asECS(e), ".", false) }),
	"ECS in text": each(func(e string) string { return `{"message":` + quoteJSON(asECS(e)) + `}` }),
}

// asECS returns an event as Elastic's pipeline stores it.
func asECS(text string) (document string) {
	body, _, err := jsontext.AppendMsgpack(nil, []byte(text))
	if err != nil {
		return err.Error()
	}
	_, _, err = envelope.NewReader(source.Schema(), func(e *event.Event) {
		v, _, _ := msgpack.Read(e.AppendECS(nil), 0)
		document = string(jsontext.AppendJSON(nil, v))
	}).Read(body, 0)
	if err != nil {
		return err.Error()
	}
	return document
}

// flattened returns a JSON object with the members of objects in it under joined names.
func flattened(object, separator string, lists bool) string {
	flat := map[string]any{}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for member, below := range v {
				walk(name+separator+member, below)
			}
		case []any:
			if !lists {
				flat[name[1:]] = v
				return
			}
			for i, element := range v {
				walk(fmt.Sprint(name, separator, i), element)
			}
		default:
			flat[name[1:]] = v
		}
	}
	d := json.NewDecoder(strings.NewReader(object))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err.Error()
	}
	walk("", v)
	return jsonText(flat)
}

// renamed returns an event with other names for its own members.
func renamed(e string, rename func(string) string) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e), &members); err != nil {
		return err.Error()
	}
	out := map[string]json.RawMessage{}
	for name, value := range members {
		out[rename(name)] = value
	}
	return jsonText(out)
}

// snakeCase returns eventName as event_name, and eventID as event_id.
func snakeCase(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && (i == 0 || !unicode.IsUpper(rune(name[i-1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
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
	everything := write(t, "everything.toml", `[rule]
name = "Everything"
rule_id = "7d1c1d4e-6f0a-4b0e-9c36-2f1f6f1f4a01"
type = "query"
language = "kuery"
severity = "low"
risk_score = 21
description = "A rule of a test."
author = ["test"]
query = "event.provider: *"
`)
	corpora := map[string]string{"own": "../test/data/cloudtrail.ndjson", "stratus": "../../shared/corpus/stratus.ndjson", "instance connect": "../../shared/corpus/instance-connect.ndjson"}
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
			b := newBench(t, "max_alerts", "0", "rules", "builtin,"+everything)
			b.mustScan(records...)
			var all []string
			for _, a := range b.consumer.Take(1<<30, 0) {
				all = append(all, a.ID)
			}
			slices.Sort(all)
			return all
		}
		want := ids(events)
		if len(want) < 3 {
			t.Fatalf("%s: only %d alerts", corpus, len(want))
		}
		for _, forms := range []map[string]func([]string) []string{envelopes, respellings} {
			for name, wrap := range forms {
				if got := ids(wrap(events)); !slices.Equal(got, want) {
					t.Errorf("%s as %s: %d alerts, want the %d of the raw events\n%s", corpus, name, len(got), len(want), fmt.Sprint(got))
				}
			}
		}
	}
}
