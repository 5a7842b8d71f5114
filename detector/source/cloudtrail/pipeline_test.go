package cloudtrail

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// call makes an event with that source and name, and members besides.
func call(source, name, members string) string {
	if members != "" {
		members = "," + members
	}
	return fmt.Sprintf(`{"eventSource":"%s.amazonaws.com","eventName":%q%s}`, source, name, members)
}

const (
	session     = `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Deploy/dana@example.com","principalId":"AROA1:dana@example.com","userName":"own","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/Deploy","userName":"Deploy"}}}`
	serviceUser = `"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonSSM/x","principalId":"AROA2:x","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM","userName":"AWSServiceRoleForAmazonSSM"}}}`
	centerUser  = `"userIdentity":{"type":"IdentityCenterUser","arn":"","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"}}`
	iamUser     = `"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/bo","userName":"bo","principalId":"AIDA1","accessKeyId":"AKIA1"}`
)

// pipeline is what Elastic's pipeline of elastic/integrations at 3ab4281 does, case by
// case, and where this detector does otherwise. The number is that of the sentence in
// ../shared/enrich/mapping.json, from 1 on.
var pipeline = []struct {
	sentence           int
	line, fields, want string // fields with a blank between; their values with a bar
}{
	// Who did it.
	{1, call("signin", userAuthentication, centerUser+`,"additionalEventData":{"UserName":"dana@example.com"}`), "user.name", `"dana@example.com"`},
	{1, call("signin", userAuthentication, centerUser+`,"additionalEventData":{"UserName":"dana@example.com","LoginTo":"x","deep":{"UserName":"y"}}`),
		"aws.cloudtrail.additional_eventdata aws.cloudtrail.flattened.additional_eventdata.UserName aws.cloudtrail.flattened.additional_eventdata aws.cloudtrail.flattened.additional_eventdata.deep.UserName", `"{deep={UserName=y}, LoginTo=x}"||"x" "y"|"y"`},
	{1, call("signin", userAuthentication, centerUser+`,"additionalEventData":{"UserName":"dana@example.com"}`), "user.name aws.cloudtrail.additional_eventdata aws.cloudtrail.flattened.additional_eventdata", `"dana@example.com"||`},
	{1, call("signin", userAuthentication, iamUser+`,"additionalEventData":{"UserName":"other"}`), "aws.cloudtrail.additional_eventdata aws.cloudtrail.flattened.additional_eventdata.UserName", `"{UserName=other}"|"other"`},
	{1, call("signin", userAuthentication, iamUser+`,"additionalEventData":{"UserName":"other"}`), "user.name", `"bo"`},
	{1, call("signin", "CredentialChallenge", centerUser+`,"additionalEventData":{"UserName":"dana@example.com"}`), "user.name", ``},
	{2, call("signin", userAuthentication, centerUser), "user.id", `"u-1"`},
	{2, call("sso", "X", `"userIdentity":{"type":"IdentityCenterUser","principalId":"p","onBehalfOf":{"userId":"u-1"}}`), "user.id", `"p"`},
	{2, call("sso", "X", `"userIdentity":{"type":"AssumedRole","onBehalfOf":{"userId":"u-1"}}`), "user.id aws.cloudtrail.user_identity.on_behalf_of.user_id", `|"u-1"`},
	{3, call("sts", "AssumeRole", `"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`), "service.name", `"ec2.amazonaws.com"`},
	{3, call("signin", "ConsoleLogin", `"userIdentity":{"type":"IAMUser","userName":"bo","invokedBy":"signin.amazonaws.com"}`), "service.name user.name", `|"bo"`},
	{4, call("ssm", "X", serviceUser), "service.name", `"ssm.amazonaws.com"`},
	{4, call("ssm", "X", strings.Replace(serviceUser, `"type"`, `"invokedBy":"other.amazonaws.com","type"`, 1)), "service.name", `"other.amazonaws.com"`},
	{4, call("ssm", "X", session), "service.name", ``},
	{4, call("ssm", "X", strings.Replace(serviceUser, "/ssm.amazonaws.com/AWS", "/AWS", 1)), "service.name", ``},
	{5, call("ssm", "X", serviceUser), "user.name user.id aws.cloudtrail.user_identity.session_context.session_issuer.arn", `||"arn:aws:iam::111122223333:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"`},
	{5, call("sts", "X", `"userIdentity":{"type":"AWSService","userName":"a","principalId":"b"}`), "service.name user.name user.id", `|"a"|"b"`},
	{6, call("iam", "X", session), "user.name", `"Deploy"`},
	{6, call("iam", "X", `"userIdentity":{"type":"FederatedUser","userName":"own","sessionContext":{"sessionIssuer":{"userName":"issuer"}}}`), "user.name", `"issuer"`},
	{6, call("iam", "X", `"userIdentity":{"type":"AssumedRole","userName":"own"}`), "user.name", `"own"`},
	{6, call("iam", "X", `"userIdentity":{"type":"SAMLUser","userName":"own","sessionContext":{"sessionIssuer":{"userName":"issuer"}}}`), "user.name", `"own"`},

	// TLS.
	{7, call("s3", "X", `"tlsDetails":{"tlsVersion":"1.3","cipherSuite":"c"}`), "tls.version tls.version_protocol tls.cipher", `"1.3"||"c"`},
	{7, call("s3", "X", `"tlsDetails":{"tlsVersion":1.3}`), "tls.version tls.version_protocol", `1.3|`},
	{7, call("s3", "X", `"tlsDetails":{"tlsVersion":"TLSv1.2"}`), "tls.version tls.version_protocol", `"1.2"|"tls"`},
	{8, call("s3", "X", `"tlsDetails":{"tlsVersion":"tlsVersion","cipherSuite":"cipherSuite","clientProvidedHostHeader":"h.example.com","keyExchange":"x"}`),
		"tls.version tls.version_protocol tls.cipher tls.client.server_name aws.cloudtrail.tls_details.key_exchange related.hosts", `|||||`},
	{8, call("s3", "X", `"tlsDetails":{"tlsVersion":"-","cipherSuite":"-","clientProvidedHostHeader":"-"}`), "tls.version tls.cipher tls.client.server_name", `||`},
	{8, call("s3", "X", `"tlsDetails":{"cipherSuite":"c"}`), "tls.cipher", `"c"`},

	// Names and identifiers.
	{9, call("runtime.sagemaker", "X", ``), "cloud.service.name", `"runtime.sagemaker"`},
	{10, `{"eventSource":"my.app.example.com","eventName":"X"}`, "cloud.service.name event.provider", `|"my.app.example.com"`},
	{11, call("s3", "X", `"sharedEventID":"s-1","sharedEventId":"s-2"`), "aws.cloudtrail.shared_event_id", `"s-1"`},
	{11, call("s3", "X", `"sharedEventId":"s-2"`), "aws.cloudtrail.shared_event_id", `"s-2"`},

	// A long parameter hides nothing here.
	{12, call("s3", "X", `"requestParameters":{"a":"`+strings.Repeat("x", maxFlattened)+`","b":"c"}`), "aws.cloudtrail.flattened.request_parameters.b", `"c"`},

	// Entities are derived always. Of the table of targets each service has a case.
	{13, call("iam", "CreateUser", iamUser+`,"requestParameters":{"userName":"eve"}`), "entity.target.id user.entity.id related.entity", `"eve"|"arn:aws:iam::111122223333:user/bo"|"AKIA1" "arn:aws:iam::111122223333:user/bo" "bo" "eve"`},
	{14, call("iam", "AttachRolePolicy", `"requestParameters":{"roleName":"Deploy","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}`), "entity.target.id target.entity.id", `"Deploy"|"Deploy"`},
	{14, call("iam", "UpdateAssumeRolePolicy", `"requestParameters":{"roleName":"acl-x"}`), "entity.target.id service.target.entity.id", `"acl-x"|`},
	{14, call("iam", "ListAttachedRolePolicies", `"requestParameters":{"roleName":"i-x"}`), "entity.target.id host.target.entity.id host.target.id", `"i-x"||`},
	{14, call("sts", "AttachRolePolicy", `"requestParameters":{"roleName":"Deploy"}`), "target.entity.id", ``},
	{15, call("iam", "AttachUserPolicy", `"requestParameters":{"policyArn":"arn:aws:iam::aws:policy/ReadOnlyAccess","userName":"bo"}`),
		"target.entity.id service.target.entity.id entity.target.id", `"arn:aws:iam::aws:policy/ReadOnlyAccess" "bo"|"arn:aws:iam::aws:policy/ReadOnlyAccess"|"bo"`},
	{15, call("iam", "AttachGroupPolicy", `"requestParameters":{"groupName":"g"}`), "target.entity.id", `"g"`},
	{15, call("iam", "CreateAccessKey", `"requestParameters":{"userName":"bo"},"responseElements":{"accessKey":{"accessKeyId":"AKIAEXAMPLE000000001"}}`),
		"target.entity.id user.target.entity.id", `"AKIAEXAMPLE000000001" "bo"|"AKIAEXAMPLE000000001"`},
	{15, call("iam", "DeactivateMFADevice", `"requestParameters":{"userName":"bo"}`), "target.entity.id", `"bo"`},
	{15, call("iam", "DeleteVirtualMFADevice", `"requestParameters":{"serialNumber":"arn:aws:iam::111122223333:mfa/bo"}`), "user.target.entity.id", `"arn:aws:iam::111122223333:mfa/bo"`},
	{15, call("iam", "GetPolicy", `"requestParameters":{"policyArn":"arn:aws:iam::111122223333:policy/p"}`), "service.target.entity.id", `"arn:aws:iam::111122223333:policy/p"`},
	{15, call("iam", "CreatePolicy", `"responseElements":{"policy":{"arn":"arn:aws:iam::111122223333:policy/p"}}`), "service.target.entity.id", `"arn:aws:iam::111122223333:policy/p"`},
	{16, call("ec2-instance-connect", "SendSSHPublicKey", `"requestParameters":{"instanceId":"i-0123456789abcdef0"}`), "target.entity.id host.target.id", `"i-0123456789abcdef0"|"i-0123456789abcdef0"`},
	{16, call("ec2-instance-connect", "SendSerialConsoleSSHPublicKey", `"requestParameters":{"instanceId":"i-0123456789abcdef0"}`), "host.target.entity.id", `"i-0123456789abcdef0"`},
	{16, call("ec2", "GetPasswordData", `"requestParameters":{"instanceId":"i-0123456789abcdef0"}`), "host.target.entity.id", `"i-0123456789abcdef0"`},
	{17, call("sts", "AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/r"}`), "user.target.entity.id", `"arn:aws:iam::111122223333:role/r"`},
	{17, call("sts", "GetCallerIdentity", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{17, call("s3", "ListBuckets", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{17, call("signin", "ConsoleLogin", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{17, call("ec2", "DescribeVpcs", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{17, call("cloudtrail", "DescribeTrails", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{17, call("iam", "ListUsers", `"recipientAccountId":"111122223333"`), "entity.target.id", `"111122223333"`},
	{18, call("ssm", "StartSession", `"requestParameters":{"target":"i-0123456789abcdef0"}`), "host.target.id", `"i-0123456789abcdef0"`},
	{18, call("ssm", "SendCommand", `"requestParameters":{"instanceIds":["i-0123456789abcdef1","i-0123456789abcdef0"]}`), "host.target.id", `"i-0123456789abcdef0" "i-0123456789abcdef1"`},
	{18, call("ssm", "SendCommand", `"requestParameters":{"targets":[{"key":"tag:a","values":["b"]},{"key":"InstanceIds","values":["i-0123456789abcdef0"]}]}`), "target.entity.id", `"b" "i-0123456789abcdef0"`},
	{18, call("ssm", "SendCommand", `"requestParameters":{"targets":[{"values":["*"]}]},"recipientAccountId":"111122223333"`), "target.entity.id", `"111122223333"`},
	{18, call("ssm", "GetParameter", `"resources":[{"ARN":"arn:aws:ssm:us-east-1:111122223333:parameter/p"},{"arn":"arn:aws:ssm:us-east-1:111122223333:parameter/q"}]`), "service.target.entity.id", `"arn:aws:ssm:us-east-1:111122223333:parameter/p"`},
	{18, call("ssm", "TerminateSession", `"requestParameters":{"sessionId":"s"}`), "entity.target.id", `"s"`},

	// Classes of targets.
	{19, call("s3", "GetObject", `"resources":[{"ARN":"arn:aws:s3:::bucket/key"}]`), "service.target.entity.id", `"arn:aws:s3:::bucket/key"`},
	{19, call("sts", "AssumeRole", `"requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/aws-service-role/x/AWSServiceRoleForX"}`), "service.target.entity.id user.target.entity.id", `"arn:aws:iam::111122223333:role/aws-service-role/x/AWSServiceRoleForX"|`},
	{19, call("ssm", "StartSession", `"requestParameters":{"target":"arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"}`), "host.target.entity.id host.target.id", `"arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"|"i-0123456789abcdef0"`},
	{19, call("sns", "Publish", `"requestParameters":{"topicArn":"arn:aws:sns:us-east-1:111122223333:t"}`), "entity.target.id", `"arn:aws:sns:us-east-1:111122223333:t"`},
	{19, call("sns", "Publish", `"requestParameters":{"topicArn":"arn:aws"}`), "entity.target.id", `"arn:aws"`},
	{20, call("ec2", "AuthorizeSecurityGroupIngress", `"requestParameters":{"groupId":"sg-1"},"responseElements":{"securityGroupRuleSet":{"items":[{"securityGroupRuleId":"sgr-2"}]}}`), "service.target.entity.id", `"sg-1" "sgr-2"`},
	{20, call("ec2", "DeleteNetworkAclEntry", `"requestParameters":{"networkAclId":"acl-1","ruleNumber":100}`), "service.target.entity.id entity.target.id", `"acl-1"|"100"`},
	{20, call("iam", "CreateUser", `"requestParameters":{"userName":"eve"}`), "entity.target.id", `"eve"`},
	{21, call("ec2", "GetPasswordData", `"requestParameters":{"instanceId":"i-1"}`), "target.entity.id host.target.entity.id user.target.entity.id service.target.entity.id entity.target.id", `"i-1"|"i-1"|||`},
	{21, call("lambda", "AddPermission20150331v2", `"requestParameters":{"functionName":"f"}`), "entity.target.id", `"f"`},
	{22, call("ssm", "SendCommand", `"requestParameters":{"instanceIds":["i-1","mi-2"]}`), "host.target.id target.entity.id", `"i-1"|"i-1" "mi-2"`},

	// Callers.
	{23, call("s3", "X", centerUser), "actor.entity.id entity.id", `"u-1"|"u-1"`},
	{23, call("sts", "AssumeRole", session), "actor.entity.id", `"arn:aws:iam::111122223333:role/Deploy"`},
	{23, call("sts", "AssumeRole", iamUser), "actor.entity.id", `"arn:aws:iam::111122223333:user/bo"`},
	{23, call("sts", "AssumeRole", `"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`), "actor.entity.id", `"ec2.amazonaws.com"`},
	{24, call("s3", "X", session), "user.entity.id actor.entity.id", `"arn:aws:iam::111122223333:role/Deploy"|"arn:aws:sts::111122223333:assumed-role/Deploy/dana@example.com"`},
	{24, call("s3", "X", `"userIdentity":{"type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/bo"}`), "user.entity.id", `"arn:aws:sts::111122223333:federated-user/bo"`},
	{24, call("s3", "X", `"userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root"}`), "user.entity.id", `"arn:aws:iam::111122223333:root"`},
	{25, call("ssm", "X", serviceUser), "service.entity.id user.entity.id", `"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonSSM/x"|`},
	{25, call("sts", "AssumeRole", `"userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`), "service.entity.id", `"ec2.amazonaws.com"`},
	{26, call("s3", "X", `"userIdentity":{"arn":"arn:aws:ec2:us-east-1:111122223333:instance/i-1"}`), "host.entity.id entity.id", `"arn:aws:ec2:us-east-1:111122223333:instance/i-1"|`},
	{26, call("s3", "X", `"userIdentity":{"arn":"i-1"}`), "host.entity.id", `"i-1"`},
	{26, call("s3", "X", `"userIdentity":{"arn":"arn:aws:x:::thing/1"}`), "entity.id", `"arn:aws:x:::thing/1"`},

	// What is related.
	{27, call("iam", "AttachRolePolicy", iamUser+`,"requestParameters":{"roleName":"r","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"},"resources":[{"ARN":"z"},{"arn":"no"}]`),
		"related.entity", `"AKIA1" "arn:aws:iam::111122223333:user/bo" "arn:aws:iam::aws:policy/AdministratorAccess" "bo" "r" "z"`},
	{27, call("sts", "AssumeRole", `"requestParameters":{"roleArn":"arn:r","roleSessionName":"s"},"responseElements":{"assumedRoleUser":{"arn":"arn:u"}}`), "related.entity", `"arn:r" "arn:u" "s"`},
	{27, call("ec2", "RunInstances", `"responseElements":{"instancesSet":{"items":[{"instanceId":"i-1","subnetId":"subnet-1","networkInterfaceSet":{"items":[{"groupSet":{"items":[{"groupId":"sg-1"}]}}]}}]}}`), "related.entity", `"i-1" "sg-1" "subnet-1"`},
	{27, call("signin", "X", centerUser), "related.entity", `"arn:aws:identitystore::111122223333:identitystore/d-1"`},
	{28, call("s3", "X", session), "user.email", `"dana@example.com"`},
	{28, call("s3", "X", strings.ReplaceAll(session, "dana@example.com", "dana")), "user.email", ``},
	{28, call("s3", "X", `"userIdentity":{"type":"IAMUser","arn":"arn:aws:sts::1:assumed-role/r/a@b"}`), "user.email", ``},
	{29, call("s3", "X", `"userIdentity":{"type":"SAMLUser","userName":"dana@example.com"}`), "user.email user.name", `"dana@example.com"|"dana@example.com"`},
	{29, call("s3", "X", `"userIdentity":{"type":"SAMLUser","userName":"@dana"}`), "user.email", ``},
	{29, call("signin", userAuthentication, `"additionalEventData":{"UserName":"dana@example.com"}`), "user.email", `"dana@example.com"`},
	{30, call("iam", "UpdateUser", session+`,"requestParameters":{"userName":"a","newUserName":"b"},"responseElements":{"user":{"userId":"c"}}`),
		"related.user", `"dana@example.com" "dana" "a" "b" "c" "AROA1:dana@example.com" "Deploy"`},
	{30, call("s3", "X", centerUser), "related.user", `"u-1"`},
	{31, call("s3", "X", `"sourceIPAddress":"203.0.113.9","serviceEventDetails":{"sourceIpAddress":"203.0.113.10"}`), "related.ip", `"203.0.113.9" "203.0.113.10"`},
	{31, call("s3", "X", `"sourceIPAddress":"AWS Internal","serviceEventDetails":{"sourceIpAddress":"x"}`), "related.ip", ``},
	{32, call("s3", "X", `"sourceIPAddress":"host.example.com","tlsDetails":{"tlsVersion":"TLSv1.3","clientProvidedHostHeader":"s3.example.com"},"requestParameters":{"computerName":"pc"}`), "related.hosts", `"s3.example.com" "host.example.com" "pc"`},
	{32, call("s3", "X", `"sourceIPAddress":"config.amazonaws.com","tlsDetails":{"clientProvidedHostHeader":"s3.amazonaws.com"}`), "related.hosts", ``},
	{32, call("s3", "X", `"sourceIPAddress":"AWS Internal"`), "related.hosts", ``},
	{32, call("ec2", "X", `"resources":[{"arn":"arn:aws:ec2:us-east-1:1:instance/i-0123456789"}],"requestParameters":{"instanceId":"i-0123456781","target":"i-1","instanceIds":["i-0123456782"]},"responseElements":{"instancesSet":{"items":[{"instanceId":"i-0123456783"}]}}`),
		"related.hosts", `"i-0123456789" "i-0123456781" "i-0123456782" "i-0123456783"`},
	{33, call("s3", "X", `"sourceIPAddress":"201.252.42.03"`), "source.ip source.address", `|"201.252.42.03"`},

	// Dates.
	{34, call("s3", "X", creation(`"2024-08-01T13:24:47Z"`)), creationDate, `"2024-08-01T13:24:47Z"`},
	{34, call("s3", "X", creation(`"20240801T132447Z"`)), creationDate, `"2024-08-01T13:24:47Z"`},
	{34, call("s3", "X", creation(`"20240801T132447.125+0100"`)), creationDate, `"2024-08-01T13:24:47.125+01:00"`},
	{34, call("s3", "X", creation(`"2024-08-01"`)), creationDate, `"2024-08-01"`},
	{34, call("s3", "X", creation(`"20241301T132447Z"`)), creationDate, ``},
	{34, call("s3", "X", creation(`"yesterday"`)), creationDate, ``},
	{34, call("s3", "X", creation(`"1722518687000"`)), creationDate, ``},
	{34, call("s3", "X", creation(`"Aug 1, 2024 1:24:47 PM"`)), creationDate, ``},
	{34, call("s3", "X", creation(`1722518687000`)), creationDate, ``},

	// Resources: see TestResources as well.
	{35, call("s3", "X", `"resources":[{"ARN":"a"},{"arn":"b"},{"ARNPrefix":"c"}]`), "aws.cloudtrail.resources.arn aws.cloudtrail.resources.ARNPrefix aws.cloudtrail.resources.ARN", `"a" "b"|"c"|`},
	{36, call("s3", "X", `"userIdentity":{"accountId":"1"},"recipientAccountId":"2"`), "cloud.account.id", `"1"`},
	{36, call("s3", "X", `"recipientAccountId":"2"`), "cloud.account.id", `"2"`},

	// Members that the pipeline names otherwise, and types.
	{0, call("iam", "CreateUser", ``), "event.category event.type", `"iam"|"user" "creation"`},
	{0, call("greengrass", "ListGroups", ``), "event.category", `"iam"`},
	{0, call("s3", "createuser", ``), "event.category event.type", `|"info"`},
	{0, call("s3", "X", `"vpcEndpointAccountId":"1","addendum":{"reason":"DELIVERY_DELAY"},"userIdentity":{"credentialId":"c","sessionContext":{"assumedRoot":true,"ec2RoleDelivery":"2.0","sourceIdentity":"me","webIdFederationData":{"federatedProvider":"p","attributes":{"a":"b"}}}}`),
		"aws.cloudtrail.vpc_endpoint_account_id aws.cloudtrail.addendum.reason aws.cloudtrail.user_identity.credential_id aws.cloudtrail.user_identity.session_context.assumed_root aws.cloudtrail.user_identity.session_context.ec2_role_delivery aws.cloudtrail.user_identity.session_context.source_identity aws.cloudtrail.user_identity.session_context.web_id_federation_data.attributes.a",
		`"1"|"DELIVERY_DELAY"|"c"|true|"2.0"|"me"|"b"`},
}

