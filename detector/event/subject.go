package event

import (
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Subject is what suppression, summaries and alerts have to know of an event
// besides its plain fields. Its texts alias the event.
type Subject struct {
	Source *Source
	Time   time.Time // of the event, zero when it cannot be read
	// RecordTime is the time of the record that has the event. It stands for that of
	// an event without a time, which some shippers move from the event to the record.
	// Describe keeps it; zero: there is none.
	RecordTime time.Time
	// Actor is who caused the event, by the best name that it has.
	Actor []byte
	// Principal is the identity behind the event in a form that its bearer
	// cannot choose: the role, not the session. Empty when nothing tells it.
	Principal []byte
	// Values are the values of each attribute of the schema, for this source.
	Values [][][]byte
	Fields []SubjectField
	// Remark is what any sentence about the event has to say, if there is something: in
	// a few words, such as "for the serial console".
	Remark string
	// Integrity says what is odd about the event.
	Integrity []string
	// Truncated names the fields of which the subject or Known do not have all values.
	Truncated []string
	// Known are the values of the fields of [Schema.Known]. They are valid as
	// long as the event is.
	Known [][]msgpack.Value
}

// SubjectField is a field of alerts that the event's view does not have.
type SubjectField struct {
	Name string
	Text []byte
	// Texts are all values, of which Text is the first, if there are several.
	Texts [][]byte
	Time  time.Time // if there is no text
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
	attributeAddresses:  {Name: "addresses", Novel: true},
	attributePrincipals: {Name: "principals", Novel: true},
	attributeUsers:      {Name: "users", Field: "related.user", Summarized: true},
	attributeActions:    {Name: "actions", Field: "event.action", Summarized: true},
}

const (
	attributeAddresses = iota
	attributePrincipals
	attributeUsers
	attributeActions
)

// facts are the fields that Describe reads of every event, behind those that the
// source asks for.
var facts = []string{factTime: "@timestamp", factID: "event.id", factAddress: "source.address", factAction: "event.action"}

const (
	factTime = iota
	factID
	factAddress
	factAction
)

// describeWith prepares Describe.
func (s *Schema) describeWith() {
	s.stream = newStreamFields(s)
	for _, source := range s.sources {
		s.identity = append(s.identity, s.fieldLists(source.Identity))
		var scoped [][]*Field
		if n := len(source.Identity); n > 0 {
			scoped = s.fieldLists(append(slices.Clone(source.IDScope), source.Identity[n-1]))
		}
		s.scopedID = append(s.scopedID, scoped)
		s.known = append(s.known, s.NewFieldSet(s.FieldsNamed(slices.Concat(source.Asks, facts))))
	}
}

func (s *Schema) fieldLists(lists [][]string) (fields [][]*Field) {
	for _, names := range lists {
		fields = append(fields, s.FieldsNamed(names))
	}
	return fields
}

// Known returns the fields whose values [Schema.Describe] finds for a source.
func (s *Schema) Known(source *Source) []*Field {
	return s.known[slices.Index(s.sources, source)].fields
}

// Attributes returns the attributes of the events of a source, in the order of
// [Subject.Values].
func (s *Schema) Attributes(source *Source) []Attribute {
	return append(slices.Clone(source.Attributes), commonAttributes...)
}

// sourceOf returns the source that describes the event: its own, or for a
// document in ECS form that of its dataset, its own if the dataset is of none, or the first
// one if it has no dataset.
func (s *Schema) sourceOf(e *Event) int {
	if !e.IsOpen() {
		return int(e.source)
	}
	dataset := e.DataSet()
	for i, source := range s.sources {
		if source.Dataset != "" && source.Dataset == string(dataset) {
			return i
		}
	}
	if len(dataset) > 0 && len(s.identity[e.source]) > 0 {
		return int(e.source)
	}
	return 0
}

// TooManyValues is what [Subject.Integrity] has of an event that is [Event.TooMany].
const TooManyValues = "too_many_values"

// Describe describes the event. It uses the memory that the subject has.
func (s *Schema) Describe(e *Event, d *Subject) {
	i := s.sourceOf(e)
	source := s.sources[i]
	n := len(source.Attributes)
	d.Known = resize(d.Known, len(s.known[i].fields))
	clear(d.Known)
	d.Truncated = d.Truncated[:0]
	fields := s.known[i].fields
	e.Visit(s.known[i], func(i int, values []msgpack.Value) {
		if d.Known[i] = values; e.IsCut() {
			d.Truncated = append(d.Truncated, fields[i].Name)
		}
	})
	asked, facts := d.Known[:len(source.Asks)], d.Known[len(source.Asks):]
	*d = Subject{
		Source:    source,
		Time:      ParseTime(first(facts[factTime])),
		Values:    resize(d.Values, n+len(commonAttributes)),
		Fields:    d.Fields[:0],
		Integrity: d.Integrity[:0],
		Truncated: d.Truncated,
		Known:     d.Known,

		RecordTime: d.RecordTime,
	}
	hasTime := !d.Time.IsZero()
	if len(facts[factTime]) == 0 {
		d.Time = d.RecordTime
	}
	for i := range d.Values {
		d.Values[i] = d.Values[i][:0]
	}
	if source.Describe != nil {
		source.Describe(e, asked, d)
	}
	d.add(n+attributeAddresses, first(facts[factAddress]).Bytes())
	d.add(n+attributePrincipals, d.Principal)
	d.add(n+attributeUsers, d.Actor)
	for _, action := range facts[factAction] {
		d.add(n+attributeActions, action.Bytes())
	}
	if e.HasDuplicates() {
		d.Integrity = append(d.Integrity, "duplicate_key")
	}
	if e.TooMany() {
		d.Integrity = append(d.Integrity, TooManyValues)
	}
	var room [64]byte
	if ids := facts[factID]; len(ids) == 0 || len(AppendScalar(room[:0], ids[0])) == 0 {
		d.Integrity = append(d.Integrity, "missing_event_id")
	}
	if !hasTime {
		d.Integrity = append(d.Integrity, "missing_event_time")
	}
}

// resize returns a slice of that length in the memory of list, if it is large
// enough.
func resize[T any](list []T, n int) []T { return slices.Grow(list[:0], n)[:n] }

func first(values []msgpack.Value) msgpack.Value {
	if len(values) == 0 {
		return msgpack.Value{}
	}
	return values[0]
}

func (d *Subject) add(attribute int, value []byte) {
	if len(value) > 0 {
		d.Values[attribute] = append(d.Values[attribute], value)
	}
}

// Release forgets the event, and keeps the memory of the lists.
func (d *Subject) Release() {
	clear(d.Known[:cap(d.Known)])
	clear(d.Fields[:cap(d.Fields)])
	clear(d.Integrity[:cap(d.Integrity)])
	for _, values := range d.Values[:cap(d.Values)] {
		clear(values[:cap(values)])
	}
	*d = Subject{Known: d.Known[:0], Values: d.Values[:0], Fields: d.Fields[:0], Integrity: d.Integrity[:0]}
}

// Schema returns the schema that the event is read with.
func (e *Event) Schema() *Schema { return e.schema }
