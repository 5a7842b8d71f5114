package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// targetPaths are what calls are about, by eventSource without its domain and by
// eventName: the members of the event whose texts name it. It is what Elastic's
// pipeline takes for targets.
var targetPaths = map[string]map[string][]string{
	"bedrock":        {"Converse": {"requestParameters.modelId"}},
	"cloudformation": {"CreateStack": {"responseElements.stackId"}, "CreateStackSet": {"responseElements.stackSetId"}},
	"cloudtrail": {
		"DeleteTrail":    {"requestParameters.name"},
		"StopLogging":    {"requestParameters.name"},
		"DescribeTrails": {recipient},
	},
	"config": {
		"StartConfigurationRecorder": {"requestParameters.configurationRecorderName"},
		"StopConfigurationRecorder":  {"requestParameters.configurationRecorderName"},
	},
	"dynamodb": {"ListTables": {recipient}},
	"ec2": {
		"AuthorizeSecurityGroupEgress":  {"requestParameters.groupId", "responseElements.securityGroupRuleSet.items.securityGroupRuleId"},
		"AuthorizeSecurityGroupIngress": {"requestParameters.groupId", "responseElements.securityGroupRuleSet.items.securityGroupRuleId"},
		"CreateTrafficMirrorFilter":     {"responseElements.CreateTrafficMirrorFilterResponse.trafficMirrorFilter.trafficMirrorFilterId"},
		"CreateTrafficMirrorFilterRule": {"responseElements.CreateTrafficMirrorFilterRuleResponse.trafficMirrorFilterRule.trafficMirrorFilterRuleId"},
		"CreateTrafficMirrorSession":    {"responseElements.CreateTrafficMirrorSessionResponse.trafficMirrorSession.trafficMirrorSessionId"},
		"CreateTrafficMirrorTarget":     {"responseElements.CreateTrafficMirrorTargetResponse.trafficMirrorTarget.trafficMirrorTargetId"},
		"DeleteFlowLogs":                {"requestParameters.DeleteFlowLogsRequest.FlowLogId.content"},
		"DeleteNetworkAcl":              {"requestParameters.networkAclId"},
		"DeleteNetworkAclEntry":         {"requestParameters.networkAclId", "requestParameters.ruleNumber"},
		"DescribeNetworkAcls":           {recipient},
		"DescribeNetworkInterfaces":     {recipient},
		"DescribeRegions":               {recipient},
		"DescribeSecurityGroups":        {recipient},
		"DescribeVolumes":               {recipient},
		"DescribeVpcs":                  {recipient},
		"GetPasswordData":               {"requestParameters.instanceId"},
		"ModifyImageAttribute":          {"requestParameters.imageId"},
		"ModifySnapshotAttribute":       {"requestParameters.snapshotId"},
	},
	"ec2-instance-connect": {
		"SendSSHPublicKey":              {"requestParameters.instanceId"},
		"SendSerialConsoleSSHPublicKey": {"requestParameters.instanceId"},
	},
	"elasticfilesystem": {
		"DeleteFileSystem":  {"requestParameters.fileSystemId"},
		"DeleteMountTarget": {"requestParameters.mountTargetId"},
	},
	"elasticloadbalancing": {"DescribeLoadBalancers": {recipient}},
	"events":               {"DeleteRule": {"requestParameters.name"}},
	"guardduty":            {"CreateDetector": {"responseElements.detectorId"}, "DeleteDetector": {"requestParameters.detectorId"}},
	"iam": {
		"AttachGroupPolicy":        {"requestParameters.groupName"},
		"AttachRolePolicy":         {roleName},
		"AttachUserPolicy":         {"requestParameters.policyArn", "requestParameters.userName"},
		"CreateAccessKey":          {"responseElements.accessKey.accessKeyId", "requestParameters.userName"},
		"CreatePolicy":             {"responseElements.policy.arn"},
		"CreateUser":               {"requestParameters.userName"},
		"DeactivateMFADevice":      {"requestParameters.userName"},
		"DeleteVirtualMFADevice":   {"requestParameters.serialNumber"},
		"GetPolicy":                {"requestParameters.policyArn"},
		"ListAttachedRolePolicies": {roleName},
		"ListRoles":                {recipient},
		"ListUsers":                {recipient},
		"UpdateAssumeRolePolicy":   {roleName},
	},
	"kms":        {"DisableKey": {"resources.ARN"}, "ScheduleKeyDeletion": {"resources.ARN"}},
	"logs":       {"DeleteLogGroup": {"requestParameters.logGroupName"}, "DeleteLogStream": {"requestParameters.logStreamName"}},
	"monitoring": {"DeleteAlarms": {"requestParameters.alarmNames"}},
	"rds": {
		"DeleteDBCluster":                  {"responseElements.dBClusterArn"},
		"DeleteDBInstance":                 {"responseElements.dBInstanceArn"},
		"DeleteGlobalCluster":              {"responseElements.globalClusterArn"},
		"DescribeDBInstances":              {recipient},
		"ModifyDBCluster":                  {"responseElements.dBClusterArn"},
		"ModifyDBClusterSnapshotAttribute": {"responseElements.dBClusterSnapshotIdentifier"},
		"ModifyDBInstance":                 {"responseElements.dBInstanceArn"},
		"ModifyDBSnapshotAttribute":        {"responseElements.dBSnapshotIdentifier"},
		"RestoreDBInstanceFromDBSnapshot":  {"responseElements.dBInstanceArn"},
		"RestoreDBInstanceFromS3":          {"responseElements.dBInstanceArn"},
		"StopDBCluster":                    {"responseElements.dBClusterArn"},
		"StopDBInstance":                   {"responseElements.dBInstanceArn"},
	},
	"rolesanywhere":   {"CreateTrustAnchor": {"responseElements.trustAnchor.trustAnchorArn"}},
	"route53resolver": {"DeleteResolverQueryLogConfig": {"responseElements.resolverQueryLogConfig.arn"}},
	"s3": {
		"CopyObject":           {"resources.ARN"},
		"DeleteBucket":         {"resources.ARN"},
		"DeleteObject":         {"resources.ARN"},
		"GetBucketPolicy":      {"resources.ARN"},
		"GetObject":            {"resources.ARN"},
		"HeadObject":           {"resources.ARN"},
		"ListBuckets":          {recipient},
		"ListObjects":          {"resources.ARN"},
		"PutBucketLogging":     {"resources.ARN"},
		"PutBucketReplication": {"resources.ARN", "requestParameters.ReplicationConfiguration.Rule.Destination.Bucket"},
		"PutBucketVersioning":  {"resources.ARN"},
		"PutObject":            {"resources.ARN"},
	},
	"secretsmanager": {"BatchGetSecretValue": {"requestParameters.secretIdList"}, "GetSecretValue": {"requestParameters.secretId"}},
	"signin":         {consoleLogin: {recipient}},
	"sns": {
		"CreateTopic": {"responseElements.topicArn"},
		"Publish":     {"requestParameters.topicArn"},
		"Subscribe":   {"requestParameters.topicArn"},
	},
	"ssm": {
		"CreateControlChannel":     {"resources.ARN"},
		"CreateDocument":           {"requestParameters.name"},
		"GetParameter":             {"resources.ARN"},
		"GetParameters":            {"resources.ARN"},
		"ListInstanceAssociations": {recipient},
		"OpenControlChannel":       {"resources.ARN"},
		"OpenDataChannel":          {"requestParameters.sessionId"},
		"SendCommand":              {commandInstances},
		"StartSession":             {"requestParameters.target"},
		"TerminateSession":         {"requestParameters.sessionId"},
	},
	"sts":   {"AssumeRole": {"requestParameters.roleArn"}, "GetCallerIdentity": {recipient}},
	"wafv2": {"DeleteRuleGroup": {"requestParameters.id"}, "DeleteWebACL": {"requestParameters.id"}},
}

