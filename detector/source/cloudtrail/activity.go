package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

var (
	eventID         = event.MemberNamed("eventID")
	eventTime       = event.MemberNamed("eventTime")
	awsRegion       = event.MemberNamed("awsRegion")
	userAgent       = event.MemberNamed("userAgent")
	sourceIPAddress = event.MemberNamed("sourceIPAddress")
	recipientMember = event.MemberNamed("recipientAccountId")

	issuedKey   = event.PlaceOf("responseElements.credentials.accessKeyId")
	accessKeyID = event.PlaceOf("userIdentity.accessKeyId")
)

// activity reads what a history has to know of an event. Events in ECS form, which have
// the same by other names, are read by fields.
func activity(e *event.Event, a *event.Activity) bool {
	if e.IsOpen() {
		return ecsActivity(e, a)
	}
	if when := e.Occurrences(eventTime); when.Next() {
		a.Time = when.Value()
	}
	a.ID, a.Provider, a.Action = e.MemberText(eventID), e.MemberText(eventSource), e.MemberText(eventName)
	a.Address, a.Region, a.Agent = e.MemberText(sourceIPAddress), e.MemberText(awsRegion), e.MemberText(userAgent)
	a.Failed = has(e, errorCode) || has(e, errorMessage)
	if !a.Failed && string(a.Action) == consoleLogin {
		a.Failed = bytes.EqualFold(e.TextAt(consoleLoginOutcome), []byte("Failure"))
	}
	if !a.Failed && isIssuing(a.Provider, a.Action) {
		a.Issued = e.TextAt(issuedKey)
	}
	a.Pushes = isPush(a.Action)
	if a.Identity = e.Extent(userIdentity); a.Identity == nil || event.BeginsObjectText(a.Identity) {
		a.Identity = nil
		callerFrom(e, a)
	}
	if account := e.MemberText(recipientMember); len(account) > 0 {
		a.Account = account
	}
	return true
}

// has reports whether an event has a member that is not empty.
func has(e *event.Event, m event.Member) bool {
	some, _ := filled(e, m)
	return some
}

// isIssuing reports whether a call gives its caller temporary keys.
func isIssuing(provider, action []byte) bool {
	return string(provider) == "sts.amazonaws.com" && (bytes.HasPrefix(action, []byte("AssumeRole")) || string(action) == "GetSessionToken" || string(action) == "GetFederationToken")
}

func isPush(action []byte) bool {
	return string(action) == "SendSSHPublicKey" || string(action) == serialConsolePush
}

// identityTexts are the texts of userIdentity that tell who the caller is.
type identityTexts struct {
	kind, arn, principal, account, key, invokedBy, issuer, user []byte
}

// callerFrom reads the caller of an event.
func callerFrom(e *event.Event, a *event.Activity) {
	if e.IsOpen() {
		ecsCaller(e, &a.Caller)
		return
	}
	var t identityTexts
	if encoded := e.Extent(userIdentity); encoded == nil || !t.read(encoded) {
		a.Identity = nil
		t = identityTexts{
			kind: e.TextAt(identityType), arn: e.TextAt(identityARN), principal: e.TextAt(principalPlace), account: e.TextAt(callerAccount),
			key: e.TextAt(accessKeyID), invokedBy: e.TextAt(invokedBy), issuer: e.TextAt(issuerARN), user: e.TextAt(onBehalfOf),
		}
	}
	t.caller(&a.Caller)
}

// read reads the texts of an encoded userIdentity in one pass, and reports whether it is a
// map as CloudTrail writes it.
func (t *identityTexts) read(encoded []byte) bool {
	v, pos, err := msgpack.ReadHeader(encoded, 0)
	if err != nil || v.Kind() != msgpack.Map {
		return false
	}
	for range v.Len() {
		var key []byte
		if key, pos, err = msgpack.ReadKey(encoded, pos); err != nil {
			return false
		}
		var to *[]byte
		switch string(key) {
		case "type":
			to = &t.kind
		case "arn":
			to = &t.arn
		case "principalId":
			to = &t.principal
		case "accountId":
			to = &t.account
		case "accessKeyId":
			to = &t.key
		case "invokedBy":
			to = &t.invokedBy
		case "sessionContext":
			if pos, err = readMember(encoded, pos, "sessionIssuer", func(at int) {
				_, _ = readMember(encoded, at, "arn", func(at int) { t.issuer = msgpack.ReadText(encoded, at) })
			}); err != nil {
				return false
			}
			if t.issuer != nil && t.key != nil && t.account != nil && t.kind != nil {
				return true // nothing else decides
			}
			continue
		case "onBehalfOf":
			if pos, err = readMember(encoded, pos, "userId", func(at int) { t.user = msgpack.ReadText(encoded, at) }); err != nil {
				return false
			}
			continue
		default:
			if bytes.IndexByte(key, '.') >= 0 {
				return false // members are flattened
			}
		}
		if to != nil && *to == nil {
			*to = msgpack.ReadText(encoded, pos)
		}
		if pos, err = msgpack.Skip(encoded, pos); err != nil {
			return false
		}
	}
	return true
}

