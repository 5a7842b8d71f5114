package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// addActors adds who made the call to the set: the caller's ARN, else his ID in IAM
// Identity Center. Of AssumeRole it is who assumes the role: the service, the role
// that the session was opened with, or the caller.
func (s *textSet) addActors(e *event.Event, kind []byte) {
	if !assumesRole(e) {
		if s.addPlace(e, identityARN); len(s.texts) == 0 {
			s.addPlace(e, onBehalfOf)
		}
		return
	}
	switch string(kind) {
	case awsService:
		s.addPlace(e, invokedBy)
	case assumedRole:
		s.addPlace(e, issuerARN)
	default:
		s.addPlace(e, identityARN)
	}
}

func assumesRole(e *event.Event) bool {
	if !isAction(e, "AssumeRole") {
		return false
	}
	for o := e.Occurrences(eventSource); o.Next(); {
		if string(serviceOf(o.Value())) == "sts" {
			return true
		}
	}
	return false
}

// actors derives a field with the callers of some class, or with callers of any.
func actors(is func(c class) bool) event.Derive {
	return func(e *event.Event, _ event.Place) []msgpack.Value {
		types := callerOf(e).types
		all := newTextSet(e, 0)
		for _, v := range types {
			all.addClass(e, v.Bytes(), is)
		}
		if len(types) == 0 {
			all.addClass(e, nil, is)
		}
		return all.sorted(e)
	}
}

// addClass adds the callers of some class, for a kind of userIdentity. Where users are
// asked for, and not callers of any class, they are named by the role, not by the
// session.
func (s *textSet) addClass(e *event.Event, kind []byte, is func(c class) bool) {
	found := newTextSet(e, 1)
	found.addActors(e, kind)
	for _, actor := range found.texts {
		c := classOfActor(actor, kind)
		if !is(c) {
			continue
		}
		anyClass := is(otherEntity)
		if c == userEntity && string(kind) == assumedRole && !anyClass {
			if roles := e.ValuesAt(issuerARN); len(roles) > 0 {
				s.add(e, roles)
				continue
			}
		}
		s.texts = append(s.texts, actor)
	}
}

// classOfActor returns the class of a caller.
func classOfActor(actor []byte, kind []byte) class {
	switch {
	case string(kind) == awsService || isServiceRole(actor):
		return serviceEntity
	case string(kind) == "IAMUser" || string(kind) == "Root" || string(kind) == assumedRole:
		return userEntity
	}
	if bytes.HasPrefix(actor, []byte("arn:")) {
		if _, resource, ok := resourceOf(actor); ok {
			switch string(resource) {
			case "user", "role", "assumed-role", "federated-user":
				return userEntity
			case "instance":
				return hostEntity
			}
		}
		return otherEntity
	}
	if bytes.HasPrefix(actor, []byte("i-")) {
		return hostEntity
	}
	return otherEntity
}
