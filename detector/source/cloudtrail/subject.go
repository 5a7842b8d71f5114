package cloudtrail

import (
	"bytes"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// parameters is the ECS name of requestParameters.
const parameters = "aws.cloudtrail.flattened.request_parameters."

// The fields that describe asks for.
const (
	askAction = iota
	askUserName
	askUserID
	askIdentityType
	askARN
	askIssuerARN
	askService
	askOnBehalfOf
	askParameters
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
	askAction:       "event.action",
	askUserName:     "user.name",
	askUserID:       "user.id",
	askIdentityType: "aws.cloudtrail.user_identity.type",
	askARN:          "aws.cloudtrail.user_identity.arn",
	askIssuerARN:    "aws.cloudtrail.user_identity.session_context.session_issuer.arn",
	askService:      "service.name",
	askOnBehalfOf:   "aws.cloudtrail.user_identity.on_behalf_of.user_id",
	askParameters:   "aws.cloudtrail.request_parameters",
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
	instances: {Name: "instances", Field: instanceField, Novel: true, Summarized: true},
	keys:      {Name: "keys", Field: keyField, Novel: true, Summarized: true},
	osUsers:   {Name: "os_users", Novel: true},
}

// The fields in which alerts list the attributes.
const (
	instanceField = "cloud.target.instance.id"
	keyField      = "related.hash"
)

// The fields that alerts about pushed keys have.
const (
	keyType        = "fluent_detect.key.type"
	keyFingerprint = "fluent_detect.key.fingerprint"
	keyExpires     = "fluent_detect.key.expires"
	keyConsole     = "fluent_detect.key.console" // "serial"; absent for a login over the network
)

// serialConsolePush is the call of EC2 Instance Connect that pushes a key for the
// serial console of an instance.
const serialConsolePush = "SendSerialConsoleSSHPublicKey"

const (
	// maxInstances is how many instances of one call an alert names.
	maxInstances = 64
	// maxPrincipal is how many bytes of a principal are kept: as many as an ARN has
	// at most.
	maxPrincipal = 2048
)

var serial = []byte("serial")

// describe describes an event.
func describe(e *event.Event, asked [][]msgpack.Value, s *event.Subject) {
	s.Actor = actor(asked)
	s.Principal = principal(asked, s.Actor)
	for _, values := range asked[askInstance : askInstances+1] {
		for _, v := range values {
			id := v.Bytes()
			known := slices.ContainsFunc(s.Values[instances], func(b []byte) bool { return bytes.Equal(b, id) })
			switch {
			case len(id) == 0 || known:
			case len(s.Values[instances]) == maxInstances:
				s.Truncated = append(s.Truncated, instanceField)
			default:
				s.Values[instances] = append(s.Values[instances], id)
			}
		}
	}
	if user := first(asked[askOSUser : askOldOSUser+1]...); len(user) > 0 {
		s.Values[osUsers] = append(s.Values[osUsers], user)
		s.Fields = append(s.Fields, event.SubjectField{Name: "user.target.name", Text: user})
	}
	describeKeys(e, asked[askKey:askOldNestedKey+1], s)
	for _, action := range asked[askAction] {
		if string(action.Bytes()) == serialConsolePush {
			s.Fields = append(s.Fields, event.SubjectField{Name: keyConsole, Text: serial})
			s.Remark = "for the serial console"
			break
		}
	}
	if omitted := asked[askOmitted]; len(omitted) > 0 && (omitted[0].Bool() || string(omitted[0].Bytes()) == "true") {
		s.Integrity = append(s.Integrity, "omitted_parameters")
	}
	if isLong(first(asked[askParameters])) {
		s.Integrity = append(s.Integrity, "long_parameters")
	}
}

// maxFlattened is how many UTF-16 units the text of parameters may have for Elastic's
// pipeline to keep the parameters one by one. Here rules see them all the same: else
// whoever makes a call would hide it behind a long parameter.
const maxFlattened = 32766

// isLong reports whether a text has that many units or more.
func isLong(text []byte) bool {
	if len(text) < maxFlattened {
		return false
	}
	n := 0
	for len(text) > 0 && n < maxFlattened {
		r, size := utf8.DecodeRune(text)
		if n++; r > 0xffff {
			n++
		}
		text = text[size:]
	}
	return n >= maxFlattened
}

// describeKeys describes the keys that were pushed. Usually it is one.
func describeKeys(e *event.Event, asked [][]msgpack.Value, s *event.Subject) {
	pushed := sshKeys{event: e, prints: s.Values[keys]}
	isText := false
	for _, values := range asked {
		for _, v := range values {
			if text := v.Bytes(); len(text) > 0 {
				isText = true
				pushed.add(text)
			}
		}
	}
	switch {
	case !isText:
		return
	case len(pushed.prints) == 0:
		s.Integrity = append(s.Integrity, "unreadable_key")
		return
	case len(pushed.prints) > 1:
		s.Integrity = append(s.Integrity, "several_keys")
	case pushed.unusual:
		s.Integrity = append(s.Integrity, "unusual_key")
	}
	s.Values[keys] = pushed.prints
	if pushed.more {
		s.Truncated = append(s.Truncated, keyField)
	}
	fingerprints := event.SubjectField{Name: keyFingerprint, Text: pushed.prints[0]}
	if len(pushed.prints) > 1 {
		fingerprints.Texts = pushed.prints
	}
	s.Fields = append(s.Fields, event.SubjectField{Name: keyType, Text: pushed.typ, Texts: pushed.types}, fingerprints)
	if !s.Time.IsZero() {
		s.Fields = append(s.Fields, event.SubjectField{Name: keyExpires, Time: s.Time.Add(keyLife)})
	}
}

// keyLife is how long EC2 Instance Connect leaves a pushed key in the
// instance's metadata.
const keyLife = 60 * time.Second

// first returns the first text that is not empty of the first values of fields.
func first(fields ...[]msgpack.Value) []byte {
	for _, values := range fields {
		if len(values) > 0 && len(values[0].Bytes()) > 0 {
			return values[0].Bytes()
		}
	}
	return nil
}

// actor returns the best name that an event has for who made the call: the
// user's or role's name, "root", the AWS service, the user of IAM Identity
// Center, or at last the ARN or the principal.
func actor(asked [][]msgpack.Value) []byte {
	if b := first(asked[askUserName]); len(b) > 0 {
		return b
	}
	if string(first(asked[askIdentityType])) == "Root" {
		return []byte("root")
	}
	return first(asked[askService], asked[askOnBehalfOf], asked[askARN], asked[askUserID])
}

// principal returns the identity behind an event in a form that its bearer
// cannot choose: the ARN of the role for a session, whose name is free, else the
// user's ARN, else the actor.
func principal(asked [][]msgpack.Value, actor []byte) []byte {
	if b := first(asked[askIssuerARN]); len(b) > 0 {
		return b
	}
	b := first(asked[askARN])
	switch {
	case len(b) == 0:
		b = actor
	case bytes.Contains(b, []byte(":assumed-role/")):
		b = b[:bytes.LastIndexByte(b, '/')]
	}
	return b[:min(len(b), maxPrincipal)]
}
