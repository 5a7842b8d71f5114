package ruleset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ruleFile writes a rule with a query and what follows it, and returns its path.
func ruleFile(t *testing.T, query, rest string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.toml")
	text := fmt.Sprintf("[rule]\nname = \"R\"\nrule_id = \"r\"\ndescription = \"x\"\nauthor = [\"x\"]\nseverity = \"low\"\nrisk_score = 1\ntype = \"query\"\nlanguage = \"kuery\"\nquery = '''%s'''\n%s", query, rest)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What may surprise the author of a rule is said, each case in its own words.
func TestWarningsOfRules(t *testing.T) {
	const (
		never = `:1: rule "R" never matches an event in CloudTrail's own form, only documents in ECS form: `
		fewer = `:1: rule "R" matches fewer events in CloudTrail's own form than documents in ECS form: `
		more  = `:1: rule "R" matches more events in CloudTrail's own form than in Elastic, since what it excludes by these fields is not excluded: `
		none  = `has no effect for events in CloudTrail's own form: `
	)
	for _, c := range []struct{ query, rest, want string }{
		{`event.action: x and user.name: y`, ``, ""},
		{`event.category: iam and not related.entity: x and user.email: *`, ``, ""},
		{`event.action: x and source.geo.country_iso_code: NL`, ``, strings.Replace(never, "form: ", "form and records to which a shipper adds it: ", 1) + `source.geo.country_iso_code does not exist (needs geo: a database of places in geo_databases, or a shipper that adds it)`},
		{`event.action: x and not source.as.organization.name: (A or B)`, ``, more + `source.as.organization.name does not exist (needs geo: a database of autonomous systems in geo_databases, or a shipper that adds it)`},
		{`event.action: x and not user_agent.name: Firefox and not source.as.number: 5`, ``, more + `source.as.number does not exist (needs geo: a database of autonomous systems in geo_databases, or a shipper that adds it)`},
		{`event.action: x or host.name: y`, ``, fewer + `host.name does not exist`},
		{`(event.action: x or host.name: y) and not process.pid: 1`, ``, fewer + `host.name does not exist` + "\n" + more + `process.pid does not exist`},
		{`event.action: x and aws.cloudtrail.event_category: Insight`, ``, never + `aws.cloudtrail.event_category is never Insight (Insight records, which have it, are not events here)`},
		{`event.dataset: aws.guardduty`, ``, never + `event.dataset is always aws.cloudtrail`},
		{`user.nmae: x`, ``, never + `user.nmae does not exist; did you mean "user.name"?`},
		{`eventName: x`, ``, never + `eventName does not exist; did you mean "event.action"?`},
		{`aws.cloudtrail.userIdentity.arn: x`, ``, never + `aws.cloudtrail.userIdentity.arn does not exist; did you mean "aws.cloudtrail.user_identity.arn"?`},
		{`aws.cloudtrail.request_parameters.instanceId: x`, ``, never + `aws.cloudtrail.request_parameters.instanceId does not exist; did you mean "aws.cloudtrail.flattened.request_parameters.instanceId"?`},
		{`aws.cloudtrail.flattened.insight_details.state: Start`, ``, never + `aws.cloudtrail.flattened.insight_details.state does not exist (Insight records, which have it, are not events here)`},
		{`event.action: x`, "[fluent_detect]\nsuppress_by = [\"user.nmae\", \"aws.cloudtrail.shared_event_id\"]\nsuppress_for = \"1h\"\ndedup_by = [\"aws.cloudtrail.sharedEventID\"]\n",
			`:12:15: suppress_by: ` + none + `user.nmae does not exist; did you mean "user.name"?` + "\n" +
				`:14:12: dedup_by: ` + none + `aws.cloudtrail.sharedEventID does not exist; did you mean "aws.cloudtrail.shared_event_id"?`},
		{`event.action: x`, "[rule.alert_suppression]\ngroup_by = [\"source.geo.city_name\", \"user.name\"]\n",
			`:12:12: alert_suppression.group_by: ` + none + `source.geo.city_name does not exist (needs geo: a database of places in geo_databases, or a shipper that adds it)`},
	} {
		path := ruleFile(t, c.query, c.rest)
		set, err := Load(path)
		if err != nil {
			t.Error(err)
			continue
		}
		got := strings.ReplaceAll(strings.Join(set.Warnings, "\n"), path, "")
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
		}
		if own := set.Rules[0].Warnings; !slices.Equal(own, set.Warnings) {
			t.Errorf("%s: of the rule %q, of the set %q", c.query, own, set.Warnings)
		}
	}
}