const (
	recipient        = "recipientAccountId"
	roleName         = "requestParameters.roleName"
	commandInstances = "requestParameters.instanceIds"
)

// lambdaTargets are those of AWS Lambda, whose names of events end in the version of
// its API.
var lambdaTargets = []struct {
	action []byte
	place  event.Place
}{
	{[]byte("AddPermission"), event.PlaceOf("requestParameters.functionName")},
	{[]byte("ListFunctions"), event.PlaceOf(recipient)},
}

// targetPlaces are targetPaths as places.
var targetPlaces = func() map[string]map[string][]event.Place {
	bySource := map[string]map[string][]event.Place{}
	for source, actions := range targetPaths {
		byName := map[string][]event.Place{}
		for name, paths := range actions {
			byName[name] = places(paths)
		}
		bySource[source] = byName
	}
	return bySource
}()

var (
	commandTargets = event.PlaceOf("requestParameters.targets.values")
	commandPlace   = event.PlaceOf(commandInstances)
	roleNamePlace  = event.PlaceOf(roleName)
)

func places(paths []string) []event.Place {
	list := make([]event.Place, len(paths))
	for i, path := range paths {
		list[i] = event.PlaceOf(path)
	}
	return list
}

// addTargets adds what the event is about to the set. Names of roles are other
// entities, whatever they look like: nobody hides one by its name.
func (s *textSet) addTargets(e *event.Event) {
	for o := e.Occurrences(eventSource); o.Next(); {
		service := serviceOf(o.Value())
		for actions := e.Occurrences(eventName); actions.Next(); {
			action := actions.Value().Bytes()
			for _, place := range targetPlaces[string(service)][string(action)] {
				s.addTarget(e, place)
			}
			for _, t := range lambdaTargets {
				if string(service) == "lambda" && bytes.Contains(action, t.action) {
					s.addPlace(e, t.place)
				}
			}
		}
	}
}

