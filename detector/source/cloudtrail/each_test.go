package cloudtrail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

// Each is Values in fewer walks: both say the same, whatever the record.
func TestEachGivesWhatValuesGives(t *testing.T) {
	records := append(msgpacktest.Lines(),
		`{"eventName":"X","userIdentity":{"type":"a","type":"b"}}`,
		`{"eventName":"X","userIdentity":{"type":"","type":"b","arn":"-"}}`,
		`{"eventName":"X","userIdentity":{"type":"a"},"userIdentity":{"type":"b","arn":"c"}}`,
		`{"eventName":"X","userIdentity":[{"type":"a"},{"arn":"b"}]}`,
		`{"eventName":"X","userIdentity":{"type":["a",["b"]],"arn":[]}}`,
		`{"eventName":"X","userIdentity":{"sessionContext":[{"sessionIssuer":{"arn":"a"}},{"sessionIssuer":{"arn":"b"}}]}}`,
		`{"eventName":"X","userIdentity":{"sessionContext.sessionIssuer":{"arn":"a"},"sessionContext":{"sessionIssuer.arn":"b","sessionIssuer":{"type":"Role"}}}}`,
		`{"eventName":"X","userIdentity":{"sessionContext":{"sessionIssuer":{"arn":"a"}},"sessionContext":{"sessionIssuer":{"type":"b"}}}}`,
		`{"eventName":"X","userIdentity":{"type":{"a":1},"arn":5,"principalId":null,"accessKeyId":{}}}`,
		`{"eventName":"X","userIdentity":"text","requestParameters":null,"responseElements":7}`,
		`{"eventName":"X","resources":[{"ARN":"a","type":"t"},{"ARN":"b","accountId":"c"}],"tlsDetails":{"cipherSuite":"c"}}`,
		`{"eventName":"X","requestParameters":{"userName":"a","groupName":["b"],"other.name":1},"responseElements":{"user":{"userId":"u"},"group":{"groupId":{"x":1}}}}`,
		`{"event":{"provider":"p","action":"a"},"user.name":["x","y"],"user":{"id":"z"},"aws":{"cloudtrail.user_identity":{"arn":"b"}}}`,
	)
	if text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "corpus", "stratus.ndjson")); err == nil {
		for line := range strings.Lines(string(text)) {
			records = append(records, line)
		}
	} else {
		t.Logf("real events were not tested: %v", err)
	}
	var all []*event.Field
	for _, name := range schema.Names() {
		all = append(all, schema.Field(name))
	}
	all = append(all, schema.Field("source.geo.country_name"), schema.Field("aws.cloudtrail.flattened.request_parameters.instanceId"),
		schema.Field("aws.cloudtrail.flattened.request_parameters.instancesSet.items.instanceId"))
	fields := schema.NewFieldSet(all)
	events := 0
	reader := envelope.NewReader(schema, func(e *event.Event) {
		events++
		want := make([]string, len(all))
		for i, f := range all {
			want[i] = join(e.Values(f))
		}
		got := make([]string, len(all))
		e.Visit(fields, func(i int, values []msgpack.Value) {
			if got[i] != "" {
				t.Errorf("%s was handed over twice", all[i].Name)
			}
			got[i] = join(values)
		})
		for i, f := range all {
			if got[i] != want[i] {
				t.Errorf("%s is %s, want %s in %s", f.Name, got[i], want[i], jsontext.AppendJSON(nil, e.Document()))
			}
		}
	})
	for _, line := range records {
		body, _, err := jsontext.AppendMsgpack(nil, []byte(line))
		if err != nil {
			continue
		}
		if _, _, err := reader.Read(body, 0); err != nil {
			t.Fatal(err)
		}
	}
	if events < 13 {
		t.Errorf("%d events", events)
	}
}

func join(values []msgpack.Value) string {
	var text []byte
	for _, v := range values {
		text = append(jsontext.AppendJSON(text, v), ' ')
	}
	return string(text)
}
