// Package kubernetes is the source of the audit events of Kubernetes
// (audit.k8s.io/v1): how they are recognized, and the ECS view that the data stream
// audit_logs of Elastic's integration Kubernetes gives them.
//
// All members of an event have names below kubernetes.audit. Dots in the names of
// annotations are underscores there, and the metadata of requestObject and responseObject
// does not exist, as in the integration.
package kubernetes

import (
	"bytes"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// dataset is event.dataset of audit events.
const dataset = "kubernetes.audit_logs"

// root is what the names of all members begin with.
const root = "kubernetes.audit."

var (
	auditID    = event.MemberNamed("auditID")
	stage      = event.MemberNamed("stage")
	verb       = event.MemberNamed("verb")
	requestURI = event.MemberNamed("requestURI")
)

// ownNames are the members that an audit event has.
var ownNames = []string{
	"annotations", "apiVersion", "auditID", "authenticationMetadata", "impersonatedUser", "kind", "level", "metadata", "objectRef", "requestObject",
	"requestReceivedTimestamp", "requestURI", "responseObject", "responseStatus", "sourceIPs", "stage", "stageTimestamp", "user", "userAgent", "verb",
}

var own = event.SetNamed(ownNames...)

// Source is the source.
var Source = &event.Source{
	Name:      "Kubernetes audit",
	Dataset:   dataset,
	Module:    "kubernetes",
	Marks:     event.SetOf(auditID),
	Reads:     event.SetOf(stage, verb, requestURI),
	Own:       own,
	Recognize: recognize,
	Expected:  verb,
	Hint:      "auditID",
	Names:     []string{"auditID"},
	Fields:    fields,
	Named:     named,
	// A client of the API writes these as it likes; the names of objects are limited
	// to letters, digits and a few signs, and are its choice all the same.
	CallerControlled: func(field string) bool {
		switch field {
		case "user_agent.original", root + "userAgent", root + "requestURI", root + "objectRef.name", "container.image.name":
			return true
		}
		return strings.HasPrefix(field, root+"requestObject.")
	},
	Identity: identity,
	IDScope:  identity[:1],
	Object:   []string{root + "objectRef.name", root + "objectRef.resource", root + "requestURI"},
	Failure:  []string{root + "responseStatus.status", root + "responseStatus.message"},
	Asks:     []string{askUser: "user.name", askImpersonated: root + "impersonatedUser.username"},
	Describe: describe,
}

// identity names what tells an event from all others. The events of a request, one for
// each stage of it, have one auditID.
var identity = [][]string{
	{root + "stage"}, {"event.action"}, {"@timestamp"}, {"user.name"}, {"source.address"}, {root + "requestURI"}, {"event.id"},
}

// recognize takes a map with an auditID for an event if it has one of the members that
// each event has besides.
func recognize(e *event.Event) event.Verdict {
	if has := e.Members(); has.Has(stage) || has.Has(verb) || has.Has(requestURI) {
		return event.Recognized
	}
	return event.Foreign
}

// What describe asks for.
const (
	askUser = iota
	askImpersonated
)

// describe names who has made the request. Who acts for somebody else is the principal:
// that is who was authenticated.
func describe(_ *event.Event, asked [][]msgpack.Value, s *event.Subject) {
	s.Principal = first(asked[askUser])
	if s.Actor = first(asked[askImpersonated]); len(s.Actor) == 0 {
		s.Actor = s.Principal
	} else if len(s.Principal) > 0 {
		s.Remark = "in the name of somebody else"
	}
}

func first(values []msgpack.Value) []byte {
	if len(values) == 0 {
		return nil
	}
	return values[0].Bytes()
}

// named returns the definition of a field that is not in the table: a member of an event
// at any depth.
func named(field string) (d event.Definition, ok bool) {
	path, ok := strings.CutPrefix(field, root)
	if !ok {
		return d, false
	}
	member, below, _ := strings.Cut(path, ".")
	if below == "" || !isOwn(member) {
		return d, false
	}
	d = event.Definition{Name: field, Type: event.TypeKeyword, From: path}
	switch member {
	case "annotations":
		d.From, d.Derive, d.Inside, d.Verbatim = member, annotation(below), true, true
	case "requestObject", "responseObject":
		if below == "metadata" || strings.HasPrefix(below, "metadata.") {
			return d, false
		}
	}
	return d, true
}

func isOwn(member string) bool {
	return own.Has(event.Lookup([]byte(member)))
}

// annotation returns the function for the annotation with that name, in which dots are
// underscores.
func annotation(name string) event.Derive {
	want := []byte(name)
	return func(e *event.Event, p event.Place) []msgpack.Value {
		mark := e.Mark()
		for o := e.Occurrences(p.Member); o.Next(); {
			members := o.Value()
			if members.Kind() != msgpack.Map {
				continue
			}
			for pairs := members.Members(); ; {
				key, value, ok := pairs.Next()
				if !ok {
					break
				}
				if !event.IsEmpty(value) && matchesDotless(key.Bytes(), want) {
					e.Add(value)
				}
			}
		}
		return e.Since(mark)
	}
}

// matchesDotless reports whether a name is the wanted one once its dots are underscores.
func matchesDotless(name, want []byte) bool {
	if len(name) != len(want) {
		return false
	}
	for i, c := range name {
		if c == '.' {
			c = '_'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

var (
	allow  = []byte("allow")
	forbid = []byte("forbid")

	success = []msgpack.Value{msgpack.TextOf([]byte("success"))}
	failure = []msgpack.Value{msgpack.TextOf([]byte("failure"))}
)

var decision = annotation("authorization_k8s_io/decision")

// outcome returns success or failure by whether the request was authorized, and nothing if
// that is not known.
func outcome(e *event.Event, p event.Place) []msgpack.Value {
	for _, v := range decision(e, p) {
		switch b := v.Bytes(); {
		case bytes.Equal(b, allow):
			return success
		case bytes.Equal(b, forbid):
			return failure
		}
	}
	return nil
}