const creationDate = "aws.cloudtrail.user_identity.session_context.creation_date"

func creation(date string) string {
	return `"userIdentity":{"sessionContext":{"attributes":{"creationDate":` + date + `}}}`
}

func TestPipeline(t *testing.T) {
	for _, c := range pipeline {
		var got []string
		for field := range strings.FieldsSeq(c.fields) {
			got = append(got, values(t, c.line, field))
		}
		if got := strings.Join(got, "|"); got != c.want {
			t.Errorf("sentence %d: %.300s\n%s = %s\nwant %s", c.sentence, c.line, c.fields, got, c.want)
		}
	}
}

// Every sentence about Elastic's pipeline has a case.
func TestPipelineSentences(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "enrich", "mapping.json"))
	if err != nil {
		t.Skip("not tested: that every sentence about Elastic's pipeline has a case, as ../shared is not here")
	}
	var file struct {
		Sentences []struct{ Field, When, Then string }
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for i, s := range file.Sentences {
		has := func(field string) bool {
			for _, c := range pipeline {
				if c.sentence == i+1 && (field == "" || strings.Contains(" "+c.fields+" ", " "+field+" ")) {
					return true
				}
			}
			return false
		}
		for field := range strings.SplitSeq(s.Field, ", ") {
			field, _, _ = strings.Cut(field, " (")
			if isName := schema.Field(field).Derivable && schema.Field(field).Type != event.TypeObject; !isName {
				field = "" // it is about several fields, by other words
			}
			if !has(field) {
				t.Errorf("sentence %d has no case for %s: when %s: %s", i+1, field, s.When, s.Then)
			}
		}
	}
}

