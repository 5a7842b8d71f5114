package detector

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// Each rule in EQL for AWS: an event of ours that it must match, and a near miss.
func TestUpstreamEQL(t *testing.T) {
	dir := upstream(t)
	params := func(object string) string { return `"requestParameters":` + object }
	root := `"userIdentity":{"type":"Root"}`
	key := `"userIdentity":{"type":"IAMUser","accessKeyId":"AKIAEXAMPLE"},"eventTime":`
	cases := map[string]struct{ hit, miss string }{
		"discovery_bedrock_model_recon_and_invocation_via_long_term_key": {
			`{"Records":[` + aws("bedrock", "ListFoundationModels", key+`"2026-03-02T09:00:00Z"`) + "," + aws("bedrock", "Converse", key+`"2026-03-02T09:15:00Z"`) + "]}",
			`{"Records":[` + aws("bedrock", "ListFoundationModels", key+`"2026-03-02T09:00:00Z"`) + "," + aws("bedrock", "Converse", key+`"2026-03-02T09:15:01Z"`) + "]}"},
		"credential_access_iam_compromisedkeyquarantine_policy_attached_to_user": {
			aws("iam", "AttachUserPolicy", params(`{"userName":"u","policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}`)),
			aws("iam", "AttachRolePolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}`))},
		"defense_evasion_s3_bucket_lifecycle_expiration_added": {
			aws("s3", "PutBucketLifecycle", params(`{"LifecycleConfiguration":{"Rule":{"Expiration":{"Days":1}}}}`)),
			aws("s3", "PutBucketLifecycle", params(`{"LifecycleConfiguration":{"Rule":{"Transition":{"Days":1}}}}`))},
		"defense_evasion_s3_bucket_server_access_logging_disabled": {
			aws("s3", "PutBucketLogging", params(`{"BucketLoggingStatus":{"xmlns":"x"}}`)),
			aws("s3", "PutBucketLogging", params(`{"BucketLoggingStatus":{"LoggingEnabled":{"TargetBucket":"b"}}}`))},
		"exfiltration_ec2_ebs_snapshot_shared_with_another_account": {
			aws("ec2", "ModifySnapshotAttribute", params(`{"attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"444455556666"}]}}}`)),
			aws("ec2", "ModifySnapshotAttribute", params(`{"attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"remove":{"items":[{"userId":"444455556666"}]}}}`))},
		"impact_ec2_ebs_snapshot_access_removed": {
			aws("ec2", "ModifySnapshotAttribute", params(`{"attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"remove":{"items":[{"userId":"444455556666"}]}}}`)),
			aws("ec2", "ModifySnapshotAttribute", params(`{"attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"remove":{"items":[{}, {"userId":"4"}]}}}`)+`,"sourceIPAddress":"backup.amazonaws.com"`)},
		"exfiltration_rds_snapshot_shared_with_another_account": {
			aws("rds", "ModifyDBSnapshotAttribute", params(`{"attributeName":"restore","valuesToAdd":["all"]}`)),
			aws("rds", "ModifyDBSnapshotAttribute", params(`{"attributeName":"restore","valuesToRemove":["all"]}`))},
		"exfiltration_s3_bucket_policy_added_for_external_account_access": {
			aws("s3", "PutBucketPolicy", params(`{"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"}}]}}`)+`,"recipientAccountId":"111122223333"`),
			aws("s3", "PutBucketPolicy", params(`{"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"}}]}}`)+`,"recipientAccountId":"111122223333"`)},
		"exfiltration_s3_bucket_policy_added_for_public_access": {
			aws("s3", "PutBucketPolicy", params(`{"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*"}]}}`)),
			aws("s3", "PutBucketPolicy", params(`{"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"arn:aws:iam::111122223333:root"}]}}`))},
		"exfiltration_s3_bucket_replicated_to_external_account": {
			aws("s3", "PutBucketReplication", params(`{"ReplicationConfiguration":{"Rule":{"Destination":{"Account":"444455556666"}}}}`)),
			aws("s3", "PutBucketReplication", params(`{"ReplicationConfiguration":{"Rule":{"Destination":{"Bucket":"b"}}}}`))},
		"impact_rds_instance_cluster_deletion_protection_disabled": {
			aws("rds", "ModifyDBCluster", params(`{"deletionProtection":false}`)),
			aws("rds", "ModifyDBCluster", params(`{"deletionProtection":true}`))},
		"impact_rds_snapshot_deleted": {
			aws("rds", "ModifyDBInstance", params(`{"backupRetentionPeriod":0}`)),
			aws("rds", "ModifyDBInstance", params(`{"backupRetentionPeriod":7}`))},
		"impact_s3_bucket_object_uploaded_with_ransom_keyword": {
			aws("s3", "PutObject", `"resources":[{"ARN":"arn:aws:s3:::b"},{"ARN":"arn:aws:s3:::b/HOW_TO.txt"}],"userIdentity":{"type":"IAMUser"}`),
			aws("s3", "PutObject", `"resources":[{"ARN":"arn:aws:s3:::ransom"},{"ARN":"arn:aws:s3:::b/photo.jpg"}]`)},
		"impact_s3_object_versioning_disabled": {
			aws("s3", "PutBucketVersioning", params(`{"VersioningConfiguration":{"Status":"Suspended"}}`)),
			aws("s3", "PutBucketVersioning", params(`{"VersioningConfiguration":{"Status":"Enabled"}}`))},
		"initial_access_suspicious_user_agent_detected_in_cloudtrail": {
			aws("sts", "GetCallerIdentity", `"userAgent":"aws-cli/2.17 md/distrib#kali"`),
			aws("sts", "GetCallerIdentity", `"userAgent":"aws-cli/2.17 md/distrib#debian"`)},
		"lateral_movement_ec2_instance_console_login": {
			aws("signin", "ConsoleLogin", `"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-0123456789abcdef0"},"responseElements":{"ConsoleLogin":"Success"}`),
			aws("signin", "ConsoleLogin", `"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:alice"},"responseElements":{"ConsoleLogin":"Success"}`)},
		"persistence_aws_attempt_to_register_virtual_mfa_device": {
			aws("iam", "EnableMFADevice", `"userIdentity":{"accessKeyId":"ASIAEXAMPLE"}`),
			aws("iam", "EnableMFADevice", `"userIdentity":{"accessKeyId":"ASIAEXAMPLE"},"sessionCredentialFromConsole":"true"`)},
		"persistence_iam_create_login_profile_for_root": {
			aws("iam", "CreateLoginProfile", root), aws("iam", "CreateLoginProfile", root+`,`+params(`{"userName":"u"}`))},
		"persistence_iam_roles_anywhere_trusted_anchor_created_with_external_ca": {
			aws("rolesanywhere", "CreateTrustAnchor", params(`{"source":{"sourceType":"CERTIFICATE_BUNDLE"}}`)),
			aws("rolesanywhere", "CreateTrustAnchor", params(`{"source":{"sourceType":"AWS_ACM_PCA"}}`))},
		"persistence_lambda_backdoor_invoke_function_for_any_principal": {
			aws("lambda", "AddPermission20150331v2", params(`{"action":"lambda:InvokeFunction","principal":"*"}`)),
			aws("lambda", "AddPermission20150331v2", params(`{"action":"lambda:InvokeFunction","principal":"444455556666"}`))},
		"persistence_lambda_cross_account_invocation_backdoor": {
			aws("lambda", "AddPermission20150331v2", params(`{"action":"lambda:InvokeFunction","principal":"444455556666"}`)),
			aws("lambda", "AddPermission20150331v2", params(`{"action":"lambda:InvokeFunction","principal":"*"}`))},
		"persistence_lambda_function_url_public_access": {
			aws("lambda", "CreateFunctionUrlConfig", params(`{"authType":"NONE"}`)+`,"userAgent":"aws-cli"`),
			aws("lambda", "CreateFunctionUrlConfig", params(`{"authType":"NONE"}`)+`,"userAgent":"HashiCorp Terraform/1.9"`)},
		"persistence_rds_db_instance_password_modified": {
			aws("rds", "ModifyDBInstance", params(`{"masterUserPassword":"****"}`)), aws("rds", "ModifyDBInstance", params(`{"multiAZ":true}`))},
		"persistence_rds_instance_made_public": {
			aws("rds", "CreateDBInstance", params(`{"publiclyAccessible":true}`)), aws("rds", "CreateDBInstance", params(`{"publiclyAccessible":false}`))},
		"privilege_escalation_iam_administratoraccess_policy_attached_to_group": {
			aws("iam", "AttachGroupPolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`)),
			aws("iam", "AttachGroupPolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess"}`))},
		"privilege_escalation_iam_administratoraccess_policy_attached_to_role": {
			aws("iam", "AttachRolePolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`)),
			aws("iam", "AttachUserPolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`))},
		"privilege_escalation_iam_administratoraccess_policy_attached_to_user": {
			aws("iam", "AttachUserPolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`)),
			aws("iam", "AttachUserPolicy", params(`{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`)+`,"errorCode":"AccessDenied"`)},
	}
	rules, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Rules {
		name := strings.TrimSuffix(filepath.Base(r.Source.Path), ".toml")
		if _, ok := cases[name]; !ok && r.Query.Language == "eql" {
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
