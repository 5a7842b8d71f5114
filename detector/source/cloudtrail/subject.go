package cloudtrail

import (
	"bytes"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// parameters is the ECS name of requestParameters.
const parameters = "aws.cloudtrail.flattened.request_parameters."

// The fields that describe asks for.
const (
	askUserName = iota
	askUserID
	askIdentityType
	askARN
	askIssuerARN
	askInvokedBy
	askInstance  // EC2's parameter of calls for one instance
	askInstances // and of calls for several
	askOSUser    // EC2 Instance Connect's parameters, the older spelling behind the newer
	askOldOSUser
	askKey
	askNestedKey
	askOldNestedKey
	askOmitted
	numAsks
)

var asks = [numAsks]string{
	askUserName:     "user.name",
	askUserID:       "user.id",
	askIdentityType: "aws.cloudtrail.user_identity.type",
	askARN:          "aws.cloudtrail.user_identity.arn",
	askIssuerARN:    "aws.cloudtrail.user_identity.session_context.session_issuer.arn",
	askInvokedBy:    "aws.cloudtrail.user_identity.invoked_by",
	askInstance:     parameters + "instanceId",
	askInstances:    parameters + "instancesSet.items.instanceId",
	askOSUser:       parameters + "instanceOSUser",
	askOldOSUser:    parameters + "osUser",
	askKey:          parameters + "sSHPublicKey",
	askNestedKey:    parameters + "SSHKey.publicKey",
	askOldNestedKey: parameters + "sSHKey.publicKey",
	askOmitted:      parameters + "omitted",
}

// objects are what a call was about: the names that AWS gives to the parameters
// of its calls.
var objects = []string{
	parameters + "instanceId", parameters + "instancesSet.items.instanceId",
	parameters + "bucketName", parameters + "userName", parameters + "roleName", parameters + "groupName",
	parameters + "functionName", parameters + "secretId", parameters + "keyId", parameters + "trailName",
	parameters + "dBInstanceIdentifier", parameters + "dBClusterIdentifier", parameters + "groupId",
	parameters + "snapshotId", parameters + "policyName", parameters + "policyArn", parameters + "roleArn", parameters + "name",
	"aws.cloudtrail.resources.arn",
}

// The attributes of an event.
const (
	instances = iota
	keys
	osUsers
	numAttributes
)

var attributes = [numAttributes]event.Attribute{
	instances: {Name: "instances", Field: "cloud.target.instance.id", Novel: true, Summarized: true},
	keys:      {Name: "keys", Field: "related.hash", Novel: true, Summarized: true},
	osUsers:   {Name: "os_users", Novel: true},
}

// The fields that alerts about pushed keys have.
const (
	keyType        = "fluent_detect.key.type"
	keyFingerprint = "fluent_detect.key.fingerprint"
	keyExpires     = "fluent_detect.key.expires"
)

const (
	// maxInstances is how many instances of one call an alert names.
	maxInstances = 64
	// maxPrincipal is how many bytes of a principal are kept.
	maxPrincipal = 256
)

// describe describes an event.
func describe(e *event.Event, fields []*event.Field, s *event.Subject) {
	s.Actor = actor(e, fields)
	s.Principal = principal(e, fields, s.Actor)
	if id := e.ValuesAt(onBehalfOf); len(id) > 0 { // Elastic's view has no field for it
		s.Fields = append(s.Fields, event.SubjectField{Name: "user.id", Text: id[0].Bytes(), Fill: true})
	}
	for _, f := range fields[askInstance : askInstances+1] {
		for _, v := range e.Values(f) {
			id := v.Bytes()
			known := slices.ContainsFunc(s.Values[instances], func(b []byte) bool { return bytes.Equal(b, id) })
			if len(id) > 0 && !known && len(s.Values[instances]) < maxInstances {
				s.Values[instances] = append(s.Values[instances], id)
			}
		}
	}
	if user := first(e, fields[askOSUser:askOldOSUser+1]); len(user) > 0 {
		s.Values[osUsers] = append(s.Values[osUsers], user)
		s.Fields = append(s.Fields, event.SubjectField{Name: "user.target.name", Text: user})
	}
	if text := first(e, fields[askKey:askOldNestedKey+1]); len(text) > 0 {
		describeKey(text, s)
	}
	if v := e.First(fields[askOmitted]); v.Bool() || string(v.Bytes()) == "true" {
		s.Integrity = append(s.Integrity, "omitted_parameters")
	}
}

// describeKey describes the key that was pushed.
func describeKey(text []byte, s *event.Subject) {
	key, ok := parseSSHKey(text)
	if !ok {
		s.Integrity = append(s.Integrity, "unreadable_key")
		return
	}
	s.Values[keys] = append(s.Values[keys], key.Fingerprint)
	s.Fields = append(s.Fields,
		event.SubjectField{Name: keyType, Text: key.Type},
		event.SubjectField{Name: keyFingerprint, Text: key.Fingerprint})
	if !s.Time.IsZero() {
		s.Fields = append(s.Fields, event.SubjectField{Name: keyExpires, Time: s.Time.Add(keyLife)})
	}
}

// keyLife is how long EC2 Instance Connect leaves a pushed key in the
// instance's metadata.
const keyLife = 60 * time.Second

func first(e *event.Event, fields []*event.Field) []byte {
	for _, f := range fields {
		if b := e.First(f).Bytes(); len(b) > 0 {
			return b
		}
	}
	return nil
}

// actor returns the best name that an event has for who made the call: the
// user's or role's name, "root", the AWS service, the user of IAM Identity
// Center, or at last the ARN or the principal.
func actor(e *event.Event, fields []*event.Field) []byte {
	if b := e.First(fields[askUserName]).Bytes(); len(b) > 0 {
		return b
	}
	switch string(e.First(fields[askIdentityType]).Bytes()) {
	case "Root":
		return []byte("root")
	case "AWSService":
		if b := e.First(fields[askInvokedBy]).Bytes(); len(b) > 0 {
			return b
		}
	}
	if id := e.ValuesAt(onBehalfOf); len(id) > 0 {
		return id[0].Bytes()
	}
	if b := e.First(fields[askARN]).Bytes(); len(b) > 0 {
		return b
	}
	return e.First(fields[askUserID]).Bytes()
}

// principal returns the identity behind an event in a form that its bearer
// cannot choose: the ARN of the role for a session, whose name is free, else the
// user's ARN, else the actor.
func principal(e *event.Event, fields []*event.Field, actor []byte) []byte {
	if b := e.First(fields[askIssuerARN]).Bytes(); len(b) > 0 {
		return b
	}
	b := e.First(fields[askARN]).Bytes()
	switch {
	case len(b) == 0:
		b = actor
	case bytes.Contains(b, []byte(":assumed-role/")):
		b = b[:bytes.LastIndexByte(b, '/')]
	}
	return b[:min(len(b), maxPrincipal)]
}
