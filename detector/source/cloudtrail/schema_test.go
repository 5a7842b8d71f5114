package cloudtrail

import (
	"encoding/json"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/source/ecs"
)

// schema is that of the sources that are built in.
var schema = event.NewSchema(Source, ecs.Source)

// readLine lets r read a record whose body is the JSON text.
func readLine(t *testing.T, r *envelope.Reader, line string) {
	t.Helper()
	body, _, err := jsontext.AppendMsgpack(nil, []byte(line))
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if end, _, err := r.Read(body, 0); err != nil || end != len(body) {
		t.Fatalf("Read = %d of %d, %v", end, len(body), err)
	}
}

func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
