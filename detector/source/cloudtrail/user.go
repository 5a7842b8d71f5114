package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// What follows derives who made a call. An event whose caller is an AWS service has
// service.name and no user.

// Types of userIdentity.
const (
	assumedRole        = "AssumedRole"
	awsService         = "AWSService"
	federatedUser      = "FederatedUser"
	identityCenterUser = "IdentityCenterUser"
)

// userAuthentication is the event of IAM Identity Center in which only
// additionalEventData says who it is.
const userAuthentication = "UserAuthentication"

// serviceRole is in the ARN of a service-linked role, before the name of the service.
var serviceRole = []byte(":role/aws-service-role/")

var (
	userNamePlace  = event.PlaceOf("userIdentity.userName")
	principalPlace = event.PlaceOf("userIdentity.principalId")
	identityType   = event.PlaceOf("userIdentity.type")
	identityARN    = event.PlaceOf("userIdentity.arn")
	invokedBy      = event.PlaceOf("userIdentity.invokedBy")
	onBehalfOf     = event.PlaceOf("userIdentity.onBehalfOf.userId")
	issuerName     = event.PlaceOf("userIdentity.sessionContext.sessionIssuer.userName")
	issuerARN      = event.PlaceOf("userIdentity.sessionContext.sessionIssuer.arn")
	loginName      = event.PlaceOf("additionalEventData.UserName")
)

// userName derives user.name: that of the role (or of the federating user) that a
// session was opened with, else the user's own, else the name that somebody signed
// in with. If the type of the caller occurs twice, all of them count.
func userName(e *event.Event, _ event.Place) []msgpack.Value {
	c := callerOf(e)
	var names []msgpack.Value
	switch {
	case len(c.types) > 1:
		mark := e.Mark()
		e.ValuesAt(issuerName)
		e.ValuesAt(userNamePlace)
		names = e.Since(mark)
	case c.isService():
	case c.is(assumedRole) || c.is(federatedUser):
		if names = e.ValuesAt(issuerName); len(names) == 0 {
			names = e.ValuesAt(userNamePlace)
		}
	default:
		names = e.ValuesAt(userNamePlace)
	}
	if len(names) == 0 && isAction(e, userAuthentication) {
		return e.ValuesAt(loginName)
	}
	return names
}

// takenFromData returns the name of the member of additionalEventData that is user.name
// and so is not in aws.cloudtrail.additional_eventdata, if there is one.
func takenFromData(e *event.Event) string {
	if !isAction(e, userAuthentication) || len(e.ValuesAt(userNamePlace)) > 0 && !callerOf(e).isService() {
		return ""
	}
	if len(e.ValuesAt(issuerName)) > 0 && (callerOf(e).is(assumedRole) || callerOf(e).is(federatedUser)) {
		return ""
	}
	return "UserName"
}

// userID derives user.id: the principal, else the user of IAM Identity Center.
func userID(e *event.Event, _ event.Place) []msgpack.Value {
	c := callerOf(e)
	if c.isService() {
		return nil
	}
	if ids := e.ValuesAt(principalPlace); len(ids) > 0 || !c.is(identityCenterUser) {
		return ids
	}
	return e.ValuesAt(onBehalfOf)
}

// userEmail derives user.email: the name of a session that is an address, else a
// user.name that is one.
func userEmail(e *event.Event, p event.Place) []msgpack.Value {
	if names := sessionNames(e); len(names) > 0 {
		kept := names[:0]
		for _, v := range names {
			if bytes.IndexByte(v.Bytes(), '@') >= 0 {
				kept = append(kept, v)
			}
		}
		if len(kept) > 0 {
			return kept
		}
	}
	names := userName(e, p)
	mark := e.Mark()
	for _, v := range names {
		if bytes.IndexByte(v.Bytes(), '@') > 0 {
			e.Add(v)
		}
	}
	return e.Since(mark)
}

// sessionNames returns the names of sessions, which who opens one chooses: what comes
// last in their ARNs.
func sessionNames(e *event.Event) []msgpack.Value {
	if c := callerOf(e); !c.is(assumedRole) && !c.is(federatedUser) && !c.is(identityCenterUser) {
		return nil
	}
	return e.TextsAt(identityARN, func(_ *event.Event, arn []byte) ([]byte, bool) {
		at := bytes.LastIndexByte(arn, '/')
		service, ok := arnPart(arn, 2)
		if at < 0 || at+1 == len(arn) || !ok || string(service) != "sts" || !bytes.HasPrefix(arn, []byte("arn:")) {
			return nil, false
		}
		return arn[at+1:], true
	})
}

// caller is what several fields follow from. It is found once for an event.
type caller struct {
	number  uint64 // of the event
	types   []msgpack.Value
	service []msgpack.Value // the AWS service that made the call
}

func callerOf(e *event.Event) *caller {
	c := &e.State(newWorkspace).(*workspace).caller
	if c.number != e.Number() {
		*c = caller{number: e.Number(), types: e.ValuesAt(identityType)}
		c.service = c.findService(e)
	}
	return c
}

// findService returns the AWS service that made a call by itself or through a role of
// its own. invokedBy alone does not tell one, since it is set when people sign in as
// well.
func (c *caller) findService(e *event.Event) []msgpack.Value {
	role := false
	if !c.is(awsService) {
		if role = c.is(assumedRole) && hasServiceRole(e); !role {
			return nil
		}
	}
	if names := e.ValuesAt(invokedBy); len(names) > 0 || !role {
		return names
	}
	return e.TextsAt(issuerARN, func(_ *event.Event, arn []byte) ([]byte, bool) {
		_, rest, _ := bytes.Cut(arn, serviceRole)
		name, _, ok := bytes.Cut(rest, []byte("/"))
		return name, ok && len(name) > 0
	})
}

// hasServiceRole reports whether a session was opened with a service-linked role.
func hasServiceRole(e *event.Event) bool {
	for _, v := range e.ValuesAt(issuerARN) {
		if bytes.Contains(v.Bytes(), serviceRole) {
			return true
		}
	}
	return false
}

// is reports whether the caller is of that type.
func (c *caller) is(identityType string) bool { return hasText(c.types, identityType) }

// isService reports whether the caller is an AWS service and nobody else.
func (c *caller) isService() bool { return len(c.types) == 1 && len(c.service) > 0 }

// callingService derives service.name.
func callingService(e *event.Event, _ event.Place) []msgpack.Value { return callerOf(e).service }

// hasText reports whether one of the values is that text.
func hasText(values []msgpack.Value, text string) bool {
	for _, v := range values {
		if string(v.Bytes()) == text {
			return true
		}
	}
	return false
}
