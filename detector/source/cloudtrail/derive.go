package cloudtrail

import (
	"bytes"
	"slices"
	"time"

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
	callerAccount       = event.PlaceOf("userIdentity.accountId")
	recipientAccount    = event.PlaceOf("recipientAccountId")
	tlsVersionPlace     = event.PlaceOf("tlsDetails.tlsVersion")
	otherSharedID       = event.PlaceOf("sharedEventId")
)

// outcome derives event.outcome. An event that failed has an errorCode or an
// errorMessage that is not empty; responseElements says nothing about it,
// except for ConsoleLogin.
func outcome(e *event.Event, _ event.Place) []msgpack.Value {
	if isAction(e, consoleLogin) {
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

// isAction reports whether the event has that name.
func isAction(e *event.Event, name string) bool {
	if !e.Repeats() && e.Members().Has(eventName) {
		return string(e.FirstText(eventName)) == name
	}
	for o := e.Occurrences(eventName); o.Next(); {
		if string(o.Value().Bytes()) == name {
			return true
		}
	}
	return false
}

// accountID derives cloud.account.id: of the caller, else of the account that
// the event was delivered to.
func accountID(e *event.Event, _ event.Place) []msgpack.Value {
	if values := e.ValuesAt(callerAccount); len(values) > 0 {
		return values
	}
	return e.ValuesAt(recipientAccount)
}

// serviceName derives cloud.service.name: eventSource before the domain of AWS.
func serviceName(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(_ *event.Event, b []byte) ([]byte, bool) {
		name, ok := bytes.CutSuffix(b, []byte(".amazonaws.com"))
		return name, ok && len(name) > 0
	})
}

// sharedEventID derives aws.cloudtrail.shared_event_id, which some events spell
// otherwise.
func sharedEventID(e *event.Event, p event.Place) []msgpack.Value {
	if values := e.ValuesAt(p); len(values) > 0 {
		return values
	}
	return e.ValuesAt(otherSharedID)
}

// sourceIP derives source.ip: sourceIPAddress when it is an address, not the
// name of an AWS service.
func sourceIP(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(_ *event.Event, b []byte) ([]byte, bool) {
		_, ok := event.ParseIP(b)
		return b, ok
	})
}

// tlsVersion derives tls.version, "1.3" of "TLSv1.3" and of "1.3".
func tlsVersion(e *event.Event, p event.Place) []msgpack.Value {
	return convert(tls(e, p), func(v msgpack.Value) msgpack.Value {
		if _, version, ok := bytes.Cut(v.Bytes(), []byte("v")); ok {
			return msgpack.TextOf(version)
		}
		return v
	})
}

// tlsProtocol derives tls.version_protocol, "tls" of "TLSv1.3".
func tlsProtocol(e *event.Event, p event.Place) []msgpack.Value {
	return convert(tls(e, p), func(v msgpack.Value) msgpack.Value {
		protocol, _, ok := bytes.Cut(v.Bytes(), []byte("v"))
		if !ok {
			return msgpack.Value{}
		}
		return msgpack.TextOf(e.Lower(protocol))
	})
}

// tls returns the values at a place in tlsDetails. Some events have the names of its
// members as their values: these say nothing.
func tls(e *event.Event, p event.Place) []msgpack.Value {
	values := e.ValuesAt(p)
	if len(values) == 0 {
		return nil
	}
	versions := values
	if p != tlsVersionPlace {
		versions = e.ValuesAt(tlsVersionPlace)
	}
	if len(versions) > 0 && !slices.ContainsFunc(versions, func(v msgpack.Value) bool { return string(v.Bytes()) != "tlsVersion" }) {
		return nil
	}
	return values
}

// date derives a date field from a member that may hold something else: a date in
// ISO 8601 as it is, and one without separators with them.
func date(e *event.Event, p event.Place) []msgpack.Value {
	return e.TextsAt(p, func(e *event.Event, b []byte) ([]byte, bool) {
		if b = withSeparators(e, b); len(b) > maxDate || bytes.IndexByte(b, '-') < 0 && len(b) != len("2006") {
			return nil, false
		}
		if !event.ParseTime(msgpack.TextOf(b)).IsZero() {
			return b, true
		}
		return b, slices.ContainsFunc(dateForms, func(form string) bool {
			_, err := time.Parse(form, string(b))
			return err == nil
		})
	})
}

// dateForms are the forms of dates that Elastic's pipeline takes besides RFC 3339. A
// fraction may follow seconds.
var dateForms = []string{
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
	"2006-01-02T15:04", "2006-01-02T15", "2006-01-02", "2006-01", "2006",
}

// maxDate is how many bytes a date has at most.
const maxDate = 64

// withSeparators returns "2006-01-02T15:04:05Z" for "20060102T150405Z", which date
// fields do not take, and other texts as they are.
func withSeparators(e *event.Event, b []byte) []byte {
	const form = "20060102T150405"
	if len(b) <= len(form) || len(b) > maxDate || b[8] != 'T' || bytes.ContainsAny(b[:len(form)], "-:") {
		return b
	}
	text := e.Arena()
	from := len(text)
	for i, c := range b {
		switch i {
		case 4, 6:
			text = append(text, '-')
		case 11, 13:
			text = append(text, ':')
		case len(b) - 2:
			if sign := b[max(len(b)-5, 0)]; sign == '+' || sign == '-' { // the zone
				text = append(text, ':')
			}
		}
		text = append(text, c)
	}
	e.SetArena(text)
	return text[from:]
}

func lower(e *event.Event, b []byte) ([]byte, bool) { return e.Lower(b), true }

// asText derives a keyword field from a member that is a truth in some events
// and the text of one in others.
func asText(e *event.Event, p event.Place) []msgpack.Value {
	return convert(e.ValuesAt(p), func(v msgpack.Value) msgpack.Value {
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
	return convert(e.ValuesAt(p), func(v msgpack.Value) msgpack.Value {
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
	if !isAction(e, consoleLogin) {
		return nil
	}
	return convert(e.ValuesAt(p), func(v msgpack.Value) msgpack.Value { return msgpack.BoolOf(string(v.Bytes()) != "No") })
}

// consoleLoginText derives a text of ConsoleLogin's additionalEventData.
func consoleLoginText(e *event.Event, p event.Place) []msgpack.Value {
	if !isAction(e, consoleLogin) {
		return nil
	}
	return e.ValuesAt(p)
}

// convert puts in the place of values what to makes of them, and drops those of
// which nothing is left.
func convert(values []msgpack.Value, to func(msgpack.Value) msgpack.Value) []msgpack.Value {
	kept := values[:0]
	for _, v := range values {
		if v = to(v); !event.IsEmpty(v) {
			kept = append(kept, v)
		}
	}
	return kept
}
