package cloudtrail

import (
	"slices"
	"strings"
)

// callerControlled reports whether whoever makes a call chooses what a field
// holds: which call it is and when, the user agent and what the client says in the TLS
// handshake, the region, the name of a session, the parameters of the call with all
// that is in them or follows from them, and what the answer and errors repeat of it.
// What AWS writes by itself (who, from which address) is not.
func callerControlled(name string) bool {
	switch name {
	case "@timestamp", "event.provider", "event.action", "event.category", "event.type", "cloud.service.name", "cloud.region",
		"user.target.name", "user.changes.name", "user.email", "group.name", "group.id", "target.entity.id",
		"host.target.id", "entity.target.id", "related.entity", "related.user", "related.hosts",
		"aws.cloudtrail.api_version", "aws.cloudtrail.error_message",
		"aws.cloudtrail.user_identity.session_context.source_identity":
		return true
	}
	return slices.ContainsFunc(callerObjects, func(object string) bool {
		return name == object || strings.HasPrefix(name, object+".")
	})
}

// callerObjects are the objects whose fields the caller chooses.
var callerObjects = []string{
	"user_agent", "tls", "aws.cloudtrail.tls_details", "user.target", "host.target", "service.target",
	"aws.cloudtrail.request_parameters", "aws.cloudtrail.flattened.request_parameters",
	"aws.cloudtrail.response_elements", "aws.cloudtrail.flattened.response_elements",
	"aws.cloudtrail.additional_eventdata", "aws.cloudtrail.flattened.additional_eventdata",
	"aws.cloudtrail.console_login.additional_eventdata.login_to",
}

// What is before the name of a session in the fields that have it. A digit that only
// the caller's account has is a 0, and a character that only the caller has is a
// control character, which no pattern has.
var sessionPrefixes = map[string][]string{
	"aws.cloudtrail.user_identity.arn": {"arn:aws:sts::000000000000:assumed-role/\x01/", "arn:aws:sts::000000000000:federated-user/"},
	"actor.entity.id":                  {"arn:aws:sts::000000000000:assumed-role/\x01/", "arn:aws:sts::000000000000:federated-user/"},
	"user.entity.id":                   {"arn:aws:sts::000000000000:federated-user/"},
	"user.id":                          {"AROA\x01:", "000000000000:"},
}

// everybodyHas are fields that nearly every event has: that there is one asks for
// nothing.
var everybodyHas = []string{
	"user.id", "user.name", "user.entity.id", "actor.entity.id", "source.address", "source.ip", "cloud.account.id",
	"related.ip", "event.id", "event.outcome", "aws.cloudtrail.request_id", "aws.cloudtrail.recipient_account_id",
	"aws.cloudtrail.user_identity.type", "aws.cloudtrail.user_identity.arn", "aws.cloudtrail.user_identity.access_key_id",
}

// callerCanMatch reports whether a pattern fits what nearly everybody has, or whoever
// opens a session can choose its name so that it fits, whatever the role is. A pattern
// that names the account of the caller asks for something, unless it asks for the name
// of the session as well.
func callerCanMatch(field string, pattern []string) bool {
	if slices.Equal(pattern, []string{"", ""}) {
		return slices.Contains(everybodyHas, field)
	}
	return slices.ContainsFunc(sessionPrefixes[field], func(prefix string) bool {
		return sessionFits(strings.ReplaceAll(prefix, "0", "\x01"), pattern) ||
			pattern[len(pattern)-1] != "" && sessionFits(prefix, pattern)
	})
}

// sessionFits reports whether there is a name of a session that, behind the prefix,
// fits the pattern: the runs of text between stars.
func sessionFits(prefix string, pattern []string) bool {
	first, rest := pattern[0], pattern[1:]
	if len(rest) == 0 { // the whole text
		return len(first) > len(prefix) && samePlaces(prefix, first) && isSessionName(first[len(prefix):])
	}
	n := min(len(first), len(prefix))
	if !samePlaces(prefix[:n], first[:n]) || !isSessionName(first[n:]) {
		return false
	}
	at := n // in the prefix
	for _, run := range rest {
		// The run may begin anywhere from at on, in the prefix or in the name: as early
		// as possible leaves most for those behind it.
		begin := at
		for begin < len(prefix) {
			n := min(len(run), len(prefix)-begin)
			if samePlaces(prefix[begin:begin+n], run[:n]) && isSessionName(run[n:]) {
				break
			}
			begin++
		}
		if begin == len(prefix) && !isSessionName(run) {
			return false
		}
		at = min(begin+len(run), len(prefix))
	}
	return at == len(prefix) || rest[len(rest)-1] == "" || isSessionName(rest[len(rest)-1])
}

// samePlaces reports whether a text fits a prefix of the same length, in which a 0
// stands for any digit.
func samePlaces(prefix, text string) bool {
	if len(text) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if c := text[i]; c != prefix[i] && (prefix[i] != '0' || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isSessionName reports whether AWS allows the characters of a text in the name of a
// session.
func isSessionName(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+=,.@_-", r))
	}) < 0
}

// elsewhere says why events do not have a field, or a value of it, that rules ask for.
func elsewhere(field string) string {
	switch field {
	case "aws.cloudtrail.event_category", "aws.cloudtrail.event_type":
		return "Insight records, which have it, are not events here"
	}
	for _, e := range []struct{ object, why string }{
		{"source.geo", "needs geo: a database of places in geo_databases, or a shipper that adds it"},
		{"source.as", "needs geo: a database of autonomous systems in geo_databases, or a shipper that adds it"},
		{"aws.cloudtrail.flattened.insight_details", "Insight records, which have it, are not events here"},
		{"aws.cloudtrail.flattened.digest", "digest files, which have it, are not events here"},
		{"aws.cloudtrail.digest", "digest files, which have it, are not events here"},
		{"file", "digest files, which have it, are not events here"},
		{"related.hash", "digest files, which have it, are not events here"},
	} {
		if field == e.object || strings.HasPrefix(field, e.object+".") {
			return e.why
		}
	}
	return ""
}
