package cloudtrail

import (
	"slices"
	"strings"
	"sync"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// raw is for rules that name the members of CloudTrail's own records.
var raw = &event.Raw{
	Product:   "aws",
	Service:   "cloudtrail",
	Provider:  "eventSource",
	Action:    "eventName",
	IsKnown:   isKnown,
	Names:     rawNames,
	Original:  "event.original",
	Fields:    fieldsOf,
	AppendMap: appendMap,
}

// openMembers are the members of events that are objects, or lists of such, whose names
// depend on the call.
var openMembers = []string{
	"additionalEventData", "requestParameters", "responseElements", "serviceEventDetails", "insightDetails", "edgeDeviceDetails", "eventContext",
}

// innerNames are the members below the others that AWS documents, besides those in the
// table of fields.
var innerNames = []string{
	"userIdentity.accountId", "userIdentity.principalId", "userIdentity.userName",
	"userIdentity.sessionContext.sessionIssuer.userName",
	"tlsDetails.cipherSuite", "tlsDetails.clientProvidedHostHeader", "tlsDetails.keyExchange", "tlsDetails.tlsVersion",
	"addendum.reason", "addendum.updatedFields", "addendum.originalRequestID", "addendum.originalEventID",
}

// rawNames are the members of which the names are known: those at the top, and those
// below with the whole of their names.
var rawNames = func() []string {
	names := slices.Concat(ownNames, innerNames)
	for _, f := range fields {
		if strings.Contains(f.From, ".") && !slices.Contains(openMembers, top(f.From)) {
			names = append(names, f.From)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}()

func top(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// isKnown reports whether events may have a member of that name.
func isKnown(name string) bool {
	first := top(name)
	switch {
	case slices.Contains(rawNames, name), slices.Contains(openMembers, first) && name != first:
		return true
	case strings.HasPrefix(name, "userIdentity.sessionContext.webIdFederationData.attributes."):
		return true
	}
	// An object that has members with known names.
	return slices.ContainsFunc(rawNames, func(known string) bool { return strings.HasPrefix(known, name+".") })
}

// copied are the fields that have the value of a member although they are not plain
// copies in the table, or where there are several.
var copied = map[string]string{
	"eventTime":            "@timestamp",
	"requestParameters":    "aws.cloudtrail.request_parameters",
	"responseElements":     "aws.cloudtrail.response_elements",
	"additionalEventData":  "aws.cloudtrail.additional_eventdata",
	"serviceEventDetails":  "aws.cloudtrail.service_event_details",
	"readOnly":             "aws.cloudtrail.read_only",
	"managementEvent":      "aws.cloudtrail.management_event",
	"sharedEventID":        "aws.cloudtrail.shared_event_id",
	"sharedEventId":        "aws.cloudtrail.shared_event_id",
	"resources.arn":        "aws.cloudtrail.resources.arn",
	"resources.account_id": "aws.cloudtrail.resources.account_id",

	"sessionCredentialFromConsole": "aws.cloudtrail.session_credential_from_console",
	"userIdentity.accountId":       "cloud.account.id",
	"userIdentity.principalId":     "user.id",
	"userIdentity.userName":        "user.name",

	"userIdentity.sessionContext.attributes.creationDate":     "aws.cloudtrail.user_identity.session_context.creation_date",
	"userIdentity.sessionContext.attributes.mfaAuthenticated": "aws.cloudtrail.user_identity.session_context.mfa_authenticated",
	"userIdentity.sessionContext.sessionIssuer.userName":      "user.name",
}

// plainFields are the fields that are plain copies of a member, by its name.
var plainFields = sync.OnceValue(func() map[string]string {
	byMember := map[string]string{}
	for _, f := range fields {
		if _, ok := byMember[f.From]; !ok && f.From != "" && f.Derive == nil && f.Type != event.TypeFlattened {
			byMember[f.From] = f.Name
		}
	}
	for member, name := range copied {
		byMember[member] = name
	}
	return byMember
})

// fieldsOf returns the fields of a document in ECS form that have the values of a member.
func fieldsOf(name string) []string {
	for _, f := range fields {
		if f.Type == event.TypeFlattened && strings.HasPrefix(name, f.From+".") {
			return []string{f.Name + strings.TrimPrefix(name, f.From)}
		}
	}
	if field, ok := plainFields()[name]; ok {
		return []string{field}
	}
	if below, ok := strings.CutPrefix(name, "resources."); ok {
		return []string{"aws.cloudtrail.resources." + below}
	}
	return nil
}

// mapTexts has working memory for appendMap.
var mapTexts = sync.Pool{New: func() any { return new(javaTexts) }}

// appendMap appends an object as Elastic's pipeline writes it: {k=v, k2=[x, y]}. An
// object without values has no text.
func appendMap(dst []byte, v msgpack.Value) []byte {
	j := mapTexts.Get().(*javaTexts)
	j.text, j.keys, j.without, j.pick = dst, j.keys[:0], "", lastPick
	j.append(v, maxDepth)
	dst, j.text = j.text, nil
	if cap(j.table.nodes) <= maxMembers && cap(j.order) <= maxMembers && cap(j.keys) <= 16*maxMembers {
		mapTexts.Put(j)
	}
	return dst
}
