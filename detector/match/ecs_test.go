package match

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

const (
	rawEvent = `{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventTime":"2026-03-02T09:30:15Z","awsRegion":"eu-west-1","readOnly":false,` +
		`"userIdentity":{"type":"IAMUser","userName":"alice","arn":"arn:aws:iam::111122223333:user/alice","sessionContext":{"attributes":{"mfaAuthenticated":"false","creationDate":"2026-03-02T08:00:00Z"}}},` +
		`"sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2 (Linux)","requestParameters":{"maxCount":2,"dryRun":false,"tags":[{"key":"Name","value":"web 1"},{"key":"env","value":"prod"}],"note":""},` +
		`"responseElements":null,"resources":[{"ARN":"arn:1","type":"AWS::EC2::Instance"},{"ARN":"arn:2"}]}`
	ecsEvent = `{"@timestamp":"2026-03-02T09:30:15.000Z","event":{"provider":"ec2.amazonaws.com","action":"RunInstances","dataset":"aws.cloudtrail","outcome":"success","code":4624,"duration":1500},` +
		`"user.name":"alice","source":{"ip":"192.0.2.7","port":443,"as":{"organization":{"name":"Example Networks"},"number":64500},"geo":{"country_name":"Norway"}},"destination":{"ip":["10.1.2.3","10.9.9.9"]},` +
		`"message":"The quick brown Fox","process":{"command_line":"tool --now later"},"aws":{"cloudtrail":{"flattened":{"request_parameters":{"maxCount":2,"empty":""}}}},"labels":{"team":"red","n":7},` +
		`"delta":[{"action":"ADD","role":"owner"},{"action":"REMOVE","role":"viewer"}]}`
)

// What queries against the ECS view mean for an event in CloudTrail's own form and
// for one in ECS form.
func TestQueriesOverEvents(t *testing.T) {
	for _, c := range []struct {
		event      string
		holds, not []string
	}{
		{rawEvent, []string{
			``, `event.provider: ec2.amazonaws.com and event.action: (RunInstances or StopInstances) and event.outcome: success`, `event.action: Run*`,
			`event.dataset: aws.cloudtrail`, `event.dataset: aws.*`, `data_stream.dataset: "aws.cloudtrail"`,
			`@timestamp: "2026-03-02"`, `@timestamp > "2026-03-02T09:30"  or @timestamp >= "2026-03-02T09:30"`, `aws.cloudtrail.user_identity.session_context.creation_date < "2026-03-02T09"`,
			`source.ip: 192.0.2.0/24`, `not source.ip: (10.0.0.0/8 or 172.16.0.0/12)`, `source.address: 192.0.2.*`,
			`aws.cloudtrail.read_only: false`, `aws.cloudtrail.user_identity.session_context.mfa_authenticated: false`, `aws.cloudtrail.user_identity.session_context.mfa_authenticated: "false"`,
			`aws.cloudtrail.request_parameters: *maxCount=2*`, `aws.cloudtrail.request_parameters: (*dryRun=false* and *web 1*)`, `aws.cloudtrail.request_parameters: (*nothing* or *tags=[\{*)`,
			`aws.cloudtrail.flattened.request_parameters.maxCount: 2`, `aws.cloudtrail.flattened.request_parameters.dryRun: false`, `aws.cloudtrail.flattened.request_parameters.tags.value: web*`,
			`aws.cloudtrail.flattened.request_parameters.tags.value: (a or prod)`, `aws.cloudtrail.flattened.request_parameters: "web 1"`, `aws.cloudtrail.flattened.request_parameters: *`,
			`aws.cloudtrail.resources.arn: (arn\:1 and "arn:2")`, `not aws.cloudtrail.response_elements: *`, `not aws.cloudtrail.flattened.request_parameters.note: *`,
			`aws: *`, `aws.cloudtrail: *`, `aws.cloudtrail.user_identity: *`, `user: *`, `cloud.*: eu-west-1`, `*.name: alice`, `user*: alice`, `aws.cloudtrail.user_identity.a*: *user/alice`,
			`alice`, `"web 1"`, `web*`, `192.0.2.0/24`, `false`, `2026-03-02`, `not nobody`,
			`not source.geo.country_name: Norway`, `not labels.*: red`, `not delta: { action: ADD }`,
		}, []string{
			`event.action: run*`, `source.geo.country_name: *`, `aws.cloudtrail.console_login: *`, `aws.cloudtrail.flattened.request_parameters.note: *`, `aws.cloudtrail.flattened.request_parameters.tags: *`,
			`aws.cloudtrail.flattened.response_elements: *`, `aws.cloudtrail.flattened.request_parameters.other: *prod*`, `event.code: 4624`, `message: quick`, `nobody`, `20*`, `event: RunInstances`,
			`aws.cloudtrail.request_parameters: *note*`, `delta: { action: ADD }`,
		}},
		{ecsEvent, []string{
			`event.provider: ec2.amazonaws.com and event.action: RunInstances`, `user.name: alice`, `user: *`, `source.ip: 192.0.2.0/24`,
			`source.geo.country_name: Norway`, `source.as.organization.name: (* and not "Amazon.com")`, `source.geo: *`, `labels: *`, `labels.team: red`, `labels.*: red`, `lab*: 7`, `labels.n > 6`, `labels.n: 7.0`, `labels.team > ra`,
			`event.code: 4624`, `event.code: 46*`, `event.duration >= 1500.0`, `source.port: 443`, `source.as.number > 64000`, // of types that the schema gives
			`destination.ip: 10.0.0.0/8`, `destination.ip: (10.9.9.9 and 10.1.2.3)`, `message: fox quick`, `message: "brown fox"`, `process.command_line: tool*`, `process.command_line: x* *later`,
			`aws.cloudtrail.flattened.request_parameters.maxCount: 2`, `aws.cloudtrail.flattened.request_parameters.empty: ""`, `aws.cloudtrail.flattened.request_parameters: ""`,
			`delta: { action: ADD and role: owner }`, `delta: { act*: REMOVE and role: v* }`, `delta: { not role: owner }`,
			`Norway`, `red`, `"brown fox"`, `10.9.9.9`, `443`, `re*`, `*.ip: 10.9.0.0/16`,
		}, []string{
			`cloud.region: *`, `event.kind: *`, `message: "fox brown"`, `message: lazy`, `process.command_line: --now*`, `event.duration > 1500`, `delta: { action: ADD and role: viewer }`, `destination.ip: 11.0.0.0/8`,
			`labels.n > 7`, `labels: red`, `Oslo`, `44*3x`, `source.as.number: 64501`,
		}},
	} {
		visit(t, c.event, func(e *event.Event) {
			for want, queries := range map[bool][]string{true: c.holds, false: c.not} {
				for _, query := range queries {
					p, err := compileKQL(query, ecs)
					if err != nil {
						t.Error(err)
					} else if got := p.Match(e); got != want {
						t.Errorf("%s\n%s\nis %v", c.event, query, got)
					}
				}
			}
		})
	}
}

