package detector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Elastic's rules are theirs and not here: DETECTION_RULES names a checkout of
// elastic/detection-rules to test with.
func upstream(t testing.TB) string {
	t.Helper()
	root := os.Getenv("DETECTION_RULES")
	if root == "" {
		t.Skip("DETECTION_RULES names no checkout of elastic/detection-rules: its rules were not tested")
	}
	return filepath.Join(root, "rules/integrations/aws")
}

// aws is an event of CloudTrail's own form.
func aws(source, name, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"eventSource":"` + source + `.amazonaws.com","eventName":"` + name + `","eventID":"e"` + more + `}`
}

// Rules that use different features of the language and of the view: an event of
// ours that each must match, and near misses.
func TestUpstreamRules(t *testing.T) {
	dir := upstream(t)
	params := func(object string) string { return `"requestParameters":` + object }
	for _, c := range []struct {
		file string // and what is special about it
		hit  []string
		miss []string
	}{
		// Wildcards on a leaf of a flattened object; Elastic's own suppression.
		{"credential_access_credentials_in_s3_bucket.toml", []string{
			aws("s3", "GetObject", params(`{"bucketName":"b","key":"home/.aws/credentials"}`)),
			aws("s3", "GetObject", params(`{"key":["x","keys/web.pem"]}`)),
		}, []string{
			aws("s3", "GetObject", params(`{"key":"credentials","other":"x.pem"}`)),
			aws("s3", "GetObject", params(`{"key":"a.pem"}`)+`,"errorCode":"AccessDenied"`),
			aws("s3", "PutObject", params(`{"key":"a.pem"}`)),
		}},
		// A truth in a flattened object; no event.action in the query at all.
		{"defense_evasion_cloudtrail_logging_evasion.toml", []string{
			aws("iam", "PutRolePolicy", params(`{"omitted":true,"originalSize":200000,"reason":"requestParameters too large"}`)),
		}, []string{
			aws("iam", "PutRolePolicy", params(`{"omitted":false,"reason":"requestParameters too large"}`)),
			aws("sts", "AssumeRole", params(`{"omitted":true,"reason":"requestParameters too large"}`)),
		}},
		// Wildcards on the text that Java makes of a map, members in its order.
		{"defense_evasion_cloudtrail_management_events_disabled_via_eventselectors.toml", []string{
			aws("cloudtrail", "PutEventSelectors", params(`{"trailName":"t","eventSelectors":[{"readWriteType":"All","includeManagementEvents":false}]}`)),
		}, []string{
			aws("cloudtrail", "PutEventSelectors", params(`{"trailName":"t","eventSelectors":[{"includeManagementEvents":true}]}`)),
		}},
		{"defense_evasion_eks_control_plane_logging_disabled.toml", []string{
			aws("eks", "UpdateClusterConfig", params(`{"name":"c","logging":{"clusterLogging":[{"types":["api"],"enabled":false}]}}`)),
		}, []string{
			aws("eks", "UpdateClusterConfig", params(`{"name":"c","logging":{"clusterLogging":[{"types":["api"],"enabled":true}]}}`)),
			aws("eks", "UpdateClusterConfig", params(`{"name":"c","vpc":{"enabled":false}}`)),
		}},
		// Existence of an address that a service's name is not, and not over one value.
		{"defense_evasion_cloudwatch_alarm_deletion.toml", []string{
			aws("monitoring", "DeleteAlarms", `"sourceIPAddress":"192.0.2.1","userAgent":"aws-cli"`),
		}, []string{
			aws("monitoring", "DeleteAlarms", `"sourceIPAddress":"autoscaling.amazonaws.com","userAgent":"x"`),
			aws("monitoring", "DeleteAlarms", `"sourceIPAddress":"192.0.2.1","userAgent":"AWS Internal"`),
			aws("monitoring", "DeleteAlarms", ``),
		}},
		// Not over a list of wildcards.
		{"persistence_eks_access_entry_modified.toml", []string{
			aws("eks", "CreateAccessEntry", `"userIdentity":{"arn":"arn:aws:iam::111122223333:user/alice"}`),
			aws("eks", "DeleteAccessEntry", ``),
		}, []string{
			aws("eks", "CreateAccessEntry", `"userIdentity":{"arn":"arn:aws:iam::111122223333:role/terraform-ci"}`),
		}},
		// Arrays of objects in a flattened object; numbers as texts.
		{"defense_evasion_vpc_security_group_ingress_rule_added_for_remote_connections.toml", []string{
			aws("ec2", "AuthorizeSecurityGroupIngress", params(`{"ipPermissions":{"items":[{"fromPort":443,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}},{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`)),
		}, []string{
			aws("ec2", "AuthorizeSecurityGroupIngress", params(`{"ipPermissions":{"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}}]}}`)),
			aws("ec2", "AuthorizeSecurityGroupIngress", params(`{"ipPermissions":{"items":[{"fromPort":443,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]}}`)),
		}},
		// A group of ands under or, with truths that are texts.
		{"defense_evasion_guardduty_finding_suppression.toml", []string{
			aws("guardduty", "UpdateDetector", params(`{"detectorId":"d","enable":false}`)),
			aws("guardduty", "CreateIPSet", params(`{"activate":"true"}`)),
		}, []string{
			aws("guardduty", "UpdateDetector", params(`{"detectorId":"d","enable":true}`)),
			aws("guardduty", "CreateIPSet", params(`{"enable":false}`)),
		}},
		// No provider that it could be found by, only ones that it must not have.
		{"privilege_escalation_bedrock_phantom_user_activity_outside_bedrock.toml", []string{
			aws("s3", "ListBuckets", `"userIdentity":{"type":"IAMUser","userName":"BedrockAPIKey-ab12"}`),
		}, []string{
			aws("bedrock", "InvokeModel", `"userIdentity":{"type":"IAMUser","userName":"BedrockAPIKey-ab12"}`),
			aws("sts", "GetCallerIdentity", `"userIdentity":{"type":"IAMUser","userName":"BedrockAPIKey-ab12"}`),
			aws("s3", "ListBuckets", `"userIdentity":{"type":"IAMUser","userName":"alice"}`),
		}},
		// Escaped colons, not inside a list, and fields that only a mapped event has.
		{"initial_access_assume_role_with_web_identity_kubernetes_sa_from_external_asn.toml", []string{
			`{"data_stream":{"dataset":"aws.cloudtrail"},"event":{"dataset":"aws.cloudtrail","provider":"sts.amazonaws.com","action":"AssumeRoleWithWebIdentity","outcome":"success","id":"e"},` +
				`"user":{"name":"system:serviceaccount:default:web"},"source.as.organization.name":"Example Networks"}`,
		}, []string{
			`{"data_stream":{"dataset":"aws.cloudtrail"},"event":{"dataset":"aws.cloudtrail","provider":"sts.amazonaws.com","action":"AssumeRoleWithWebIdentity","outcome":"success","id":"e"},` +
				`"user":{"name":"system:serviceaccount:default:web"},"source.as.organization.name":"Amazon.com"}`,
			`{"data_stream":{"dataset":"aws.cloudtrail"},"event":{"dataset":"aws.cloudtrail","provider":"sts.amazonaws.com","action":"AssumeRoleWithWebIdentity","outcome":"success","id":"e"},` +
				`"user":{"name":"alice"},"source.as.organization.name":"Example Networks"}`,
		}},
	} {
		t.Run(strings.TrimSuffix(c.file, ".toml"), func(t *testing.T) {
			for want, events := range [][]string{c.miss, c.hit} {
				for _, e := range events {
					b := newBench(t, "rules", filepath.Join(dir, c.file))
					b.mustScan(e)
					if got := len(b.alerts()); got != want {
						t.Errorf("%s\n%d alerts, want %d", e, got, want)
					}
				}
			}
		})
	}
}

// quiet is an event that no rule is a candidate for.
const quiet = `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:s","arn":"arn:aws:sts::111122223333:assumed-role/app/s",` +
	`"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/app",` +
	`"accountId":"111122223333","userName":"app"},"attributes":{"creationDate":"2026-03-02T08:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2026-03-02T09:00:00Z",` +
	`"eventSource":"kms.amazonaws.com","eventName":"GenerateDataKey","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-sdk-go/1.44",` +
	`"requestParameters":{"keyId":"arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000","keySpec":"AES_256"},"responseElements":null,` +
	`"requestID":"11111111-1111-4111-8111-111111111111","eventID":"22222222-2222-4222-8222-222222222222","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,` +
	`"recipientAccountId":"111122223333","eventCategory":"Management"}`