// readMember calls do for the value of a member of the map at that place, if it is there,
// and returns the offset behind the map.
func readMember(encoded []byte, at int, name string, do func(at int)) (end int, err error) {
	v, pos, err := msgpack.ReadHeader(encoded, at)
	if err != nil || v.Kind() != msgpack.Map {
		return msgpack.Skip(encoded, at)
	}
	for range v.Len() {
		var key []byte
		if key, pos, err = msgpack.ReadKey(encoded, pos); err != nil {
			return pos, err
		}
		if string(key) == name {
			do(pos)
		}
		if pos, err = msgpack.Skip(encoded, pos); err != nil {
			return pos, err
		}
	}
	return pos, nil
}

// caller tells who the caller is: the role of a session, else the user, else who it is
// on behalf of, else the service, else the principal; never the session, whose name the
// caller chooses.
func (t *identityTexts) caller(c *event.Caller) {
	*c = event.Caller{Account: t.account, Key: t.key, Anonymous: isAnonymous(t)}
	for _, text := range [...][]byte{t.issuer, roleOf(t.arn), t.user, t.invokedBy, principalOf(t.principal)} {
		if !event.IsEmpty(msgpack.TextOf(text)) {
			c.Actor = text[:min(len(text), maxPrincipal)]
			return
		}
	}
}

// isAnonymous reports whether nobody vouches for a caller.
func isAnonymous(t *identityTexts) bool {
	if len(t.arn) > 0 || len(t.issuer) > 0 {
		return false
	}
	switch string(t.kind) {
	case "Unknown":
		return true
	case "AWSAccount":
		return len(principalOf(t.principal)) == 0 || bytes.EqualFold(t.account, []byte("anonymous")) || string(t.account) == "ANONYMOUS_PRINCIPAL"
	}
	return false
}

// roleOf returns an ARN without the name of a session.
func roleOf(arn []byte) []byte {
	if bytes.Contains(arn, []byte(":assumed-role/")) {
		return arn[:bytes.LastIndexByte(arn, '/')]
	}
	if i := bytes.Index(arn, []byte(":federated-user/")); i >= 0 {
		return arn[:i+len(":federated-user")]
	}
	return arn
}

// principalOf returns the ID of a principal without the name of a session.
func principalOf(id []byte) []byte {
	if bytes.HasPrefix(id, []byte("AROA")) {
		id, _, _ = bytes.Cut(id, []byte(":"))
	}
	return id
}

// The same by the names of the ECS view.
const identityView = "aws.cloudtrail.user_identity."

func ecsText(e *event.Event, name string) []byte {
	return e.First(e.Schema().Field(name)).Bytes()
}

func ecsActivity(e *event.Event, a *event.Activity) bool {
	a.Time = e.First(e.Schema().Field("@timestamp"))
	a.ID, a.Provider, a.Action = ecsText(e, "event.id"), ecsText(e, "event.provider"), ecsText(e, "event.action")
	a.Address, a.Region, a.Agent = ecsText(e, "source.address"), ecsText(e, "cloud.region"), ecsText(e, "user_agent.original")
	if len(a.Address) == 0 {
		a.Address = ecsText(e, "source.ip")
	}
	a.Failed = string(ecsText(e, "event.outcome")) == "failure"
	if !a.Failed && isIssuing(a.Provider, a.Action) {
		a.Issued = ecsText(e, "aws.cloudtrail.flattened.response_elements.credentials.accessKeyId")
	}
	a.Pushes = isPush(a.Action)
	ecsCaller(e, &a.Caller)
	return len(a.Action) > 0
}

func ecsCaller(e *event.Event, c *event.Caller) {
	t := identityTexts{
		kind: ecsText(e, identityView+"type"), arn: ecsText(e, identityView+"arn"), principal: ecsText(e, "user.id"),
		key: ecsText(e, identityView+"access_key_id"), invokedBy: ecsText(e, identityView+"invoked_by"),
		issuer: ecsText(e, identityView+"session_context.session_issuer.arn"), user: ecsText(e, identityView+"on_behalf_of.user_id"),
		account: ecsText(e, "cloud.account.id"),
	}
	t.caller(c)
	if account := ecsText(e, "aws.cloudtrail.recipient_account_id"); len(account) > 0 {
		c.Account = account
	}
}
