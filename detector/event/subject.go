package event

import (
	"slices"
	"time"
)

// Subject is what suppression, summaries and alerts have to know of an event
// besides its plain fields. Its texts alias the event.
type Subject struct {
	Source *Source
	Time   time.Time // of the event, zero when it cannot be read
	// Actor is who caused the event, by the best name that it has.
	Actor []byte
	// Principal is the identity behind the event in a form that its bearer
	// cannot choose: the role, not the session. Empty when nothing tells it.
	Principal []byte
	// Values are the values of each attribute of the schema, for this source.
	Values [][][]byte
	Fields []SubjectField
	// Integrity says what is odd about the event.
	Integrity []string
}

// SubjectField is a field of alerts that the event's view does not have.
type SubjectField struct {
	Name string
	Text []byte
	Time time.Time // if there is no text
	// Fill: the view may have the field, and then has the better value.
	Fill bool
}

// Attribute is something by which suppression and summaries tell the events of
// a rule apart.
type Attribute struct {
	// Name is in the plural, such as "instances": summaries say how many of
	// them there were.
	Name string
	// Field is the ECS field in which alerts and summaries list the values,
	// or "".
	Field string
	// Novel: an event with a value that was not let out yet is not suppressed.
	Novel bool
	// Summarized: summaries count and list the values.
	Summarized bool
}

// The attributes that events of all sources have, after those of their own.
var commonAttributes = []Attribute{
	{Name: "addresses", Novel: true},
	{Name: "users", Field: "related.user", Summarized: true},
}

// facts are the fields that Describe reads of every event.
type facts struct{ time, id, dataset, address *Field }

// describeWith prepares Describe.
func (s *Schema) describeWith() {
	s.facts = facts{s.Field("@timestamp"), s.Field("event.id"), s.Field("event.dataset"), s.Field("source.address")}
	for _, source := range s.sources {
		s.identity = append(s.identity, s.FieldsNamed(source.Identity))
		s.asks = append(s.asks, s.FieldsNamed(source.Asks))
	}
}

// Attributes returns the attributes of the events of a source, in the order of
// [Subject.Values].
func (s *Schema) Attributes(source *Source) []Attribute {
	return append(slices.Clone(source.Attributes), commonAttributes...)
}

// sourceOf returns the source that describes the event: its own, or for a
// document in ECS form that of its dataset, or else the first one.
func (s *Schema) sourceOf(e *Event) int {
	if !e.IsOpen() {
		return int(e.source)
	}
	dataset := e.First(s.facts.dataset).Bytes()
	for i, source := range s.sources {
		if source.Dataset != "" && source.Dataset == string(dataset) {
			return i
		}
	}
	return 0
}

// Identity returns the fields that tell the event from all others.
func (s *Schema) Identity(e *Event) []*Field { return s.identity[s.sourceOf(e)] }

// Describe describes the event. It uses the memory that the subject has.
func (s *Schema) Describe(e *Event, d *Subject) {
	i := s.sourceOf(e)
	source := s.sources[i]
	n := len(source.Attributes)
	*d = Subject{
		Source:    source,
		Time:      ParseTime(e.First(s.facts.time)),
		Values:    slices.Grow(d.Values[:0], n+len(commonAttributes))[:n+len(commonAttributes)],
		Fields:    d.Fields[:0],
		Integrity: d.Integrity[:0],
	}
	for i := range d.Values {
		d.Values[i] = d.Values[i][:0]
	}
	if source.Describe != nil {
		source.Describe(e, s.asks[i], d)
	}
	d.add(n, e.First(s.facts.address).Bytes())
	d.add(n+1, d.Actor)
	if e.HasDuplicates() {
		d.Integrity = append(d.Integrity, "duplicate_key")
	}
	if len(e.Values(s.facts.id)) == 0 {
		d.Integrity = append(d.Integrity, "missing_event_id")
	}
	if d.Time.IsZero() {
		d.Integrity = append(d.Integrity, "missing_event_time")
	}
}

func (d *Subject) add(attribute int, value []byte) {
	if len(value) > 0 {
		d.Values[attribute] = append(d.Values[attribute], value)
	}
}