func (s *textSet) addTarget(e *event.Event, place event.Place) {
	switch place {
	case commandPlace:
		s.addCommandTargets(e)
		return
	case roleNamePlace:
		s.role = true
	}
	s.addPlace(e, place)
}

// addCommandTargets adds the instances that a command is sent to; all of them are the
// account.
func (s *textSet) addCommandTargets(e *event.Event) {
	instances := e.ValuesAt(commandPlace)
	if len(instances) == 0 {
		instances = e.ValuesAt(commandTargets)
	}
	if len(instances) == 1 && string(instances[0].Bytes()) == "*" {
		s.addPlace(e, recipientAccount)
		return
	}
	s.add(e, instances)
}

// serviceOf returns the name of the service in an eventSource, without its domain.
func serviceOf(eventSource msgpack.Value) []byte {
	name, ok := bytes.CutSuffix(eventSource.Bytes(), []byte(".amazonaws.com"))
	if !ok {
		return nil
	}
	return name
}

// class is what kind of entity a target or a caller is.
type class uint8

const (
	otherEntity class = iota
	userEntity
	hostEntity
	serviceEntity
)

// targetTypes are the classes of targets by the type of the resource in their ARN.
var targetTypes = classes(map[class]string{
	userEntity: "user role assumed-role federated-user instance-profile mfa serialNumber",
	hostEntity: "instance",
	serviceEntity: `stack stack-set trail configuration-recorder file-system mount-target rule detector key function log-group
		log-stream alarm db cluster global-cluster trust-anchor resolver-query-log-config secret parameter document session
		webacl rulegroup ipset topic model loadbalancer table group policy security-group network-interface vpc subnet
		network-acl dhcp-options`,
})