// What is printed of resources is what rules see.
func TestResources(t *testing.T) {
	for _, c := range []struct{ resources, want string }{
		{`[{"ARN":"a","accountId":"1","type":"t"},{"type":"t","ARN":"a","accountId":"1"}]`, `[{"arn":"a","account_id":"1","type":"t"}]`},
		{`[{"ARN":"a"},{"arn":"a"}]`, `[{"arn":"a"}]`},
		{`[{"ARN":"a","type":"t"},{"ARN":"a","type":"t","ARNPrefix":"p"}]`, `[{"arn":"a","type":"t","ARNPrefix":"p"}]`},
		{`[{"ARN":"a","type":"t"},{"ARN":"a","type":"u"},{"ARN":"a"}]`, `[{"arn":"a","type":"t"},{"arn":"a","type":"u"},{"arn":"a"}]`},
		// Elastic keeps the last of these, and a rule would not find the other.
		{`[{"ARNPrefix":"p","type":"t"},{"ARNPrefix":"q","type":"t"}]`, `[{"ARNPrefix":"p","type":"t"},{"ARNPrefix":"q","type":"t"}]`},
		{`[{},"x",{"ARN":"-"}]`, `["x"]`},
	} {
		line := call("s3", "X", `"resources":`+c.resources)
		var printed struct {
			AWS struct {
				Cloudtrail struct{ Resources json.RawMessage }
			}
		}
		if err := json.Unmarshal([]byte(document(t, line)), &printed); err != nil {
			t.Fatal(err)
		}
		var compact strings.Builder
		for field := range strings.FieldsSeq(string(printed.AWS.Cloudtrail.Resources)) {
			compact.WriteString(field)
		}
		if compact.String() != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.resources, &compact, c.want)
		}
	}
}

