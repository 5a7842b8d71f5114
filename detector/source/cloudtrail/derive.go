package cloudtrail

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// What follows derives the values of fields that are not plain copies of a
// member. Where a member occurs twice each reading gives its value.

var (
	success = msgpack.TextOf([]byte("success"))
	failure = msgpack.TextOf([]byte("failure"))
	yes     = msgpack.TextOf([]byte("true"))
	no      = msgpack.TextOf([]byte("false"))

	succeeded = []msgpack.Value{success}
	failed    = []msgpack.Value{failure}
	both      = []msgpack.Value{success, failure}
)

// consoleLogin is the one event whose outcome is written in it.
const consoleLogin = "ConsoleLogin"

// Places that several fields follow from.
var (
	consoleLoginOutcome = event.PlaceOf("responseElements.ConsoleLogin")
	userNamePlace       = event.PlaceOf("userIdentity.userName")
	identityType        = event.PlaceOf("userIdentity.type")
	issuerName          = event.PlaceOf("userIdentity.sessionContext.sessionIssuer.userName")
	callerAccount       = event.PlaceOf("userIdentity.accountId")
	recipientAccount    = event.PlaceOf("recipientAccountId")
	onBehalfOf          = event.PlaceOf("userIdentity.onBehalfOf.userId")
)

// outcome derives event.outcome. An event that failed has an errorCode or an
// errorMessage that is not empty; responseElements says nothing about it,
// except for ConsoleLogin.
func outcome(e *event.Event, _ event.Place) []msgpack.Value {
	if isConsoleLogin(e) {
		if values := e.TextsAt(consoleLoginOutcome, lower); len(values) > 0 {
			return values
		}
	}
	code, okCode := filled(e, errorCode)
	text, okText := filled(e, errorMessage)
	switch {
	case okCode && okText && (code || text):
		return both
	case okCode && okText:
		return succeeded
	case code || text:
		return failed
	}
	return nil
}

// filled reports whether some occurrence of a member has a value, and whether
// some reading of the event leaves it without: absent, or an occurrence that
// is empty.
func filled(e *event.Event, m event.Member) (some, without bool) {
	o := e.Occurrences(m)
	if !o.Next() {
		return false, true
	}
	for more := true; more; more = o.Next() {
		if event.IsEmpty(o.Value()) {
			without = true
		} else {
			some = true
		}
	}
	return some, without
}

func isConsoleLogin(e *event.Event) bool {
	if !e.Repeats() && e.Members().Has(eventName) {
		return string(e.FirstText(eventName)) == consoleLogin
	}
	for o := e.Occurrences(eventName); o.Next(); {
		if string(o.Value().Bytes()) == consoleLogin {
			return true
		}
	}
	return false
}

// userName derives user.name: the user's own, else that of the role (or of
// the federating user) that a session was opened with.
func userName(e *event.Event, _ event.Place) []msgpack.Value {
	if values := e.ValuesAt(userNamePlace); len(values) > 0 {
		return values
	}
	for _, v := range e.ValuesAt(identityType) {
		switch string(v.Bytes()) {
		case "AssumedRole", "FederatedUser":
			return e.ValuesAt(issuerName)
		}
	}
	return nil
}

// accountID derives cloud.account.id: of the caller, else of the account that
// the event was delivered to.
func accountID(e *event.Event, _ event.Place) []msgpack.Value {
	if values := e.ValuesAt(callerAccount); len(values) > 0 {
		return values
	}
	return e.ValuesAt(recipientAccount)
}

// serviceName derives cloud.service.name: eventSource up to the first dot.
func serviceName(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(_ *event.Event, b []byte) ([]byte, bool) {
		name, _, _ := bytes.Cut(b, []byte("."))
		return name, len(name) > 0
	})
}

// sourceIP derives source.ip: sourceIPAddress when it is an address, not the
// name of an AWS service.
func sourceIP(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(_ *event.Event, b []byte) ([]byte, bool) {
		_, ok := event.ParseIP(b)
		return b, ok
	})
}

// tlsVersion derives tls.version, "1.3" of "TLSv1.3".
func tlsVersion(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(_ *event.Event, b []byte) ([]byte, bool) {
		_, version, ok := bytes.Cut(b, []byte("v"))
		return version, ok && len(version) > 0
	})
}

// tlsProtocol derives tls.version_protocol, "tls" of "TLSv1.3".
func tlsProtocol(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(e *event.Event, b []byte) ([]byte, bool) {
		protocol, _, ok := bytes.Cut(b, []byte("v"))
		return e.Lower(protocol), ok && len(protocol) > 0
	})
}

func lower(e *event.Event, b []byte) ([]byte, bool) { return e.Lower(b), true }

// asText derives a keyword field from a member that is a truth in some events
// and the text of one in others.
func asText(e *event.Event, p event.Place) []msgpack.Value {
	return convert(e, p, func(v msgpack.Value) msgpack.Value {
		if v.Kind() != msgpack.Bool {
			return v
		}
		if v.Bool() {
			return yes
		}
		return no
	})
}

// asTruth derives a boolean field from a member that should be a truth and may
// be the text of one.
func asTruth(e *event.Event, p event.Place) []msgpack.Value {
	return convert(e, p, func(v msgpack.Value) msgpack.Value {
		switch string(v.Bytes()) {
		case "true":
			return msgpack.BoolOf(true)
		case "false":
			return msgpack.BoolOf(false)
		}
		return v
	})
}

// consoleLoginFlag derives a truth of ConsoleLogin's additionalEventData:
// everything but "No" is true.
func consoleLoginFlag(e *event.Event, p event.Place) []msgpack.Value {
	if !isConsoleLogin(e) {
		return nil
	}
	return convert(e, p, func(v msgpack.Value) msgpack.Value { return msgpack.BoolOf(string(v.Bytes()) != "No") })
}

// consoleLoginText derives a text of ConsoleLogin's additionalEventData.
func consoleLoginText(e *event.Event, p event.Place) []msgpack.Value {
	if !isConsoleLogin(e) {
		return nil
	}
	return e.ValuesAt(p)
}

// convert returns what to makes of the values at a place.
func convert(e *event.Event, p event.Place, to func(msgpack.Value) msgpack.Value) []msgpack.Value {
	values := e.ValuesAt(p)
	for i, v := range values {
		values[i] = to(v)
	}
	return values
}
