package envelope

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// sampleChunk wraps events of our own making in a shape and repeats the records
// until there are about 2 MB of them, as Fluent Bit's chunks have.
func sampleChunk(tb testing.TB, w form) []byte {
	var once, chunk []byte
	for _, line := range w.wrap(msgpacktest.Lines()) {
		once = append(once, msgpacktest.FromJSON(tb, line)...)
	}
	for len(chunk) < 2<<20 {
		chunk = append(chunk, once...)
	}
	return chunk
}

// readChunk reads all records of a chunk.
func readChunk(tb testing.TB, r *Reader, chunk []byte) {
	var head msgpack.Head
	cursor := msgpack.NewCursor(chunk)
	for {
		ok, err := cursor.Next(&head)
		if err != nil {
			tb.Fatal(err)
		}
		if !ok {
			return
		}
		end, _, err := r.Read(chunk, head.Body)
		if err != nil {
			tb.Fatal(err)
		}
		cursor.Resume(end)
	}
}

// BenchmarkRead reads chunks of events that nobody is interested in: what has
// them tried is asked for, event.provider and event.action, and no more.
func BenchmarkRead(b *testing.B) {
	b.Run("skip", func(b *testing.B) { // for the ratio: the chunk of raw events, stepped over
		chunk := sampleChunk(b, asRaw)
		b.SetBytes(int64(len(chunk)))
		for b.Loop() {
			var head msgpack.Head
			for cursor := msgpack.NewCursor(chunk); ; {
				if ok, err := cursor.Next(&head); !ok || err != nil {
					break
				}
				end, err := msgpack.Skip(chunk, head.Body)
				if err != nil {
					b.Fatal(err)
				}
				cursor.Resume(end)
			}
		}
	})
	provider, action := schema.Field("event.provider"), schema.Field("event.action")
	run := func(name string, chunk []byte, events bool) {
		b.Run(name, func(b *testing.B) {
			n := 0
			r := NewReader(schema, func(e *event.Event) { n += len(e.Values(provider)) * len(e.Values(action)) })
			b.SetBytes(int64(len(chunk)))
			b.ReportAllocs()
			for b.Loop() {
				readChunk(b, r, chunk)
			}
			if events != (n > 0) {
				b.Errorf("%d events", n)
			}
		})
	}
	for _, c := range []struct {
		name string
		form
	}{
		{"raw", asRaw}, {"records", asRecords}, {"eventbridge", asEventBridge},
		{"text/log", asLog}, {"text/original", asOriginal}, {"text/records", within(asLog, asRecords)},
		{"sns", asSNS}, {"sqs/body", asSQS}, {"sqs/messages", asSQSMessages}, {"sqs/sns", within(asSQS, asSNS)},
		{"lambda/sqs", asLambdaSQS}, {"lambda/kinesis", asLambdaKinesis},
		{"cloudwatch/events", asCloudWatch}, {"cloudwatch/message", asCloudWatchMessage},
		{"firehose/plain", asFirehose}, {"firehose/gzip", asFirehoseGzip}, {"firehose/cloudwatch", within(asFirehoseGzip, asCloudWatch)},
		{"lookup", asLookup},
	} {
		run(c.name, sampleChunk(b, c.form), true)
	}
	run("ecs", sampleChunk(b, single("", func(string) string { return ecsSample })), true)
	for _, line := range []struct{ name, text string }{
		{"other/line", `{"log":"203.0.113.9 - - [01/Feb/2024:08:15:30 +0000] \"GET /index.html HTTP/1.1\" 200 5316 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"","stream":"stdout","time":"2024-02-01T08:15:30.000000000Z","kubernetes":{"pod_name":"web-5d8f","namespace_name":"default","labels":{"app":"web"},"container_name":"nginx","host":"node-1"}}`},
		{"other/json", `{"log":` + quote(`{"level":"info","ts":"2024-02-01T08:15:30Z","caller":"server/handler.go:142","msg":"request served","method":"GET","path":"/api/v1/items/42","status":200,"duration_ms":12.7,"remote":"203.0.113.9","user_agent":"curl/8.5.0","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`) + `,"stream":"stdout"}`},
	} {
		run(line.name, sampleChunk(b, single("", func(string) string { return line.text })), false)
	}
}

// ecsSample is an event as Elastic Agent ships it.
const ecsSample = `{"@timestamp":"2024-02-01T08:15:30Z","agent":{"name":"a","type":"filebeat","version":"8.17.0"},"aws":{"cloudtrail":{"event_type":"AwsApiCall","event_version":"1.09","read_only":true,"recipient_account_id":"111122223333","request_parameters":"{maxResults=1000}","user_identity":{"arn":"arn:aws:iam::111122223333:user/grace","type":"IAMUser"},"flattened":{"request_parameters":{"maxResults":1000}}}},"cloud":{"account":{"id":"111122223333"},"provider":"aws","region":"eu-central-1"},"data_stream":{"dataset":"aws.cloudtrail","namespace":"default","type":"logs"},"ecs":{"version":"8.11.0"},"event":{"action":"DescribeInstances","created":"2024-02-01T08:20:00Z","dataset":"aws.cloudtrail","id":"d5a1a7c1-6a9d-4d8c-9d5b-0a8b0ff4ad11","kind":"event","module":"aws","outcome":"success","provider":"ec2.amazonaws.com","type":["info"]},"source":{"address":"203.0.113.9","ip":"203.0.113.9"},"tags":["forwarded","aws-cloudtrail"],"user":{"id":"AIDAEXAMPLE","name":"grace"},"user_agent":{"original":"aws-cli/2.15.0"}}`