// A rule finds each value that fluent-detect ecs prints, and nothing else, by the
// name under which it is printed.
func TestWhatIsPrintedIsWhatRulesSee(t *testing.T) {
	var lines []string
	for _, c := range pipeline {
		lines = append(lines, c.line)
	}
	lines = append(lines,
		call("s3", "X", `"resources":[{"ARN":"a","other":{"x":[1,{"y":2}]}},{"arn":"b","ARNPrefix":"p"},{"ARN":"a","other":{"x":3}}]`),
		call("iam", "CreateUser", `"requestParameters":{"a.b":"c","d":[{"e":"f"},"g"]},"eventTime":"2024-08-01T13:24:47Z","readOnly":"true","managementEvent":false`),
		call("signin", "ConsoleLogin", `"additionalEventData":{"MFAUsed":"No","LoginTo":"x"},"responseElements":{"ConsoleLogin":"Success"}`),
	)
	if text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "corpus", "stratus.ndjson")); err == nil {
		lines = append(lines, slices.Collect(strings.Lines(string(text)))...)
	} else {
		t.Logf("not tested: real events, as ../shared is not here")
	}
	compared := 0
	reader := envelope.NewReader(schema, func(e *event.Event) {
		packed := e.AppendECS(nil)
		v, _, err := msgpack.Read(packed, 0)
		if err != nil {
			t.Fatal(err)
		}
		printed := event.NewDocument(v)
		names := map[string]bool{}
		for _, name := range schema.Names() {
			names[name] = true
		}
		printed.AnyLeaf(v, func(name []byte, v msgpack.Value) bool {
			if v.Kind() != msgpack.Map {
				names[string(name)] = true
			}
			return false
		})
		for name := range names {
			f := schema.Field(name)
			if f.Type == event.TypeFlattened && slices.Contains(schema.Names(), name) {
				continue // its leaves are compared
			}
			compared++
			seen, shown := sortedTexts(e, f), sortedTexts(printed, event.DocumentField(name, f.Type))
			if !slices.Equal(seen, shown) {
				t.Errorf("%s: a rule sees %q, printed is %q, in %.300s", name, seen, shown, jsontext.AppendJSON(nil, e.Document()))
			}
		}
	})
	for _, line := range lines {
		readLine(t, reader, line)
	}
	if compared < 1000 {
		t.Errorf("only %d fields were compared", compared)
	}
}

