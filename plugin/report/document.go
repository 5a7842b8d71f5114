package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/plugin/page"
)

// document is an alert, in one of the formats.
type document map[string]any

func parse(alert []byte) (document, bool) {
	d := json.NewDecoder(bytes.NewReader(alert))
	d.UseNumber()
	var m map[string]any
	return m, d.Decode(&m) == nil && m != nil
}

// ocsf has the places of fields in OCSF; the others are below "unmapped", by their names.
var ocsf = map[string]string{
	"@timestamp":                       "time",
	"alert_id":                         "finding_info.uid",
	"alert_severity":                   "severity",
	"cloud.account.id":                 "cloud.account.uid",
	"cloud.region":                     "cloud.region",
	"event.action":                     "evidences.api.operation",
	"event.id":                         "finding_info.related_events.uid",
	"event.provider":                   "evidences.api.service.name",
	"event.reason":                     "finding_info.desc",
	"event.start":                      "start_time",
	"rule.description":                 "finding_info.analytic.desc",
	"rule.id":                          "finding_info.analytic.uid",
	"rule.name":                        "finding_info.analytic.name",
	"source.address":                   "evidences.src_endpoint.name",
	"source.as.number":                 "evidences.src_endpoint.autonomous_system.number",
	"source.as.organization.name":      "evidences.src_endpoint.autonomous_system.name",
	"source.geo.country_iso_code":      "evidences.src_endpoint.location.country",
	"source.geo.city_name":             "evidences.src_endpoint.location.city",
	"user.name":                        "evidences.actor.user.name",
	"user.target.name":                 "evidences.user.name",
	"user_agent.original":              "evidences.http_request.user_agent",
	"aws.cloudtrail.user_identity.arn": "evidences.actor.user.uid_alt",
	"aws.cloudtrail.user_identity.access_key_id": "evidences.actor.session.credential_uid",
	"cloud.target.instance.id":                   "resources.uid",
}

// isOCSF reports whether the format is OCSF.
func (d document) isOCSF() bool { _, ok := d["class_uid"]; return ok }

// isAlert reports whether it is an alert, or a summary of alerts that were held back.
func (d document) isAlert() bool {
	if d.isOCSF() {
		return d.text("alert_id") != ""
	}
	return d.text("event.kind") == "alert" || d.text("event.dataset") == "fluent_detect.alert"
}

// isSummary reports whether it stands for alerts that were held back.
func (d document) isSummary() bool { return d.text("fluent_detect.summary.kind") != "" }

// value returns the value of a field by its name in ECS, or nil.
func (d document) value(name string) any {
	if v := at(map[string]any(d), name); v != nil || !d.isOCSF() {
		return v
	}
	if path, ok := ocsf[name]; ok {
		if v := at(map[string]any(d), path); v != nil {
			return v
		}
	}
	return at(d["unmapped"], name)
}

// at returns the value at a path. Of a list of objects it is that of the first one.
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[part]
	}
	return v
}

// text returns the value of the first of the fields that has one, as a text.
func (d document) text(names ...string) string {
	for _, name := range names {
		if s := textOf(d.value(name)); s != "" {
			return s
		}
	}
	return ""
}

// list returns the values of a field, and whether it is there.
func (d document) list(name string) (list []string, ok bool) {
	switch v := d.value(name).(type) {
	case nil:
		return nil, false
	case []any:
		for _, one := range v {
			list = append(list, textOf(one))
		}
		return list, true
	default:
		return []string{textOf(v)}, true
	}
}

// textOf returns a value as a text: several ones with commas between them, objects as
// JSON.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	case []any:
		var list []string
		for _, one := range v {
			list = append(list, textOf(one))
		}
		return strings.Join(list, ", ")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // it has been JSON
	return strings.TrimSuffix(out.String(), "\n")
}

