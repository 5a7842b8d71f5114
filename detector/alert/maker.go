package alert

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/dedup"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

const (
	ecsVersion    = "8.17.0"
	schemaVersion = "1" // of fluent_detect.*
	vendor        = "fluent-detect"
	// Dataset is event.dataset of every alert.
	Dataset = "fluent_detect.alert"
)

// Observer is who makes the alerts.
type Observer struct {
	Version  string // of fluent-detect
	Hostname string
}

// Maker makes the alerts of one rule. It is not for concurrent use.
type Maker struct {
	rule     *rule.Rule
	slug     string
	observer Observer
	tags     []string
	doc      document
	shape    []byte
	reason   []byte
}

// NewMaker returns the maker of a rule's alerts.
func NewMaker(r *rule.Rule, o Observer) *Maker {
	return &Maker{rule: r, slug: r.Slug(), observer: o, tags: append([]string{vendor}, r.Tags...)}
}

// Rule returns the rule.
func (m *Maker) Rule() *rule.Rule { return m.rule }

// Slug returns the rule's name as alerts and configurations spell it.
func (m *Maker) Slug() string { return m.slug }

// Arrival is how an event came here.
type Arrival struct {
	Tag  string    // of the chunk
	Read time.Time // when the shipper read it
	Now  time.Time // when the alert is made
}

// Make appends the alert with that id, which [ID] gave, to dst as a msgpack
// map. Of the event nothing is kept.
func (m *Maker) Make(dst []byte, id dedup.Key, e *cloudtrail.Event, a Arrival) []byte {
	s := newSubject(e)
	m.doc.reset()
	m.head(id, a)
	m.fromRule()
	m.fromEvent(e, &s)
	d := &m.doc
	d.setString("event.dataset", Dataset)
	d.setTime("event.start", s.at)
	d.setTime("event.created", a.Read)
	m.reason = m.appendReason(m.reason[:0], e, &s)
	d.set("event.reason", m.reason)

	d.setString("fluent_detect.input.tag", a.Tag)
	m.shape = e.AppendShape(m.shape[:0])
	d.set("fluent_detect.shape", m.shape)
	if s.hasKey {
		d.setString("fluent_detect.key.type", s.key.Type)
		d.setString("fluent_detect.key.fingerprint", s.key.Fingerprint)
		if !s.at.IsZero() {
			d.setTime("fluent_detect.key.expires", s.at.Add(keyLife))
		}
	}
	if !s.at.IsZero() {
		d.setInt("fluent_detect.latency_ms", a.Now.Sub(s.at).Milliseconds())
	}
	d.fields = append(d.fields, field{name: "fluent_detect.integrity", kind: aStringList, list: s.integrity})
	d.setInt("fluent_detect.duplicate_count", 0)
	return d.append(dst)
}

// head adds what every alert has, whatever it is about.
func (m *Maker) head(id dedup.Key, a Arrival) {
	d := &m.doc
	d.setString("alert_id", UUID(id))
	d.setString("alert_rule", m.slug)
	d.setString("alert_severity", m.rule.Severity.String())
	d.setTime("@timestamp", a.Now)
	d.setString("ecs.version", ecsVersion)
	d.setString("message", m.rule.Name)
	d.setStrings("tags", m.tags)
	d.setString("data_stream.type", "logs")
	d.setString("data_stream.dataset", Dataset)
	d.setString("data_stream.namespace", "default")
	d.setString("event.kind", "alert")
	d.setStrings("event.category", []string{"intrusion_detection"})
	d.setStrings("event.type", []string{"info"})
	d.setString("event.module", "fluent_detect")
	d.setInt("event.severity", int64(m.rule.Severity))
	d.setFloat("event.risk_score", float64(m.rule.RiskScore))
	d.setString("observer.vendor", vendor)
	d.setString("observer.product", vendor)
	d.setString("observer.type", "detector")
	d.setString("observer.version", m.observer.Version)
	d.setString("observer.hostname", m.observer.Hostname)
	d.setString("fluent_detect.schema", schemaVersion)
	d.setString("fluent_detect.rule.sha256", m.rule.Source.SHA256)
}