// sortedTexts returns the different values of a field as JSON, sorted.
func sortedTexts(e *event.Event, f *event.Field) []string {
	var texts []string
	e.Any(f, func(v msgpack.Value) bool {
		if !event.IsEmpty(v) {
			texts = append(texts, string(jsontext.AppendJSON(nil, v)))
		}
		return false
	})
	slices.Sort(texts)
	return slices.Compact(texts)
}

// No field costs memory when it is asked for again.
func TestFieldsDoNotAllocate(t *testing.T) {
	var fields []*event.Field
	for _, name := range schema.Names() {
		fields = append(fields, schema.Field(name))
	}
	for _, c := range pipeline {
		if c.sentence == 12 || c.sentence == 33 || c.sentence == 34 { // a long text, addresses and dates that are none
			continue
		}
		body, _, err := jsontext.AppendMsgpack(nil, []byte(c.line))
		if err != nil {
			t.Fatal(err)
		}
		visit := func(e *event.Event) {
			for _, f := range fields {
				e.Any(f, func(msgpack.Value) bool { return false })
			}
		}
		r := envelope.NewReader(schema, visit)
		if n := testing.AllocsPerRun(5, func() { _, _, _ = r.Read(body, 0) }); n != 0 {
			t.Errorf("%v allocations in %s", n, c.line)
		}
	}
}