// Conditions that the types of ECS fields do not allow.
func TestQueriesThatNoEventCanSatisfyAreRefused(t *testing.T) {
	for _, query := range []string{
		`source.ip: internal`, `source.ip: 10.*`, `@timestamp: yesterday`, `aws.cloudtrail.read_only: no`, `aws.cloudtrail.read_only: t*`,
		`aws.cloudtrail.flattened.request_parameters.maxCount > 1`, `event.action: null`, `user.name: { a: b }`, `aws.cloudtrail: { event_type: x }`, `source: { ip: 192.0.2.7 }`, `aws.cloudtrail.user_identity.*: IAMUser`,
		`aws.cloudtrail.*: x`, `source.*: internal`, `source.port: http`, `event.duration > long`, `destination.ip: nowhere`,
	} {
		if _, err := compileKQL(query, ecs); !isRefused(t, query, err) {
			t.Errorf("%s is not refused", query)
		}
	}
}

// Conditions have texts, positions and fields, for explanations.
func TestConditions(t *testing.T) {
	const query = "event.action: (RunInstances or Stop*) and not user.name: x* and\n source.ip: 10.0.0.0/8 and (event.code: 5 or vulnerability.*: z) and delta: { a: 1 and b: 2 } and alice and cloud.r*: * and event.dataset: aws.cloudtrail"
	p, err := compileKQL(query, ecs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	visit(t, rawEvent, func(e *event.Event) {
		conditions := p.Conditions()
		for i := range conditions {
			c := &conditions[i]
			var fields []string
			for _, f := range c.Fields() {
				if values := e.Values(f); len(values) > 0 || len(c.Fields()) < 5 {
					fields = append(fields, f.Name)
				}
			}
			if len(fields) > 3 {
				fields = append(fields[:3], "…")
			}
			span, word := c.Span(), "false"
			if c.Holds(e) {
				word = "true"
			}
			got = append(got, strings.Join([]string{word, c.String(), query[span.Start:span.End], strings.Join(fields, ", ")}, " | "))
		}
	})
	want := `true | event.action: (RunInstances or Stop*) | RunInstances or Stop* | event.action
false | user.name: x* | user.name: x* | user.name
false | source.ip: 10.0.0.0/8 | source.ip: 10.0.0.0/8 | source.ip
false | event.code: 5 | event.code: 5 | event.code
false | vulnerability.*: z | vulnerability.*: z | 
false | delta: { a: 1 and b: 2 } | delta: { a: 1 and b: 2 } | delta
true | alice | alice | event.provider, event.action, event.outcome, …
true | cloud.r*: * | cloud.r*: * | cloud.region
true | event.dataset: aws.cloudtrail | event.dataset: aws.cloudtrail | event.dataset`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("the conditions are\n%s\nwant\n%s", s, want)
	}
}

// ecsTypes has only fields that are not in the schema.
func TestSchema(t *testing.T) {
	for _, name := range ecsNames {
		if f := ecs.Schema.Field(name); f.Type != event.TypeDynamic || f.Derivable {
			t.Errorf("%s is in the view already, as %s", name, f.Type)
		}
		if f := ecs.Field(name); f.Type != ecsTypes[name] || f.Derivable || f.Name != name {
			t.Errorf("%s is %v", name, f)
		}
	}
	if !slices.IsSorted(ecsNames) || len(ecsNames) < 100 {
		t.Errorf("%d names", len(ecsNames))
	}
}
