package cloudtrail

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// categories has event.category and event.type by event.action, as Elastic's
// pipeline has them in elastic/integrations at 3ab4281. It does not look at
// event.provider: an action of that name counts whatever service has it.
var categories = func() map[string]*category {
	byAction := map[string]*category{}
	for _, row := range []struct{ category, types, actions string }{
		{"iam", "group change", "AddUserToGroup AttachGroupPolicy DeleteGroupPolicy DetachGroupPolicy PutGroupPolicy RemoveUserFromGroup UpdateGroup"},
		{"iam", "group creation", "CreateGroup"},
		{"iam", "group deletion", "DeleteGroup"},
		{"iam", "group info", "GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies ListGroups"},
		{"iam", "user change", `AttachUserPolicy ChangePassword CreateAccessKey CreateVirtualMFADevice DeactivateMFADevice DeleteAccessKey
			DeleteSSHPublicKey DeleteUserPermissionsBoundary DeleteUserPolicy DeleteVirtualMFADevice DetachUserPolicy EnableMFADevice
			PutUserPermissionsBoundary PutUserPolicy TagUser UntagUser UpdateAccessKey UpdateLoginProfile UpdateSSHPublicKey UpdateUser`},
		{"iam", "user creation", "CreateUser"},
		{"iam", "user deletion", "DeleteUser"},
		{"iam", "user info", "GetUser GetUserPolicy ListAttachedUserPolicies ListGroupsForUser ListUserPolicies ListUserTags ListUsers"},
		{"iam", "admin change", "SetDefaultPolicyVersion SetSecurityTokenServicePreferences UpdateAccountPasswordPolicy UpdateRole"},
		{"iam", "admin creation", "CreateKeyPair"},
		{"iam", "change", "AttachRolePolicy"},
		{"iam", "creation", "CreatePolicy"},
		{"iam", "info", "GetPolicy ListAttachedRolePolicies ListRoles"},
		{"authentication", "info", "AssumeRole ConsoleLogin GetCallerIdentity"},
		{"file", "creation", "CreateBucket CreateDocument"},
		{"file", "change", "PutObject"},
		{"file", "deletion", "DeleteBucket DeleteObject"},
		{"file", "info", "GetObject HeadObject ListBuckets ListObjects"},
		{"host", "info", "DescribeInstances DescribeVolumes ListInstanceAssociations"},
		{"network", "access", "AuthorizeSecurityGroupIngress"},
		{"network", "info", "DescribeLoadBalancers DescribeNetworkAcls DescribeNetworkInterfaces DescribeSecurityGroups DescribeVpcs"},
		{"database", "info", "DescribeDBInstances ListTables"},
		{"package", "info", "ListFunctions"},
		{"process", "start", "SendCommand"},
		{"session", "start", "CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel StartSession"},
		{"session", "end", "TerminateSession"},
		{"configuration", "change", "Subscribe"},
		{"configuration", "creation", "CreateTopic"},
		{"configuration", "deletion", "DeleteTrail"},
		{"configuration", "info", "DescribeTrails"},
		{"api", "info", "Converse DescribeRegions Publish"},
	} {
		c := &category{category: textValues(row.category), types: textValues(row.types)}
		for action := range strings.FieldsSeq(row.actions) {
			byAction[action] = c
		}
	}
	return byAction
}()

type category struct{ category, types []msgpack.Value }

var info = textValues("info")

// textValues returns the words of a text as values.
func textValues(words string) []msgpack.Value {
	var values []msgpack.Value
	for word := range strings.FieldsSeq(words) {
		values = append(values, msgpack.TextOf([]byte(word)))
	}
	return values
}

// eventCategory derives event.category.
func eventCategory(e *event.Event, _ event.Place) []msgpack.Value {
	return byAction(e, func(c *category) []msgpack.Value {
		if c == nil {
			return nil
		}
		return c.category
	})
}

// eventType derives event.type.
func eventType(e *event.Event, _ event.Place) []msgpack.Value {
	return byAction(e, func(c *category) []msgpack.Value {
		if c == nil {
			return info
		}
		return c.types
	})
}

// byAction returns what of has for each name that the event has.
func byAction(e *event.Event, of func(*category) []msgpack.Value) []msgpack.Value {
	actions := e.ValuesAt(event.Place{Member: eventName})
	if len(actions) == 0 {
		return of(nil)
	}
	mark := e.Mark()
	for _, v := range actions {
		for _, one := range of(categories[string(v.Bytes())]) {
			e.Add(one)
		}
	}
	return e.Since(mark)
}