func classes(words map[class]string) map[string]class {
	byWord := map[string]class{}
	for c, list := range words {
		for _, v := range textValues(list) {
			byWord[string(v.Bytes())] = c
		}
	}
	return byWord
}

// servicePrefixes are how identifiers of parts of a network begin.
var servicePrefixes = [][]byte{
	[]byte("sg-"), []byte("sgr-"), []byte("eni-"), []byte("vpc-"), []byte("subnet-"), []byte("acl-"), []byte("rtb-"),
	[]byte("igw-"), []byte("nat-"), []byte("vpce-"), []byte("tgw-"), []byte("pcx-"),
}

// classOfTarget returns the class of a target, an ARN or another identifier.
func classOfTarget(target []byte) class {
	if bytes.HasPrefix(target, []byte("arn:")) {
		service, kind, ok := resourceOf(target)
		switch {
		case !ok:
			return otherEntity
		case isServiceRole(target):
			return serviceEntity
		}
		if c, ok := targetTypes[string(kind)]; ok {
			return c
		}
		if string(service) == "s3" {
			return serviceEntity
		}
		return otherEntity
	}
	if len(target) == len("AKIA")+16 && bytes.HasPrefix(target, []byte("AKIA")) {
		return userEntity
	}
	if bytes.HasPrefix(target, []byte("i-")) {
		return hostEntity
	}
	for _, prefix := range servicePrefixes {
		if bytes.HasPrefix(target, prefix) {
			return serviceEntity
		}
	}
	return otherEntity
}

// resourceOf returns the service and the type of the resource in an ARN, and reports
// whether it has all parts.
func resourceOf(arn []byte) (service, kind []byte, ok bool) {
	if kind, ok = arnPart(arn, 5); !ok {
		return nil, nil, false
	}
	if slash := bytes.IndexByte(kind, '/'); slash > 0 {
		kind = kind[:slash]
	}
	service, _ = arnPart(arn, 2)
	return service, kind, true
}

// arnPart returns the n-th part of an ARN, from 0 on, if it has so many.
func arnPart(arn []byte, n int) (part []byte, ok bool) {
	for range n {
		if _, arn, ok = bytes.Cut(arn, []byte(":")); !ok {
			return nil, false
		}
	}
	part, _, _ = bytes.Cut(arn, []byte(":"))
	return part, true
}

// isServiceRole reports whether the text is about a role of an AWS service.
func isServiceRole(text []byte) bool {
	return bytes.Contains(text, []byte("/AWSServiceRoleFor")) || bytes.Contains(text, []byte("/aws-service-role/"))
}

// instanceOf returns the ID of the EC2 instance that a target is, if it is one.
func instanceOf(target []byte) (id []byte, ok bool) {
	if bytes.HasPrefix(target, []byte("arn:")) {
		resource, _ := arnPart(target, 5)
		if service, _ := arnPart(target, 2); string(service) != "ec2" {
			return nil, false
		}
		if target, ok = bytes.CutPrefix(resource, []byte("instance/")); !ok {
			return nil, false
		}
	}
	return target, bytes.HasPrefix(target, []byte("i-"))
}

// targets derives a field with the targets of some class.
func targets(is func(c class) bool) event.Derive {
	return targetsAs(is, func(target []byte) ([]byte, bool) { return target, true })
}

func targetsAs(is func(c class) bool, as func([]byte) ([]byte, bool)) event.Derive {
	return func(e *event.Event, _ event.Place) []msgpack.Value {
		s := newTextSet(e, 0)
		s.addTargets(e)
		kept := s.texts[:0]
		for _, target := range s.texts {
			c := otherEntity
			if !s.role {
				c = classOfTarget(target)
			}
			if text, ok := as(target); ok && is(c) {
				kept = append(kept, text)
			}
		}
		s.texts = kept
		return s.sorted(e)
	}
}

func anyClass(class) bool { return true }

func only(want class) func(class) bool { return func(c class) bool { return c == want } }
