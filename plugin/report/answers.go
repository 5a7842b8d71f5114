package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// answer answers a question that an analyst asks about each alert.
type answer struct {
	Question string `json:"q"`
	Text     string `json:"a"`
	// Marked: it deserves attention. This is not a severity.
	Marked bool `json:"m,omitempty"`
}

// side is what happened before the event of an alert, or after it.
type side struct {
	Events   string   `json:"events"`
	Failures string   `json:"failures,omitempty"`
	Others   string   `json:"others,omitempty"`
	Actions  []string `json:"actions,omitempty"`
	Notable  []string `json:"notable,omitempty"`
}

// contextOf is the name of the fields of an alert that answer questions from history.
const contextOf = "fluent_detect.context."

// side returns what happened on that side, "before" or "after"; nil if that is not known.
func (d document) side(name string) *side {
	name = contextOf + name + "."
	s := &side{Events: long(d.text(name + "events")), Failures: long(d.text(name + "failures")), Others: long(d.text(name + "others"))}
	if s.Events == "" {
		return nil
	}
	s.Actions, s.Notable = longs(d, name+"actions"), longs(d, name+"notable")
	return s
}

func longs(d document, name string) (list []string) {
	values, _ := d.list(name)
	for _, v := range values[:min(len(values), maxFields)] {
		list = append(list, shown(v))
	}
	return list
}

// answers returns what the alert knows of the questions, in the order of an
// investigation. What it does not know is left out.
func (d document) answers() []answer {
	list := []answer{}
	add := func(question string, marked bool, parts ...string) {
		var there []string
		for _, p := range parts {
			if p != "" {
				there = append(there, p)
			}
		}
		if len(there) > 0 {
			list = append(list, answer{question, long(strings.Join(there, "; ")), marked})
		}
	}
	context := func(name string) string { return d.text(contextOf + name) }

	session := d.text("aws.cloudtrail.user_identity.arn")
	if session == d.actor() {
		session = ""
	}
	mfa := d.text("aws.cloudtrail.user_identity.session_context.mfa_authenticated")
	add("Who?", context("actor.assumed_by") != "", d.actor(), prefixed("as ", session), prefixed("through ", context("actor.assumed_by")),
		prefixed("access key ", d.text("aws.cloudtrail.user_identity.access_key_id")), prefixed("with MFA: ", mfa))
	add("Is the actor known?", context("state") == "learning", d.known()...)
	before, marked := d.doneBefore()
	add("Has the actor done this before?", marked, before, others(context("action.actors"), "other actor of the account did it too", "other actors of the account did it too"))
	if values, ok := d.list(contextOf + "new"); ok {
		text := "nothing: all of it was seen with this actor before"
		if len(values) > 0 {
			text = strings.ReplaceAll(strings.Join(values, ", "), "_", " ")
		}
		add("What is new for the actor?", len(values) > 0, text)
	}
	add("From where?", false, d.text("source.address", "source.ip"), d.place(), d.as(),
		others(context("address.actors"), "other actor at this address in 7 days", "other actors at this address in 7 days"))
	add("With what?", false, d.client(), prefixed("TLS ", d.text("tls.version")))
	add("When?", context("time.usual") == "false" || context("time.calendar") == "outside", moment(d.time("event.start")), d.hour(), calendar(context("time.calendar")))
	add("On what?", false, d.target(), prefixed("account ", d.text("cloud.account.id")), prefixed("region ", d.text("cloud.region")))
	add("Did it work?", false, d.text("event.outcome"), d.text("aws.cloudtrail.error_code", "error.code"), d.text("aws.cloudtrail.error_message", "error.message"))
	instances, _ := strconv.ParseUint(context("key.instances"), 10, 64)
	add("Which key?", instances > 1, d.text("fluent_detect.key.fingerprint"), prefixed("expires ", d.text("fluent_detect.key.expires")), sameKey(instances))
	add("What did the rule count?", false, d.counted()...)
	add("What is odd about the event?", true, d.text("fluent_detect.integrity"))
	if d.isSummary() {
		add("What was held back?", true, d.text("fluent_detect.summary.count")+" alerts, "+d.text("fluent_detect.summary.kind"))
	}
	return list
}

// known returns how long the actor has been known.
func (d document) known() []string {
	state := d.text(contextOf + "state")
	if state == "" {
		return nil
	}
	var list []string
	if first := d.time(contextOf + "actor.first_seen"); !first.IsZero() {
		list = append(list, "seen since "+moment(first), plural64(d.text(contextOf+"actor.events"), "successful call")+" before")
	} else {
		list = append(list, "never seen with a success before this event")
	}
	since := d.time(contextOf + "since")
	switch state {
	case "learning":
		list = append(list, "still learning: history begins "+moment(since))
	case "partial":
		list = append(list, "history is complete only from "+moment(since)+" on")
	}
	return list
}

// doneBefore returns whether the actor has done the same before.
func (d document) doneBefore() (text string, first bool) {
	switch count := d.text(contextOf + "action.count"); count {
	case "":
		return "", false
	case "0":
		return "no, never with success", true
	default:
		return fmt.Sprintf("%s, first %s, last %s", plural64(count, "time"), moment(d.time(contextOf+"action.first_seen")), moment(d.time(contextOf+"action.last_seen"))), false
	}
}

// client returns the program of the caller.
func (d document) client() string {
	name, original := d.text("user_agent.name"), d.text("user_agent.original")
	if version := d.text("user_agent.version"); version != "" && name != "" {
		name += " " + version
	}
	switch {
	case name == "" || name == original:
		return original
	case original == "":
		return name
	}
	return name + " (" + original + ")"
}

// hour returns whether the actor is used to that hour.
func (d document) hour() string {
	switch d.text(contextOf + "time.usual") {
	case "true":
		return "a usual hour for the actor"
	case "false":
		return "an unusual hour for the actor"
	}
	return ""
}

func calendar(text string) string {
	if name, ok := strings.CutPrefix(text, "maintenance:"); ok {
		return "in the maintenance window " + name
	}
	switch text {
	case "business":
		return "in business hours"
	case "outside":
		return "outside business hours"
	}
	return text
}

// counted returns what a rule with a memory has counted.
func (d document) counted() (list []string) {
	each(d.value("fluent_detect.memory"), "", func(name, text string) {
		if name != "sha256" && name != "" && text != "" && len(list) < 12 {
			list = append(list, strings.TrimPrefix(name, "terms.")+" "+text)
		}
	})
	return list
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// others returns how many others there are, or that there are none.
func others(count, one, many string) string {
	switch count {
	case "":
		return ""
	case "0":
		return "no " + many
	case "1":
		return "1 " + one
	}
	return count + " " + many
}

func sameKey(instances uint64) string {
	if instances == 0 {
		return ""
	}
	return "the same key on " + plural(instances, "instance") + " in 24 hours"
}

// moment returns a time for people, to the second; "" if there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05 UTC")
}

// plural64 returns a number with its noun; the number may be any text.
func plural64(count, noun string) string {
	n, err := strconv.ParseUint(count, 10, 64)
	if err != nil {
		return count + " " + noun + "s"
	}
	return plural(n, noun)
}

// plural returns a number with its noun.
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped returns a number with commas between its thousands.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
