package envelope

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// read returns what the reader visits in a record: "shape:action" of each
// event, and what it says of the whole.
func read(t *testing.T, line string) (events string, seen Seen) {
	t.Helper()
	var found []string
	action := schema.Field("event.action")
	r := NewReader(schema, func(e *event.Event) {
		found = append(found, fmt.Sprintf("%s:%s", AppendShape(nil, e), e.First(action).Bytes()))
	})
	seen = readLine(t, r, line)
	return strings.Join(found, " "), seen
}

// readLine lets r read a record whose body is the JSON text.
func readLine(t *testing.T, r *Reader, line string) Seen {
	t.Helper()
	chunk := msgpacktest.FromJSON(t, line)
	cursor := msgpack.NewCursor(chunk)
	var head msgpack.Head
	if ok, err := cursor.Next(&head); !ok || err != nil {
		t.Fatalf("cursor: %v, %v", ok, err)
	}
	end, seen, err := r.Read(chunk, head.Body)
	if err != nil || end != len(chunk) {
		t.Fatalf("Read = %d of %d, %v", end, len(chunk), err)
	}
	return seen
}

const (
	eventA = `{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","eventName":"A"}`
	eventB = `{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","eventName":"B"}`
)

func TestShapes(t *testing.T) {
	file := `{"Records":[` + eventA + `,` + eventB + `]}`
	bridge := `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","detail":` + eventA + `}`
	for _, c := range []struct {
		name, line, events string
		shape              Shape
		unreadable         int
	}{
		{"an event", eventA, "raw:A", Raw, 0},
		{"an event beside the line it was parsed from", `{"log":` + quote(eventB) + `,` + eventA[1:], "raw:A text:B", Raw, 0},
		{"an S3 object", file, "records:A records:B", Records, 0},
		{"an S3 object without events", `{"Records":[]}`, "", Records, 0},
		{"an S3 object with odd elements", `{"Records":[1,null,"x",[],` + eventA + `,{}]}`, "records:A", Records, 0},
		{"an EventBridge event", bridge, "eventbridge:A", EventBridge, 0},
		{"a line under log", `{"log":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"a line under message", `{"message":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"a line under event.original, nested", `{"event":{"original":` + quote(eventA) + `}}`, "text:A", Text, 0},
		{"a line under event.original, dotted", `{"event.original":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"and with the dataset that Filebeat adds", `{"event.original":` + quote(eventA) + `,"event.dataset":"aws.cloudtrail"}`, "text:A", Text, 0},
		{"a line with its line end", `{"log":` + quote(" \t"+eventA+"\r\n") + `}`, "text:A", Text, 0},
		{"two lines in one", `{"log":` + quote(eventA+"\n"+eventB) + `}`, "text:A text:B", Text, 0},
		{"an array of events", `{"log":` + quote("["+eventA+","+eventB+"]") + `}`, "text:A text:B", Text, 0},
		{"a line that is an S3 object", `{"log":` + quote(file) + `}`, "text/records:A text/records:B", Text, 0},
		{"a line that is an EventBridge event", `{"message":` + quote(bridge) + `}`, "text/eventbridge:A", Text, 0},
		{"the same line twice in a record", `{"log":` + quote(eventA) + `,"message":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"other JSON first", `{"log":"{}","message":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"an escaped name", `{"log":` + quote(`{"eventSource":"ec2.amazonaws.com","event\u004eame":"\u0041"}`) + `}`, "text:A", Text, 0},
		{"ECS, nested", `{"event":{"provider":"ec2.amazonaws.com","action":"A"}}`, "ecs:A", ECS, 0},
		{"ECS, dotted", `{"event.provider":"ec2.amazonaws.com","event.action":"A"}`, "ecs:A", ECS, 0},
		{"ECS, mixed", `{"event":{"provider":"ec2.amazonaws.com"},"event.action":"A"}`, "ecs:A", ECS, 0},
		{"ECS without a value", `{"event":{"provider":null,"action":[]},"event.action":null}`, "", Other, 0},
		{"ECS with the line", `{"event":{"provider":"p","action":"A","original":` + quote(eventB) + `}}`, "ecs:A text:B", ECS, 0},
		{"ECS with the line that it was made of", `{"event":{"provider":"ec2.amazonaws.com","action":"A","outcome":"success","original":` + quote(eventA) + `}}`, "ecs:A", ECS, 0},
		{"ECS in a line", `{"log":` + quote(`{"event":{"provider":"ec2.amazonaws.com","action":"A"}}`) + `}`, "text/ecs:A", Text, 0},

		// What carries nothing of ours is nothing.
		{"JSON of something else", `{"log":` + quote(`{"level":"info","msg":"served"}`) + `}`, "", Other, 0},
		{"an app's own event", `{"log":` + quote(`{"event":"served"}`) + `}`, "", Other, 0},
		{"a message without an event", `{"Message":"hello","body":"x","data":"eyJ9","records":[1],"Events":{},"detail":"d"}`, "", Other, 0},
		{"an EventBridge event of another kind", `{"detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"instance-id":"i-1","state":"running"}}`, "", Other, 0},
		{"CloudWatch asks whether we are there", `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`, "", Other, 0},
		{"Firehose with other data", `{"records":[{"data":` + quote(encode64("2 111122223333 eni-1 203.0.113.1 ACCEPT OK")) + `},{"data":"no base64 !"},{"data":7},{}]}`, "", Other, 0},
		{"a notification of CloudTrail's that names a file", `{"Type":"Notification","Message":` + quote(`{"s3Bucket":"b","s3ObjectKey":["AWSLogs/1.json.gz"]}`) + `}`, "", Other, 0},
		{"a notification of S3", `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}]}`, "", Records, 0},

		// All members are looked into, and copies are one event.
		{"a notification beside its line", `{"log":` + quote(eventB) + `,"Message":` + quote(eventA) + `}`, "text:B sns:A", Text, 0},
		{"a fruitless carrier before a good one", `{"records":[{"data":"x"}],"detail":{},"log":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"any other member", `{"LOG":` + quote(eventA) + `,"Detail":` + eventB + `}`, "text:A nested:B", Text, 0},

		{"an event parsed in place", `{"log":` + eventA + `}`, "text:A", Text, 0},
		{"lists of events", `{"detail":[` + eventA + `,` + eventB + `]}`, "eventbridge:A eventbridge:B", EventBridge, 0},
		{"a record of Kinesis in a line", `{"log":` + quote(`{"kinesis":{"data":`+quote(encode64(eventA))+`}}`) + `}`, "text/firehose:A", Text, 0},
		{"log events for a Lambda function", `{"awslogs":{"data":` + quote(encode64(gzipped(asCloudWatch.wrap([]string{eventA, eventB})[0]))) + `}}`, "firehose/cloudwatch:A firehose/cloudwatch:B", Firehose, 0},
		{"and in a line", `{"log":` + quote(`{"awslogs":{"data":`+quote(encode64(gzipped(eventA)))+`}}`) + `}`, "text/firehose:A", Text, 0},
		{"a line under payload", `{"topic":"t","payload":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"a line under exec", `{"exec":` + quote(eventA) + `}`, "text:A", Text, 0},
		{"data by itself", `{"data":` + quote(encode64(eventA)) + `,"detail":{"data":` + quote(encode64(eventB)) + `}}`, "text:A eventbridge/text:B", Text, 0},
		{"lists in lists", `{"Records":[[` + eventA + `],` + eventB + `]}`, "records:A records:B", Records, 0},
		{"texts that are a list in a text", `{"log":` + quote(`[`+quote(eventA)+`,`+quote(`[`+eventB+`]`)+`]`) + `}`, "text:A text:B", Text, 0},

		// What an event says of itself does not make it ours.
		{"a document that says it is an alert", `{"event":{"kind":"alert","provider":"p","action":"A"}}`, "ecs:A", ECS, 0},
		{"one that says so with dots", `{"event.kind":"signal","event.provider":"p","event.action":"A"}`, "ecs:A", ECS, 0},
		{"one of our data sets", `{"event":{"dataset":"fluent_detect.alert","action":"A"},"alert_id":"1"}`, "ecs:A", ECS, 0},
		{"an event beside that", `{"event":{"kind":"alert"},"Records":[` + eventA + `]}`, "records:A", Records, 0},

		{"a digest file", `{"awsAccountId":"1","digestStartTime":"x","logFiles":[` + eventA + `]}`, "", Other, 0},
		{"an Insight event", `{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","insightDetails":{"eventName":"A","eventSource":"s"}}`, "", Other, 0},
		{"an event without name and source", `{"eventVersion":"1.08","eventTime":"x"}`, "", Other, 1},
		{"an event with Insight details", `{"eventSource":"ec2.amazonaws.com","eventName":"A","insightDetails":{}}`, "raw:A", Raw, 0},
		{"a digest file that names an event", `{"logFiles":[],"eventSource":"ec2.amazonaws.com","eventName":"A"}`, "raw:A", Raw, 0},
		{"an Insight event by EventBridge", `{"detail-type":"AWS Insight via CloudTrail","detail":{"eventVersion":"1.07","insightDetails":{"eventName":"A"}}}`, "", EventBridge, 0},
		{"a line of something else", `{"log":"GET / 200"}`, "", Other, 0},
		{"an empty record", `{}`, "", Other, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, seen := read(t, c.line)
			if events != c.events || seen.Shape != c.shape || seen.Unreadable != c.unreadable {
				t.Errorf("%s\n got events %q, shape %s, unreadable %v\nwant events %q, shape %s, unreadable %v",
					c.line, events, seen.Shape, seen.Unreadable, c.events, c.shape, c.unreadable)
			}
			if want := len(strings.Fields(c.events)); seen.Events != want {
				t.Errorf("%d events, want %d", seen.Events, want)
			}
		})
	}
}

// Envelopes in envelopes end somewhere, and are counted when they do.
func TestEnvelopesAreBounded(t *testing.T) {
	line := eventA
	for range maxLevels - 1 {
		line = `{"log":` + quote(line) + `}`
	}
	if events, seen := read(t, line); events != strings.Repeat("text/", maxLevels-2)+"text:A" || seen.Unreadable != 0 {
		t.Errorf("%d levels: %q, %+v", maxLevels-1, events, seen)
	}
	if events, seen := read(t, `{"log":`+quote(line)+`}`); events != "" || seen.Unreadable != 1 {
		t.Errorf("%d levels: %q, %+v", maxLevels, events, seen)
	}
}

// What one large record made grow is given back.
func TestBuffersAreGivenBack(t *testing.T) {
	r := NewReader(schema, func(*event.Event) {})
	noise := make([]byte, maxKept/maxInflation) // so that it is not a compression bomb
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	large := fmt.Sprintf(`{"eventName":"A","requestParameters":"%x%s"}`, noise, strings.Repeat("x", maxKept+1))
	for _, line := range []string{
		`{"log":` + quote(large) + `}`,
		`{"records":[{"data":` + quote(encode64(large)) + `}]}`,
		`{"records":[{"data":` + quote(encode64(gzipped(large))) + `}]}`,
	} {
		if seen := readLine(t, r, line); seen.Events != 1 {
			t.Errorf("%+v", seen)
		}
		for i, l := range r.levels {
			if l != nil && (cap(l.text) > maxKept || cap(l.plain) > maxKept || cap(l.inflated) > maxKept) {
				t.Errorf("level %d keeps %d, %d and %d bytes", i, cap(l.text), cap(l.plain), cap(l.inflated))
			}
		}
	}
}