// fromRule adds rule.* and threat.*.
func (m *Maker) fromRule() {
	d, r := &m.doc, m.rule
	d.setString("rule.id", r.ID)
	d.setString("rule.name", r.Name)
	d.setString("rule.version", strconv.Itoa(r.Version))
	d.setStrings("rule.author", r.Author)
	d.setString("rule.license", r.License)
	d.setString("rule.description", r.Description)
	d.setString("rule.ruleset", r.Source.Ruleset)
	if len(r.References) > 0 {
		d.setString("rule.reference", r.References[0])
	}
	var t threatLists
	for _, threat := range r.Threat {
		t.add(threat)
	}
	d.setString("threat.framework", t.framework)
	t.tactic.set(d, "threat.tactic")
	t.technique.set(d, "threat.technique")
	t.subtechnique.set(d, "threat.technique.subtechnique")
}

// threatLists is a rule's ATT&CK mapping as ECS has it: lists side by side.
type threatLists struct {
	framework                       string
	tactic, technique, subtechnique threatList
}

type threatList struct{ id, name, reference []string }

func (l *threatList) add(id, name, reference string) {
	if id != "" && !slices.Contains(l.id, id) {
		l.id = append(l.id, id)
		l.name = append(l.name, name)
		l.reference = append(l.reference, reference)
	}
}

func (l *threatList) set(d *document, name string) {
	d.setStrings(name+".id", l.id)
	d.setStrings(name+".name", l.name)
	d.setStrings(name+".reference", l.reference)
}

func (t *threatLists) add(threat rule.Threat) {
	if t.framework == "" {
		t.framework = threat.Framework
	}
	t.tactic.add(threat.Tactic.ID, threat.Tactic.Name, threat.Tactic.Reference)
	for _, technique := range threat.Technique {
		t.technique.add(technique.ID, technique.Name, technique.Reference)
		for _, sub := range technique.Subtechnique {
			t.subtechnique.add(sub.ID, sub.Name, sub.Reference)
		}
	}
}

// copied are the fields that an alert takes over from the event's ECS view as
// they are: all of them but those that an alert has a word of its own for.
var copied = func() []*cloudtrail.Field {
	own := []string{"@timestamp", "event.dataset", "event.kind", "event.module", "user.target.name", "user_agent.original", "user.id"}
	var fields []*cloudtrail.Field
	for _, name := range cloudtrail.TableNames() {
		if !slices.Contains(own, name) && !strings.HasPrefix(name, "data_stream.") {
			fields = append(fields, cloudtrail.FieldNamed(name))
		}
	}
	return fields
}()

// fromEvent adds the fields of the event.
func (m *Maker) fromEvent(e *cloudtrail.Event, s *subject) {
	d := &m.doc
	for _, f := range copied {
		if f.Type == cloudtrail.TypeFlattened {
			if object := e.Object(f); len(object.Encoded()) <= maxObject {
				d.setObject(f.Name, object)
			}
			continue
		}
		d.setValues(f, e.Values(f))
	}
	d.set("user_agent.original", cut(e.First(fieldAgent).Bytes(), maxUserAgent))
	d.set("cloud.target.instance.id", s.instance)
	id := e.First(fieldUserID).Bytes()
	if len(id) == 0 {
		id = e.OnBehalfOf()
	}
	d.set("user.id", id)
	target := s.osUser
	if len(target) == 0 {
		target = e.First(fieldTargetName).Bytes()
	}
	d.set("user.target.name", target)
	d.setTexts("related.user", distinct(s.actor, target))
	d.setTexts("related.ip", distinct(e.First(fieldIP).Bytes()))
	if s.hasKey {
		d.setStrings("related.hash", []string{s.key.Fingerprint})
	}
}

// distinct returns the texts that are not empty, each once.
func distinct(texts ...[]byte) [][]byte {
	var list [][]byte
	for _, t := range texts {
		if len(t) > 0 && !slices.ContainsFunc(list, func(x []byte) bool { return string(x) == string(t) }) {
			list = append(list, t)
		}
	}
	return list
}
