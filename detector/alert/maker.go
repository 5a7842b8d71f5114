package alert

import (
	"bytes"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/history"
	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/table"
)

const (
	ecsVersion    = "8.17.0"
	schemaVersion = "2" // of fluent_detect.*
	vendor        = "fluent-detect"
	// Dataset is event.dataset of every alert.
	Dataset = "fluent_detect.alert"
)

// Observer is who makes the alerts.
type Observer struct {
	Version  string // of fluent-detect
	Hostname string
}

// Maker makes the alerts of one rule in one format. It is not for concurrent
// use.
type Maker struct {
	rule      *rule.Rule
	fields    *Fields
	slug      string
	observer  Observer
	format    Format
	doc       document
	shape     []byte
	reason    []byte
	recalled  []byte // the part of the reason that the context repeats for rules with a memory
	wording   []byte // Kibana's reason
	remark    string // of the subject
	object    []byte // what the event is about
	paragraph []byte // of the context
	texts     [][]byte
	integrity []string // of the subject, and of the alert

	program   *match.Program // of the rule; nil: nothing is known of it
	uncarried bool           // it reads fields that alerts do not have
	added     bool           // some of them are in events if a shipper added them
	parts     []match.Named  // of the rule, with names
	asked     []*event.Field // that a Sigma rule wants to be looked at
	authors   []string       // of a Sigma rule, and of those that it refers to
	credit    string         // their names

	view      *View // of the event
	alone     View  // if the alert is the only one about it
	of        *sourceFields
	event     *event.Event                        // that is being copied
	copyField func(i int, values []msgpack.Value) // adds the i-th field of of.copied
}

// NewMaker returns a Maker for the alerts of a rule, which have the given fields.
func NewMaker(r *rule.Rule, o Observer, f Format, fields *Fields) *Maker {
	m := &Maker{rule: r, slug: r.Slug(), fields: fields, observer: o, format: f}
	if r.Sigma != nil {
		m.Credit(r.Author)
	}
	m.copyField = m.setCopied
	return m
}

// prepare prepares for the first alert: most rules never make one.
func (m *Maker) prepare() {
	var ofFormat []constantField
	switch m.format {
	case FormatKibana:
		ofFormat = kibanaConstants(m.rule)
	case FormatOCSF:
		ofFormat = ocsfConstants(m.rule)
	}
	m.doc = newDocument(newLayout(m.format, m.fields, commonConstants(m.rule, m.observer), ofFormat), m.fields)
}

// setCopied adds the i-th field of of.copied.
func (m *Maker) setCopied(i int, values []msgpack.Value) {
	f := &m.of.copied[i]
	if m.doc.setField(f, values); m.event.IsCut() {
		m.doc.truncate(f.Name)
	}
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
	// IDReused: another event came before with the ID of this one.
	IDReused bool
	Memory   *Memory          // of a rule with one
	Columns  []table.Column   // that a query in ES|QL makes
	Context  *history.Context // what is known of the actor; nil: no history is kept
	// View is filled with the values of the event, unless it has them already. The caller keeps
	// it for further alerts about the same event. nil: the alert is the only one.
	View *View
}

// Make appends the alert with that ID, which [Fields.IDOf] returned, to dst as a msgpack
// map. The subject is the event's. Of both nothing is kept.
func (m *Maker) Make(dst []byte, id ID, e *event.Event, s *event.Subject, a Arrival) []byte {
	m.head(id.Alert, a)
	m.doc.setHex(slotEventDigest, id.Event[:])
	m.of = m.fields.of(s.Source, m.format)
	m.remark = s.Remark
	m.view = a.View
	if m.view == nil {
		m.view = &m.alone
	}
	d := &m.doc
	if a.View != nil && m.view.isOf(e) {
		d.show(m.view)
	} else {
		m.see(m.view, e, s)
	}
	if s.Source.Open { // what it is of, it says itself
		d.set(slotOriginalDataset, e.DataSet())
		d.set(slotOriginalModule, e.First(m.fields.module).Bytes())
	}
	m.integrity = append(m.integrity[:0], s.Integrity...)
	if s.Time.Sub(a.Now) > maxAhead {
		m.integrity = append(m.integrity, "future_event_time")
	}
	if a.IDReused {
		m.integrity = append(m.integrity, "event_id_reused")
	}
	m.describe(s)
	if a.Memory != nil && a.Memory.Verdict.Sequence != nil {
		m.keepCommon(a.Memory)
	}
	d.setTime(slotEventStart, s.Time)
	d.setTime(slotKibanaOriginalTime, s.Time)
	d.setTime(slotEventCreated, a.Read)
	d.setString(slotInputTag, a.Tag)
	m.shape = envelope.AppendShape(m.shape[:0], e)
	d.set(slotShape, m.shape)
	if !s.Time.IsZero() {
		d.setInt(slotLatencyMS, a.Now.Sub(s.Time).Milliseconds())
	}
	if e.TooMany() && !slices.Contains(m.integrity, event.TooManyValues) { // of a field that was copied
		m.integrity = append(m.integrity, event.TooManyValues)
	}
	m.addColumns(a.Columns)
	if len(d.truncated) > 0 {
		m.integrity = append(m.integrity, "truncated")
		d.setTexts(slotTruncated, m.views(d.truncated))
	}
	m.prove(e)
	m.name(e)
	if len(m.integrity) > 0 || m.format != FormatBrief {
		d.put(slotIntegrity, value{kind: aList, list: m.views(m.integrity)})
	}
	d.setInt(slotDuplicateCount, 0)
	if a.Memory != nil {
		m.remember(a.Memory)
	}
	m.reason = m.appendReason(m.reason[:0], e, s, a.Memory) // of the other fields
	m.recalled = m.reason
	m.reason = m.appendAuthor(m.reason)
	d.set(slotEventReason, m.reason)
	if a.Context != nil {
		m.object = m.firstObject(e)
		m.contextualize(a.Context)
	}
	return m.finish(dst, s.Source)
}