// time returns the time in a field, or the zero time.
func (d document) time(name string) time.Time {
	switch v := d.value(name).(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return time.UnixMilli(n).UTC()
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// severity returns the severity as an index of rule.Severities.
func (d document) severity() int {
	return max(slices.Index(rule.Severities, strings.ToLower(d.text("alert_severity", "kibana.alert.severity"))), 0)
}

// actor returns who did it: the role of a session and not the session, whose name the
// caller chooses.
func (d document) actor() string {
	return d.text("fluent_detect.context.actor.id", "aws.cloudtrail.user_identity.session_context.session_issuer.arn", "user.entity.id",
		"aws.cloudtrail.user_identity.arn", "user.name", "user.id", "service.name")
}

// targets are the fields that say what something was done to.
var targets = []string{"cloud.target.", "user.target.", "entity.target.", "orchestrator.resource.", "fluent_detect.target."}

// target returns what it was done to.
func (d document) target() string {
	if d.isOCSF() {
		return d.text("cloud.target.instance.id", "user.target.name")
	}
	var list []string
	for _, prefix := range targets {
		v := at(map[string]any(d), strings.TrimSuffix(prefix, "."))
		each(v, "", func(_, text string) {
			if text != "" && !slices.Contains(list, text) {
				list = append(list, text)
			}
		})
	}
	return strings.Join(list, ", ")
}

// as returns the autonomous system of the address, such as "AS64500 Example".
func (d document) as() string {
	number := d.text("source.as.number")
	if number != "" {
		number = "AS" + number
	}
	return strings.TrimSpace(number + " " + d.text("source.as.organization.name"))
}

// place returns where the address is.
func (d document) place() string {
	var list []string
	for _, name := range []string{"source.geo.city_name", "source.geo.region_name", "source.geo.country_name"} {
		if s := d.text(name); s != "" {
			list = append(list, s)
		}
	}
	if code := d.text("source.geo.country_iso_code"); code != "" && d.text("source.geo.country_name") == "" {
		list = append(list, code)
	}
	return strings.Join(list, ", ")
}

// columns returns the texts of the row.
func (d document) columns() (list [columns]string) {
	list[columnActor] = d.actor()
	list[columnAction] = d.text("event.action")
	list[columnAddress] = d.text("source.address", "source.ip")
	list[columnAccount] = d.text("cloud.account.id")
	list[columnRegion] = d.text("cloud.region")
	list[columnOutcome] = d.text("event.outcome")
	list[columnTarget] = d.target()
	list[columnAS] = d.as()
	list[columnCountry] = d.text("source.geo.country_name", "source.geo.country_iso_code")
	list[columnClient] = d.text("user_agent.name", "user_agent.original")
	list[columnReason] = d.text("event.reason")
	return list
}

// summary returns the paragraph about the alert. Its characters are escaped for Slack.
func (d document) summary() string {
	return long(unescapeSlack.Replace(d.text("fluent_detect.context.summary")))
}

var unescapeSlack = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Fields that a card does not list: those of the rule and of the format, which are the
// same in all alerts of a rule, and those that it shows elsewhere.
var unlisted = []string{
	"rule.", "threat.", "tags", "observer.", "data_stream.", "ecs.", "kibana.", "message", "alert_", "event.reason", "event.kind", "event.category", "event.type",
	"event.module", "event.dataset", "event.severity", "event.risk_score", "fluent_detect.context.", "fluent_detect.rule.", "fluent_detect.schema", "risk_score",
	"activity_", "category_", "class_", "type_", "finding_info.", "metadata.", "observables", "severity", "status", "disposition", "is_alert", "action",
	"@timestamp", "event.created", "fluent_detect.latency_ms", "unmapped.fluent_detect.latency_ms", "time", "start_time", "logged_time", // of the run
	"unmapped.rule.", "unmapped.observer.", "unmapped.fluent_detect.context.", "unmapped.fluent_detect.rule.", "unmapped.alert_rule",
}

// inEvent are fields that repeat the event.
var inEvent = []string{
	"aws.cloudtrail.flattened.", "aws.cloudtrail.request_parameters", "aws.cloudtrail.response_elements", "aws.cloudtrail.additional_eventdata",
	"aws.cloudtrail.service_event_details", "unmapped.aws.cloudtrail.", "evidences.api.",
}

// maxFields is the maximum number of fields that a card lists.
const maxFields = 300

// fields returns the fields of the alert that a card lists, by name.
func (d document) fields(hasEvent bool) [][2]string {
	list := [][2]string{}
	beyond := 0
	each(map[string]any(d), "", func(name, text string) {
		switch {
		case text == "" || begins(name, unlisted) || hasEvent && begins(name, inEvent):
		case len(list) == maxFields:
			beyond++
		default:
			list = append(list, [2]string{shown(name), long(text)})
		}
	})
	if beyond > 0 {
		list = append(list, [2]string{"…", plural(uint64(beyond), "more field")})
	}
	return list
}

func begins(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// each calls do with the fields in a value, by name.
func each(v any, name string, do func(name, text string)) {
	m, ok := v.(map[string]any)
	if !ok {
		do(name, textOf(v))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		inner := key
		if name != "" {
			inner = name + "." + key
		}
		each(m[key], inner, do)
	}
}

// maxLong is the maximum length of a text in a card, in characters.
const maxLong = 2000

// long returns a text of a card.
func long(text string) string { return page.Visible(cut(text, maxLong)) }

// cut returns the first characters of a text. It says so if there are more.
func cut(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	n := 0
	for i := range text {
		if n++; n > characters {
			return text[:i] + "… (cut: " + plural(uint64(utf8.RuneCountInString(text)), "character") + ")"
		}
	}
	return text
}
