package event

import (
	"bytes"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// What follows appends the values of fields that are no plain copies of a
// member. Where a member occurs twice each reading gives its value.

var (
	success = msgpack.Text([]byte("success"))
	failure = msgpack.Text([]byte("failure"))
	yes     = msgpack.Text([]byte("true"))
	no      = msgpack.Text([]byte("false"))
)

// consoleLogin is the one event whose outcome is written in it.
const consoleLogin = "ConsoleLogin"

// outcome derives event.outcome. An event that failed has an errorCode or an
// errorMessage that is not empty; responseElements says nothing about it,
// except for ConsoleLogin.
func outcome(e *Event, _ *Field) {
	s := &e.scratch
	if e.isConsoleLogin() {
		mark := len(s.values)
		e.copyMember(responseElements, consoleLogin)
		kept := mark
		for _, v := range s.values[mark:] {
			if v.IsText() {
				s.values[kept] = s.lower(v)
				kept++
			}
		}
		if s.values = s.values[:kept]; kept > mark {
			return
		}
	}
	code, okCode := e.filled(errorCode)
	text, okText := e.filled(errorMessage)
	if okCode && okText {
		s.values = append(s.values, success)
	}
	if code || text {
		s.values = append(s.values, failure)
	}
}

// filled reports whether some occurrence of a member has a value, and whether
// some reading of the event leaves it without: absent, or an occurrence that
// is empty.
func (e *Event) filled(m member) (some, without bool) {
	if !e.find(m) {
		return false, true
	}
	for o := e.occurrences(m); o.next(); {
		if msgpack.IsEmpty(o.value()) {
			without = true
		} else {
			some = true
		}
	}
	return some, without
}

func (e *Event) isConsoleLogin() bool {
	for o := e.occurrences(eventName); o.next(); {
		if string(o.value().Bytes()) == consoleLogin {
			return true
		}
	}
	return false
}

// userName derives user.name: the user's own, else that of the role (or of
// the federating user) that a session was opened with.
func userName(e *Event, _ *Field) {
	s := &e.scratch
	mark := len(s.values)
	e.copyMember(userIdentity, "userName")
	if len(s.values) > mark {
		return
	}
	e.copyMember(userIdentity, "type")
	session := false
	for _, v := range s.values[mark:] {
		kind := string(v.Bytes())
		session = session || kind == "AssumedRole" || kind == "FederatedUser"
	}
	s.values = s.values[:mark]
	if session {
		e.copyMember(userIdentity, "sessionContext.sessionIssuer.userName")
	}
}

// accountID derives cloud.account.id: of the caller, else of the account that
// the event was delivered to.
func accountID(e *Event, _ *Field) {
	mark := len(e.scratch.values)
	e.copyMember(userIdentity, "accountId")
	if len(e.scratch.values) == mark {
		e.copyMember(recipientAccountID, "")
	}
}

// serviceName derives cloud.service.name: eventSource up to the first dot.
func serviceName(e *Event, f *Field) {
	e.deriveTexts(f, func(_ *scratch, b []byte) ([]byte, bool) {
		name, _, _ := bytes.Cut(b, []byte("."))
		return name, len(name) > 0
	})
}

// sourceIP derives source.ip: sourceIPAddress when it is an address, not the
// name of an AWS service.
func sourceIP(e *Event, f *Field) {
	e.deriveTexts(f, func(_ *scratch, b []byte) ([]byte, bool) {
		_, ok := ParseIP(b)
		return b, ok
	})
}

// tlsVersion derives tls.version, "1.3" of "TLSv1.3".
func tlsVersion(e *Event, f *Field) {
	e.deriveTexts(f, func(_ *scratch, b []byte) ([]byte, bool) {
		_, version, ok := bytes.Cut(b, []byte("v"))
		return version, ok && len(version) > 0
	})
}

// tlsProtocol derives tls.version_protocol, "tls" of "TLSv1.3".
func tlsProtocol(e *Event, f *Field) {
	e.deriveTexts(f, func(s *scratch, b []byte) ([]byte, bool) {
		protocol, _, ok := bytes.Cut(b, []byte("v"))
		return s.lower(msgpack.Text(protocol)).Bytes(), ok && len(protocol) > 0
	})
}

// asText derives a keyword field from a member that is a truth in some events
// and the text of one in others.
func asText(e *Event, f *Field) {
	e.deriveValues(f, func(v msgpack.Value) msgpack.Value {
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
func asTruth(e *Event, f *Field) {
	e.deriveValues(f, func(v msgpack.Value) msgpack.Value {
		switch string(v.Bytes()) {
		case "true":
			return msgpack.Truth(true)
		case "false":
			return msgpack.Truth(false)
		}
		return v
	})
}

// consoleLoginFlag derives a truth of ConsoleLogin's additionalEventData:
// everything but "No" is true.
func consoleLoginFlag(e *Event, f *Field) {
	if e.isConsoleLogin() {
		e.deriveValues(f, func(v msgpack.Value) msgpack.Value { return msgpack.Truth(string(v.Bytes()) != "No") })
	}
}

// consoleLoginText derives a text of ConsoleLogin's additionalEventData.
func consoleLoginText(e *Event, f *Field) {
	if e.isConsoleLogin() {
		e.copyField(f)
	}
}

// deriveTexts appends what of makes of the texts at the field's place, where it
// makes something of them. What is no text is no value.
func (e *Event) deriveTexts(f *Field, of func(*scratch, []byte) ([]byte, bool)) {
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	kept := mark
	for _, v := range s.values[mark:] {
		if !v.IsText() {
			continue
		}
		if b, ok := of(s, v.Bytes()); ok {
			s.values[kept] = msgpack.Text(b)
			kept++
		}
	}
	s.values = s.values[:kept]
}

// deriveValues appends what of makes of the values at the field's place.
func (e *Event) deriveValues(f *Field, of func(msgpack.Value) msgpack.Value) {
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	for i, v := range s.values[mark:] {
		s.values[mark+i] = of(v)
	}
}

// lower returns v in lower case: that of ASCII, which is all that is written
// where it is asked for.
func (s *scratch) lower(v msgpack.Value) msgpack.Value {
	mark := len(s.text)
	for _, c := range v.Bytes() {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		s.text = append(s.text, c)
	}
	return msgpack.Text(s.text[mark:])
}