// views returns the texts as a list that is valid until the next alert.
func (m *Maker) views(texts []string) [][]byte {
	begin := len(m.texts)
	for _, t := range texts {
		m.texts = append(m.texts, view(t))
	}
	return m.texts[begin:len(m.texts):len(m.texts)]
}

// maxAhead is how far an event may be ahead of the clock of this host without
// being odd.
const maxAhead = 10 * time.Minute

// head begins a document with what every alert has.
func (m *Maker) head(id hold.Key, a Arrival) {
	d := &m.doc
	if d.layout == nil {
		m.prepare()
	}
	d.reset() // of what a panic left
	m.texts, m.remark = m.texts[:0], ""
	d.setHex(slotAlertID, id[:])
	d.setTime(slotTimestamp, a.Now)
}

// finish adds what is derived from the other fields, and encodes the document.
func (m *Maker) finish(dst []byte, source *event.Source) []byte {
	d := &m.doc
	switch m.format {
	case FormatKibana:
		m.wording = m.appendKibanaReason(m.wording[:0])
		d.set(slotKibanaAlertReason, m.wording)
		d.setString(slotOriginalDataset, source.Dataset)
		d.setString(slotOriginalModule, source.Module)
	case FormatOCSF:
		m.addOCSFProfiles(view(source.Cloud))
		d.setTexts(slotOCSFDataSources, m.list(view(source.Dataset)))
		d.meetDemands()
		d.addOCSFLists()
	}
	dst = d.append(dst)
	d.reset() // of the event nothing is kept
	clear(m.texts)
	m.object, m.view = nil, nil
	m.alone.Release()
	return dst
}

// copy adds the fields of the event's ECS view.
func (m *Maker) copy(e *event.Event, s *event.Subject) {
	for i := range m.of.known {
		f := &m.of.known[i]
		m.doc.setField(&f.copiedField, s.Known[f.at])
	}
	m.event = e
	e.Visit(m.of.set, m.copyField)
	m.event = nil
	for i := range m.of.objects {
		f := &m.of.objects[i]
		m.doc.setObject(f, e.Object(f.Field))
	}
}

// describe adds what the alert says about the event besides its plain fields.
func (m *Maker) describe(s *event.Subject) {
	d := &m.doc
	for _, f := range s.Fields {
		at := m.fields.slots[f.Name]
		switch {
		case len(f.Texts) > 0:
			d.setTexts(at, f.Texts)
		case len(f.Text) > 0:
			d.set(at, f.Text)
			if len(f.Text) > maxText {
				d.truncate(f.Name)
			}
		default:
			d.setTime(at, f.Time)
		}
	}
	for i, values := range s.Values {
		list := m.of.lists[i]
		if list < 0 {
			continue
		}
		d.setOneOrMore(list, values)
		for _, text := range values {
			if len(text) > maxText {
				d.truncate(m.of.attributes[i].Field)
			}
		}
	}
	for _, name := range s.Truncated {
		if _, ok := m.fields.slots[name]; ok {
			d.truncate(name)
		}
	}
	d.setTexts(slotRelatedUser, m.list(s.Actor, d.first(slotUserTargetName)))
	d.setTexts(slotRelatedIP, m.list(d.first(slotSourceIP)))
	d.setTexts(slotRelatedHash, m.list(d.first(slotRelatedHash)))
	d.set(slotOCSFActor, s.Actor)
}

// list returns the texts that are not empty, each once, as a list that is valid
// until the next alert.
func (m *Maker) list(texts ...[]byte) [][]byte {
	begin := len(m.texts)
	for _, t := range texts {
		m.texts = appendDistinct(m.texts, begin, t)
	}
	return m.texts[begin:len(m.texts):len(m.texts)]
}

// appendDistinct appends a text, unless it is empty or in the list already from
// begin on.
func appendDistinct(list [][]byte, begin int, text []byte) [][]byte {
	if len(text) == 0 || slices.ContainsFunc(list[begin:], func(t []byte) bool { return bytes.Equal(t, text) }) {
		return list
	}
	return append(list, text)
}
