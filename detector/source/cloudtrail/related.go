package cloudtrail

import (
	"bytes"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// textSet collects the texts of a field. They are the event's.
type textSet struct {
	texts [][]byte
	role  bool // they are names of roles
}

// newTextSet returns an empty set, in the memory of the one before with that number.
func newTextSet(e *event.Event, number int) *textSet {
	s := &e.State(newWorkspace).(*workspace).sets[number]
	if s.role = false; cap(s.texts) > maxTexts {
		s.texts = nil
	}
	s.texts = s.texts[:0]
	return s
}

// maxTexts is how many texts a set keeps memory for.
const maxTexts = 16 << 10

// add adds values that are texts, and numbers as their text.
func (s *textSet) add(e *event.Event, values []msgpack.Value) {
	for _, v := range values {
		switch v.Kind() {
		case msgpack.Str, msgpack.Bin:
			s.texts = append(s.texts, v.Bytes())
		case msgpack.Int, msgpack.Uint:
			arena := e.Arena()
			from := len(arena)
			e.SetArena(event.AppendScalar(arena, v))
			s.texts = append(s.texts, e.Arena()[from:])
		}
	}
}

func (s *textSet) addPlace(e *event.Event, p event.Place) { s.add(e, e.ValuesAt(p)) }

// sorted returns the texts as values, sorted, each once.
func (s *textSet) sorted(e *event.Event) []msgpack.Value {
	slices.SortFunc(s.texts, bytes.Compare)
	return s.distinct(e)
}

// distinct returns the texts as values, each once, in their order.
func (s *textSet) distinct(e *event.Event) []msgpack.Value {
	mark := e.Mark()
	for i, text := range s.texts {
		before := s.texts[:i]
		if len(text) == 0 || slices.ContainsFunc(before[max(0, i-maxCompared):], func(b []byte) bool { return bytes.Equal(b, text) }) {
			continue
		}
		e.Add(msgpack.TextOf(text))
	}
	return e.Since(mark)
}

// maxCompared is how many texts before it a text is compared with.
const maxCompared = 64

// entityPaths are the members of every event that name an entity; serviceEntityPaths
// those of the events of a service, by eventSource without its domain.
var (
	entityPlaces = places([]string{
		"userIdentity.accessKeyId", "userIdentity.arn", "userIdentity.userName",
		"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.sessionContext.sessionIssuer.userName", "resources.ARN",
	})
	storePlace          = event.PlaceOf("userIdentity.onBehalfOf.identityStoreArn")
	serviceEntityPlaces = func() map[string][]event.Place {
		byService := map[string][]event.Place{}
		for service, paths := range serviceEntityPaths {
			byService[service] = places(paths)
		}
		return byService
	}()
)

var serviceEntityPaths = map[string][]string{
	"cloudtrail": {
		"requestParameters.name", "requestParameters.s3BucketName", "responseElements.cloudWatchLogsLogGroupArn",
		"responseElements.cloudWatchLogsRoleArn", "responseElements.kmsKeyId", "responseElements.snsTopicARN",
		"responseElements.trailARN", "responseElements.name",
	},
	"config": {"requestParameters.configurationRecorderName"},
	"ec2": {
		"requestParameters.groupId", "requestParameters.groupName", "requestParameters.roleName", "requestParameters.subnetId",
		"requestParameters.volumeId", "requestParameters.networkInterfaceId", "requestParameters.vpcId", "requestParameters.snapshotId",
		"requestParameters.groupSet.items.groupId", "requestParameters.instancesSet.items.instanceId",
		"requestParameters.revokedSecurityGroupRuleSet.items.groupId", "requestParameters.revokedSecurityGroupRuleSet.items.securityGroupRuleId",
		"responseElements.groupId", "responseElements.reservationId", "responseElements.vpc.vpcId", "responseElements.vpc.dhcpOptionsId",
		"responseElements.snapshotId", "responseElements.volumeId", "responseElements.groupSet.items.groupId",
		"responseElements.securityGroupRuleSet.items.groupId", "responseElements.securityGroupRuleSet.items.referencedGroupInfo.groupId",
		"responseElements.securityGroupRuleSet.items.securityGroupRuleId",
		"responseElements.instancesSet.items.subnetId", "responseElements.instancesSet.items.vpcId",
		"responseElements.instancesSet.items.instanceId", "responseElements.instancesSet.items.imageId",
		"responseElements.instancesSet.items.iamInstanceProfile.arn",
		"responseElements.instancesSet.items.networkInterfaceSet.items.networkInterfaceId",
		"responseElements.instancesSet.items.networkInterfaceSet.items.vpcId",
		"responseElements.instancesSet.items.networkInterfaceSet.items.subnetId",
		"responseElements.instancesSet.items.networkInterfaceSet.items.groupSet.items.groupId",
	},
	"guardduty": {"requestParameters.detectorId", "responseElements.detectorId"},
	"iam": {
		"requestParameters.userName", "requestParameters.serialNumber", "requestParameters.accessKeyId", "requestParameters.policyArn",
		"requestParameters.roleName", "requestParameters.policyName", "responseElements.accessKey.userName",
		"responseElements.accessKey.accessKeyId", "responseElements.user.arn", "responseElements.user.userId",
		"responseElements.user.userName", "responseElements.userId", "responseElements.role.arn", "responseElements.serialNumber",
	},
	"kms": {
		"requestParameters.keyId", "responseElements.keyId", "responseElements.keyMetadata.arn", "responseElements.keyMetadata.keyId",
	},
	"lambda": {
		"requestParameters.functionName", "responseElements.functionArn", "responseElements.functionName", "responseElements.role",
		"responseElements.vpcConfig.securityGroupIds", "responseElements.vpcConfig.subnetIds",
	},
	"rds": {
		"requestParameters.dBInstanceIdentifier", "requestParameters.dBInstanceArn", "responseElements.dBInstanceIdentifier",
		"responseElements.dbInstanceArn", "responseElements.dBSubnetGroup.vpcId", "responseElements.dBSubnetGroup.subnets.subnetIdentifier",
		"responseElements.vpcSecurityGroups.vpcSecurityGroupId",
	},
	"s3": {"requestParameters.bucketName"},
	"sts": {
		"requestParameters.roleArn", "requestParameters.roleSessionName", "additionalEventData.MFAIdentifier",
		"responseElements.assumedRoleUser.arn", "responseElements.accessKeyId",
	},
	"wafv2": {"requestParameters.id", "responseElements.summary"},
}

// relatedEntity derives related.entity: the caller, the resources, the targets, and
// what the parameters of some services name.
func relatedEntity(e *event.Event, _ event.Place) []msgpack.Value {
	s := newTextSet(e, 0)
	for _, p := range entityPlaces {
		s.addPlace(e, p)
	}
	if callerOf(e).is(identityCenterUser) {
		s.addPlace(e, storePlace)
	}
	for o := e.Occurrences(eventSource); o.Next(); {
		for _, p := range serviceEntityPlaces[string(serviceOf(o.Value()))] {
			s.addPlace(e, p)
		}
	}
	s.addTargets(e)
	return s.sorted(e)
}

var (
	targetUser  = event.PlaceOf("requestParameters.userName")
	newUser     = event.PlaceOf("requestParameters.newUserName")
	createdUser = event.PlaceOf("responseElements.user.userId")
)

// relatedUser derives related.user: the session, the users that the call is about,
// and the caller.
func relatedUser(e *event.Event, p event.Place) []msgpack.Value {
	s := newTextSet(e, 0)
	for _, v := range sessionNames(e) {
		name := v.Bytes()
		s.texts = append(s.texts, name)
		if user, _, ok := bytes.Cut(name, []byte("@")); ok {
			s.texts = append(s.texts, user)
		}
	}
	for _, place := range []event.Place{targetUser, newUser, createdUser} {
		s.addPlace(e, place)
	}
	s.add(e, userID(e, p))
	s.add(e, userName(e, p))
	s.addPlace(e, onBehalfOf)
	return s.distinct(e)
}

var serviceEventAddress = event.PlaceOf("serviceEventDetails.sourceIpAddress")

// relatedIP derives related.ip: source.ip, and the address in serviceEventDetails.
func relatedIP(e *event.Event, p event.Place) []msgpack.Value {
	s := newTextSet(e, 0)
	s.add(e, sourceIP(e, p))
	s.add(e, sourceIP(e, serviceEventAddress))
	return s.distinct(e)
}

var (
	serverName   = event.PlaceOf("tlsDetails.clientProvidedHostHeader")
	computerName = event.PlaceOf("requestParameters.computerName")
	resourceARN  = event.Place{Member: resources, Below: "ARN"}
	resourceArn  = event.Place{Member: resources, Below: "arn"}
	instanceIDs  = places([]string{
		"requestParameters.instanceId", "requestParameters.target", "requestParameters.resourceId",
		"requestParameters.instanceIds", "requestParameters.instancesSet.items.instanceId",
		"responseElements.instanceId", "responseElements.target", "responseElements.resourceId",
		"responseElements.instanceIds", "responseElements.instancesSet.items.instanceId",
	})
)

// minInstanceID is how long the ID of an instance is at least.
const minInstanceID = 10

// relatedHosts derives related.hosts: the host that was asked for, the one that the
// call came from, and the instances that it is about.
func relatedHosts(e *event.Event, p event.Place) []msgpack.Value {
	s := newTextSet(e, 0)
	for _, v := range tls(e, serverName) {
		if name := v.Bytes(); !bytes.HasSuffix(name, []byte(".amazonaws.com")) {
			s.texts = append(s.texts, name)
		}
	}
	for _, v := range e.ValuesAt(p) {
		name := v.Bytes()
		if _, ok := event.ParseIP(name); !ok && bytes.IndexByte(name, '.') >= 0 && bytes.IndexByte(name, ' ') < 0 &&
			!bytes.HasSuffix(name, []byte(".amazonaws.com")) {
			s.texts = append(s.texts, name)
		}
	}
	s.addPlace(e, computerName)
	addInstance := func(id []byte) {
		if len(id) >= minInstanceID && bytes.HasPrefix(id, []byte("i-")) {
			s.texts = append(s.texts, id)
		}
	}
	for _, place := range []event.Place{resourceARN, resourceArn} {
		for _, v := range e.ValuesAt(place) {
			if arn := v.Bytes(); bytes.Contains(arn, []byte(":instance/")) {
				addInstance(arn[bytes.LastIndexByte(arn, '/')+1:])
			}
		}
	}
	for _, place := range instanceIDs {
		for _, v := range e.ValuesAt(place) {
			addInstance(v.Bytes())
		}
	}
	return s.distinct(e)
}
