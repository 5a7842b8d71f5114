package cloudtrail

import (
	"bytes"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/record"
)

// What follows appends the values of fields that are no plain copies of a
// member. Where a member occurs twice each reading gives its value.

var (
	success = record.Text([]byte("success"))
	failure = record.Text([]byte("failure"))
	tls     = record.Text([]byte("tls"))
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
		for i := mark; i < len(s.values); i++ {
			s.values[i] = s.write(bytes.ToLower(s.values[i].Bytes()))
		}
		if len(s.values) > mark {
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

// filled says whether some occurrence of a member has a value, and whether
// some reading of the event leaves it without: absent, or an occurrence that
// is empty.
func (e *Event) filled(m member) (some, without bool) {
	n := e.count(m)
	if n == 0 {
		return false, true
	}
	for i := range n {
		if record.IsEmpty(e.nth(m, i)) {
			without = true
		} else {
			some = true
		}
	}
	return some, without
}

func (e *Event) isConsoleLogin() bool {
	for i := range e.count(eventName) {
		if string(e.nth(eventName, i).Bytes()) == consoleLogin {
			return true
		}
	}
	return false
}

// userName derives user.name: the user's own, else that of the role (or of
// the federating user) that a session was opened with.
func userName(e *Event, _ *Field) {
	mark := len(e.scratch.values)
	e.copyMember(userIdentity, "userName")
	if len(e.scratch.values) == mark {
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
func serviceName(e *Event, _ *Field) {
	s := &e.scratch
	mark := len(s.values)
	e.copyMember(eventSource, "")
	for i := mark; i < len(s.values); i++ {
		name, _, _ := bytes.Cut(s.values[i].Bytes(), []byte("."))
		s.values[i] = record.Text(name)
	}
}

// sourceIP derives source.ip: sourceIPAddress when it is an address, not the
// name of an AWS service.
func sourceIP(e *Event, f *Field) {
	mark := len(e.scratch.values)
	e.copyField(f)
	e.scratch.keep(mark, func(v record.Value) bool {
		_, ok := ParseIP(v.Bytes())
		return ok
	})
}

// tlsVersion derives tls.version, "1.3" of "TLSv1.3".
func tlsVersion(e *Event, f *Field) {
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	for i := mark; i < len(s.values); i++ {
		if version, ok := bytes.CutPrefix(s.values[i].Bytes(), []byte("TLSv")); ok {
			s.values[i] = record.Text(version)
		}
	}
}

// tlsProtocol derives tls.version_protocol, "tls" of "TLSv1.3".
func tlsProtocol(e *Event, f *Field) {
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	for i := mark; i < len(s.values); i++ {
		s.values[i] = tls
	}
}

// asText derives a keyword field from a member that is a truth in some events
// and the text of one in others.
func asText(e *Event, f *Field) {
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	for i := mark; i < len(s.values); i++ {
		if s.values[i].Kind() == record.Bool {
			s.values[i] = s.write(strconv.AppendBool(nil, s.values[i].Bool()))
		}
	}
}

// consoleLoginFlag derives a truth of ConsoleLogin's additionalEventData:
// everything but "No" is true.
func consoleLoginFlag(e *Event, f *Field) {
	if !e.isConsoleLogin() {
		return
	}
	s := &e.scratch
	mark := len(s.values)
	e.copyField(f)
	for i := mark; i < len(s.values); i++ {
		s.values[i] = record.Truth(string(s.values[i].Bytes()) != "No")
	}
}

// consoleLoginText derives a text of ConsoleLogin's additionalEventData.
func consoleLoginText(e *Event, f *Field) {
	if e.isConsoleLogin() {
		e.copyField(f)
	}
}
