package envelope

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// wrappingsOf are ways to put a JSON value into another one, with noise around it
// that is not JSON and names no event.
var wrappingsOf = []func(value, noise string) string{
	func(v, noise string) string { return `{` + quote("k"+noise) + `:` + v + `}` },
	func(v, noise string) string {
		return `{"a":` + quote(noise) + `,"list":[1,null,` + v + `,` + quote(noise) + `]}`
	},
	func(v, _ string) string { return `{"values":[["1",` + v + `]]}` },
	func(v, noise string) string {
		return `{"log":` + quote("2026-05-04T10:11:12Z "+noise+" "+v+" "+noise) + `}`
	},
	func(v, noise string) string { return `{"lines":` + quote(noise+"\n"+v+"\n"+noise) + `}` },
	func(v, noise string) string { return `{"blob":` + quote(noise+" "+encode64(v)+" "+noise) + `}` },
	func(v, noise string) string {
		return `{"packed":` + quote(encode64(gzipped(v))) + `,` + quote(noise) + `:0}`
	},
	func(v, _ string) string { return `{"text":` + quote(quote(v)) + `}` },
}

// An event in any wrapping is found, once, and noise around it changes nothing.
func FuzzWrapped(f *testing.F) {
	for i := range wrappingsOf {
		f.Add([]byte{byte(i)}, "")
		f.Add([]byte{byte(i), byte(i + 3), byte(i + 5)}, "level=info at 10:11")
	}
	const line = `{"eventVersion":"1.08","eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey",` +
		`"userIdentity":{"userName":"alice"},"requestParameters":{"instanceId":"i-1"},"eventID":"e-1"}`
	id := schema.Field("event.id")
	var found []string
	r := NewReader(schema, func(e *event.Event) { found = append(found, string(e.First(id).Bytes())) })
	f.Fuzz(func(t *testing.T, path []byte, noise string) {
		if len(path) > 5 || len(noise) > 200 || !utf8.ValidString(noise) || strings.ContainsAny(noise, "{[\"\\\x00\n") || r.finders.mayCarry([]byte(noise)) {
			return
		}
		value := line
		for _, b := range path {
			value = wrappingsOf[int(b)%len(wrappingsOf)](value, noise)
		}
		if !json.Valid([]byte(value)) {
			return
		}
		body, _, err := jsontext.AppendMsgpack(nil, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		found = found[:0]
		_, seen, err := r.Read(body, 0)
		if err != nil || strings.Join(found, " ") != "e-1" {
			t.Errorf("%v: found %q, %+v in\n%s", err, found, seen, value)
		}
	})
}
