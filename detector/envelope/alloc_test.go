package envelope

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// others are records without an event.
var others = map[string]string{
	"a line":          `{"log":"203.0.113.9 - - \"GET / HTTP/1.1\" 200","stream":"stdout","kubernetes":{"labels":{"a":"b"}}}`,
	"brackets":        `{"log":"[2024-02-01 08:15:30] {worker} an event happened","message":"{not JSON}"}`,
	"JSON":            `{"log":` + quote(`{"level":"info","msg":"served","n":[1,2,{"a":"b"}]}`) + `}`,
	"JSON that might": `{"log":` + quote(`{"event":"served","caf\u00e9":1}`) + `,"body":` + quote(`"{\"event\":1}"`) + `}`,
	"a digest file":   `{"awsAccountId":"1","digestStartTime":"x","logFiles":[` + eventA + `]}`,
	"an Insight":      `{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","insightDetails":{"eventName":"A"}}`,
	"our alert":       `{"event":{"kind":"alert","provider":"p","action":"A"},"message":"m"}`,
	"another service": `{"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}}`,
	"flow logs":       `{"records":[{"data":` + quote(encode64("2 111122223333 eni-1 ACCEPT OK")) + `},{"data":` + quote(encode64(gzipped("2 111122223333 eni-1 REJECT OK"))) + `}]}`,
	"ECS":             ecsSample,
}

// Nothing is allocated for a record that no rule is interested in, in any
// shape, once the buffers have grown to what the shape needs.
func TestReadingAllocatesNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that reading records allocates nothing")
	}
	provider, action := schema.Field("event.provider"), schema.Field("event.action")
	events := 0
	r := NewReader(schema, func(e *event.Event) { events += len(e.Values(provider)) * len(e.Values(action)) })
	run := func(name string, chunk []byte) {
		read := func() { readChunk(t, r, chunk) }
		read()
		if n := testing.AllocsPerRun(20, read); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for _, w := range forms {
		events = 0
		run(w.name, msgpacktest.Chunk(t, toAny(w.wrap(samples()))...))
		if events == 0 {
			t.Errorf("%s: no event was visited", w.name)
		}
	}
	for name, line := range others {
		run(name, msgpacktest.FromJSON(t, line))
	}
}

func toAny(records []string) (list []any) {
	for _, r := range records {
		list = append(list, r)
	}
	return list
}

// All fields of an event can be asked for without allocating.
func TestValuesAllocateNothing(t *testing.T) {
	if msgpacktest.RaceDetector {
		t.Skip("the race detector allocates; not tested: that the values of fields allocate nothing")
	}
	var all []*event.Field
	for _, name := range schema.Names() {
		all = append(all, schema.Field(name))
	}
	n := 0
	r := NewReader(schema, func(e *event.Event) {
		for _, f := range all {
			n += len(e.Values(f))
		}
	})
	chunk := msgpacktest.Chunk(t, toAny(append(samples(), ecsSample))...)
	read := func() { readChunk(t, r, chunk) }
	read()
	if got := testing.AllocsPerRun(20, read); got != 0 || n == 0 {
		t.Errorf("%v allocations for %d values", got, n)
	}
}