// Whoever knows an exception hides behind it if some way to match asks only for what he
// chooses, or for what the rule requires anyway.
func TestWarningsOfExceptions(t *testing.T) {
	const (
		hides    = "exception: whoever knows it can hide behind it, since the caller chooses all that it asks for: "
		requires = `exception: whoever knows it can hide behind it, since the caller chooses, or rule "R" requires, all that it asks for: `
	)
	for _, c := range []struct{ query, want string }{
		{`user_agent.original: "z"`, hides + `user_agent.original: "z"`},
		{`event.action: SendSSHPublicKey and user_agent.original: "z"`, hides + `event.action: SendSSHPublicKey and user_agent.original: "z"`},
		{`user.name: deploy or user_agent.original: "z"`, hides + `user_agent.original: "z"`},
		{`(user.name: deploy or cloud.region: x) and tls.version: 1.3`, hides + `cloud.region: x and tls.version: 1.3`},
		{`aws.cloudtrail.user_identity.arn: *assumed-role/*/break-glass`, hides + `aws.cloudtrail.user_identity.arn: *assumed-role/*/break-glass`},
		{`user.id: *\:break-glass`, hides + `user.id: *\:break-glass`},
		{`user.id: (AIDAEXAMPLE or *\:x)`, hides + `user.id: (AIDAEXAMPLE or *\:x)`},
		{`user.email: dana@example.com`, hides + `user.email: dana@example.com`},
		{`user.name: * and user_agent.original: z`, hides + `user.name: * and user_agent.original: z`},
		{`user_agent.original: z and not user.name: root`, hides + `user_agent.original: z and not user.name: root`},
		{`aws.cloudtrail.request_parameters: *bastion* and not user_agent.original: x`, hides + `aws.cloudtrail.request_parameters: *bastion* and not user_agent.original: x`},
		{`aws.cloudtrail.user_identity.type: AssumedRole and user_agent.original: z`, requires + `aws.cloudtrail.user_identity.type: AssumedRole and user_agent.original: z`},
		{`event.outcome: success and aws.cloudtrail.flattened.request_parameters.x: y`, requires + `event.outcome: success and aws.cloudtrail.flattened.request_parameters.x: y`},
		{`event.dataset: aws.cloudtrail`, "exception: it covers every event"},
		{`*`, "exception: it covers every event"},
		{`user.nmae: alice and host.name: "some value"`, `exception never covers an event in CloudTrail's own form, only documents in ECS form: user.nmae does not exist; did you mean "user.name"?; host.name does not exist`},
		{`user.name: alice and not source.as.number: 5`, `exception covers more events in CloudTrail's own form than in Elastic, since what it excludes by these fields is not excluded: source.as.number does not exist (needs geo: a database of autonomous systems in geo_databases, or a shipper that adds it)`},

		{`user.name: deploy`, ""},
		{`user.name: deploy and user_agent.original: z`, ""},
		{`source.ip: 192.0.2.1 or cloud.account.id: 111122223333`, ""},
		{`aws.cloudtrail.user_identity.arn: arn\:aws\:sts\:\:111122223333\:assumed-role/Deploy/*`, ""},
		{`aws.cloudtrail.user_identity.arn: "arn:aws:iam::111122223333:user/break-glass"`, ""},
		{`user_agent.original: ours* and source.ip: 192.0.2.1`, ""},
		{`user_agent.original: ours* and not event.outcome: failure`, ""},
		{`aws.cloudtrail.user_identity.type: IAMUser and user_agent.original: z`, ""},
		{`aws.cloudtrail.vpc_endpoint_id: *`, ""},
	} {
		set, err := Load(ruleFile(t, `event.action: (SendSSHPublicKey or X) and aws.cloudtrail.user_identity.type: (AssumedRole or Root) and event.outcome: success`, ""))
		if err != nil {
			t.Fatal(err)
		}
		path := exceptionFile(t, "*", c.query, "2999-12-31")
		if err := set.LoadExceptions(path); err != nil {
			t.Error(err)
			continue
		}
		if got := strings.ReplaceAll(strings.Join(set.Warnings, "\n"), path+":1: ", ""); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
		}
	}
}
