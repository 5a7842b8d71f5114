package envelope

import (
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
)

var escapes = literal.NewSet(literal.Exact(Escapes...))

func TestEscapes(t *testing.T) {
	type m = map[string]any
	for _, c := range []struct {
		name string
		body any
		want bool
	}{
		{"parsed", m{"eventName": "PutItem", "eventSource": "dynamodb.amazonaws.com"}, false},
		{"a policy in a parsed event", m{"eventName": "PutRolePolicy", "requestParameters": m{"policyDocument": `{"Version":"2012-10-17"}`}}, false},
		{"text", m{"log": `{"eventName":"PutItem","message":"C:\\temp\n\"x\""}`}, false},
		{"escaped text", m{"log": `{"eventN\u0061me":"PutItem"}`}, true},
		{"escaped text in text", m{"log": `{"Message":"{\"eventN\\u0061me\":\"PutItem\"}"}`}, true},
		{"packed", m{"records": []any{m{"data": "eyJldmVudE5hbWUiOiJQdXRJdGVtIn0="}}}, true},
		{"packed in text", m{"log": `{"awslogs":{"data":"H4sI"}}`}, true},
		{"packed in text, blanks", m{"log": "{ \"kinesis\" : {\n\"data\" : \"H4sI\"}}"}, true},
		{"packed in text in text", m{"log": `{"body":"{\"records\":[{\"data\":\"eyJ9\"}]}"}`}, true},
	} {
		if got := escapes.AnyIn(msgpacktest.Event(t, c.body)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
