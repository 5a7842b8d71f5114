package match

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
)

// Programs without a provider and an action are found in an event whatever its form, and
// are not evaluated for an event without what they need.
func TestGates(t *testing.T) {
	set := NewSet(compileAll(t, []string{
		`aws.cloudtrail.user_identity.access_key_id: AKIA*`,
		`user.name: PhantomKey-* and not event.provider: bedrock.amazonaws.com`,
		`user_agent.original: (*Browser* or "some client") and event.outcome: success`,
		`aws.cloudtrail.user_identity.session_context.session_issuer.arn: *role/Agent*`,
		`aws.cloudtrail.flattened.request_parameters.path.to: *needle* or user_agent.original: *haystack*`,
		`cloud.region: eu-central-1`,                         // in every event
		`aws.cloudtrail.user_identity.type: "IAMUserOfOurs"`, // has few values
	}), ecs)
	if n := len(set.all.gates); n == 0 || len(set.all.always) != 2 {
		t.Fatalf("%d gates, %d programs are always evaluated", n, len(set.all.always))
	}
	var scratch Scratch
	var matched []int32
	reader := envelope.NewReader(ecs.Schema, func(e *event.Event) { matched = slices.Clone(set.Match(e, &scratch)) })
	reader.Expect(set.FrequentFields())
	all := []int32{0, 1, 2, 3, 4}
	identity := `{"type":"IAMUser","accessKeyId":"AKIAX","userName":"PhantomKey-1","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/AgentX"}}}`
	escaped := strings.NewReplacer("AKIA", `\u0041KIA`, "Phantom", `Ph\u0061ntom`, "Agent", `\u0041gent`).Replace(identity)
	const rest = `"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"GetObject","userAgent":"[S3 Browser]"`
	const parameters = `"requestParameters":{"path":{"to":["hay","a needle"]}}`
	quote := func(s string) string { return fmt.Sprintf("%q", s) }
	for _, c := range []struct {
		name, event string
		want        []int32
	}{
		{"as CloudTrail writes it", `{` + rest + `,"userIdentity":` + identity + `,` + parameters + `}`, all},
		{"escapes", `{` + strings.Replace(rest, "Browser", `Br\u006fwser`, 1) + `,"userIdentity":` + escaped + `,` + parameters + `}`, all},
		{"objects as text", `{` + rest + `,"userIdentity":` + quote(escaped) + `,"requestParameters":` + quote(`{"path":{"to":"a n\u0065edle"}}`) + `}`, all},
		{"flattened", `{` + rest + `,"userIdentity.type":"IAMUser","userIdentity.accessKeyId":"AKIAX","userIdentity.userName":"PhantomKey-1",` +
			`"userIdentity.sessionContext.sessionIssuer.arn":"x:role/AgentX","requestParameters.path.to":"needle"}`, all},
		{"partly flattened", `{` + rest + `,"userIdentity":{"type":"IAMUser"},"userIdentity_accessKeyId":"AKIAX","userIdentity_userName":"PhantomKey-1",` +
			`"userIdentity_sessionContext_sessionIssuer_arn":"x:role/AgentX","requestParameters_path_to":"needle"}`, all},
		{"in lower case", strings.ToLower(`{"EVENTVERSION":1,"eventSource":"s3","eventName":"g",`) + `"useragent":"[S3 Browser]","useridentity":` + identity + `,"requestparameters":{"path":{"to":"needle"}}}`, all},
		{"an object as text among names that are known", `{` + rest + `,"userIdentity":` + quote(escaped) + `,` + parameters + `}`, all},
		{"repeated and as text", `{` + rest + `,"userIdentity":{"type":"IAMUser"},"userIdentity":` + quote(escaped) + `,` + parameters + `}`, all},
		{"repeated", `{` + rest + `,"userIdentity":{"type":"IAMUser"},"userIdentity":` + identity + `,"requestParameters":null,` + parameters + `}`, all},
		{"ECS", `{"event":{"dataset":"aws.cloudtrail","provider":"s3","action":"g","outcome":"success"},"user":{"name":"PhantomKey-1"},"user_agent.original":"S3 Browser",` +
			`"aws":{"cloudtrail":{"user_identity":{"access_key_id":"AKIAX","session_context":{"session_issuer":{"arn":"role/AgentX"}}},"flattened":{"request_parameters":{"path":{"to":"needle"}}}}}}`, all},
		{"another member", `{` + rest + `,"userIdentity":{"type":"IAMUser"},"requestParameters":{"userName":"PhantomKey-1","accessKeyId":"AKIAX"}}`, []int32{2}},
		{"nothing", `{"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"GetObject","userAgent":"x"}`, nil},
	} {
		body, _, err := jsontext.AppendMsgpack(nil, []byte(c.event))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // the names are known from the second time on
			matched = nil
			if _, seen, err := reader.Read(body, 0); err != nil || seen.Events != 1 {
				t.Fatalf("%s: %d events, %v", c.name, seen.Events, err)
			}
			if !slices.Equal(matched, c.want) {
				t.Errorf("%s: %d match, want %d", c.name, matched, c.want)
			}
		}
	}
}
