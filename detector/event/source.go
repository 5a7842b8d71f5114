package event

import (
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Source is a kind of event: how it is recognized, which fields it has, and
// what identifies and describes an event of it. A Source never changes.
type Source struct {
	// Name is what the source is called in messages.
	Name string
	// Dataset and Module are event.dataset and event.module of its events.
	// Documents in ECS form with that dataset are described by this source.
	Dataset, Module string
	// Indices are patterns of the indices in which Elastic keeps its events: rules name
	// these. Nil: the data stream of its dataset. Documents in ECS form name them themselves.
	Indices []string
	// Cloud is the provider of the cloud that the events are from, as OCSF
	// spells it, or "".
	Cloud string
	// Open: events can have fields that no table has, by their own names.
	Open bool

	// Marks are the members of which one is at the top of every event, and
	// Reads those that Recognize looks at besides.
	Marks, Reads Set
	// Own are the members that an event defines itself: no other event is
	// looked for below them.
	Own Set
	// Recognize decides about a map that has one of the marks. It is called
	// for most records and must be quick.
	Recognize func(*Event) Verdict

	// Expected is a member that every event has, by its own spelling. Flattened
	// are the members that other programs flatten, or write as JSON text if they are not
	// marks. Respell appends the event with the names that the source gives, if other
	// programs have flattened, prefixed or otherwise respelled them, and reports whether
	// they have. It is called for maps that no source recognizes, and for events when one
	// of the flattened members is asked for and does not exist, or is a text.
	Expected  Member
	Flattened Set
	Respell   func(e *Event, dst []byte) (out []byte, ok bool)
	// Hint is in the text of every event that is written as JSON: other text is
	// not decoded. Names are those by which text that is broken is told to be
	// an event that was cut short.
	Hint  string
	Names []string

	// Fields is the ECS view of an event.
	Fields []Definition
	// Rest are objects of the view whose members are fields by their own names unless
	// a row of the table takes them, and the member of the event that each is.
	Rest map[string]string
	// Named returns the definition of a field that is not in the table, and false if no
	// event has it; nil: there are none. Its members must be those of the table.
	Named func(field string) (Definition, bool)
	// Objects write those objects of the view that are not plain maps of their
	// fields, by name.
	Objects map[string]func(e *Event, dst []byte) (out []byte, ok bool)
	// CallerControlled reports whether who causes an event chooses what the
	// field holds; nil: nobody does.
	CallerControlled func(field string) bool
	// CallerCanMatch reports whether who causes an event can choose a part of what
	// the field holds so that the pattern fits, whoever else it is; nil: he cannot.
	CallerCanMatch func(field string, pattern []string) bool
	// Elsewhere says of fields that the events do not have, or of values that a field
	// never has, why, as a clause behind "which"; "" if nothing is known about it.
	Elsewhere func(field string) string
	// Escapes are texts. A record has at least one of them if a text of an event of this
	// source is written differently in the record. They do not include JSON's escapes, or
	// what envelopes do to a text.
	Escapes []string

	// Raw is for rules that name the members of the source's own records; nil: there
	// are none.
	Raw *Raw

	// Identity names the fields that tell an event from all others, the event's
	// ID last. Of each list the first field that has a value counts.
	Identity [][]string
	// IDScope names the fields within whose values an event's ID is unique, as in
	// Identity.
	IDScope [][]string
	// Object names the fields with what an event was about, in the order of
	// preference, and Failure those that say why it failed.
	Object, Failure []string
	// Asks names the fields whose values Describe gets.
	Asks []string
	// Describe adds to the subject what the source knows. asked are the values of
	// each field of Asks. It is called for events that a rule matched.
	Describe func(e *Event, asked [][]msgpack.Value, s *Subject)
	// Activity reads what a history of actors has to know of an event, and Caller who
	// caused it; nil: there is no history of such events. They are called for every event
	// while a history is kept.
	Activity func(e *Event, a *Activity) bool
	Caller   func(e *Event, a *Activity)
	// Attributes are the attributes that Describe gives, in this order.
	Attributes []Attribute
	// AlertFields names the fields that Describe gives alerts besides those of
	// the view.
	AlertFields []string
	// Blocks are objects that alerts take over as they are: what documents in ECS form
	// have besides ECS, by the names of their integrations.
	Blocks []string
}

// Verdict is what a source says of a map.
type Verdict uint8

// The verdicts.
const (
	// Foreign is a map that is not an event of the source.
	Foreign Verdict = iota
	// Recognized is an event of the source.
	Recognized
	// Incomplete looks like an event of the source and lacks what every event
	// has.
	Incomplete
	// Ours is a record that a detector made. It is never evaluated.
	Ours
)

// Definition is a row of a source's table: how a field follows from an event.
// Without Derive, Constant and Kept it is the value at From as it is; members
// that are empty do not exist.
type Definition struct {
	Name     string
	Type     Type
	From     string // a member, dotted below the first name
	Also     string // a second place below the same member, whose values count as well
	Derive   Derive // where a copy will not do
	Constant string
	// Inside: every text that Derive gives is below the members of From and Reads, as
	// it is.
	Inside bool
	// List: documents in ECS form have the field as a list, also of one value.
	List bool
	// RulesOnly: alerts do not have the field, since it says in other words what
	// their other fields say.
	RulesOnly bool
	// Never are texts that no event has in the field although rules may ask for them.
	Never []string
	// Verbatim: every text that Derive gives is a text of the event or a part
	// of one.
	Verbatim bool
	// FewValues: the field has few different values, each of them in many events,
	// so that a condition on it rarely decides.
	FewValues bool
	// Unordered: the field is an object as text, {a=1, b=[2, 3]}, whose members
	// may be in any order.
	Unordered bool
	// Without returns the name of a member of an object that another field has taken
	// from it in this event, or "": it is not in the object. For flattened objects that
	// are a member as a whole.
	Without func(e *Event) string
	// Reads are the members that Derive looks at, besides that in From.
	Reads []string
	// Lacking: what Derive looks the values up in is not there, so that events do not
	// have the field unless it was added to the record.
	Lacking bool
	// Kept is the place, from 1 on, of values that Recognize found: see
	// [Event.Keep].
	Kept int
}

// Derive returns the values of a field of an event. The place is that of the
// definition. What it returns is only read, and valid as long as the event is.
type Derive func(e *Event, p Place) []msgpack.Value

// Place is a place in an event: a member, and a dotted path below it or "".
type Place struct {
	Member Member
	Below  string
}

// PlaceOf returns the place that a dotted name means. Like MemberNamed it is
// for the initialization of packages.
func PlaceOf(dotted string) Place {
	top, below, _ := strings.Cut(dotted, ".")
	return Place{MemberNamed(top), below}
}

func (d *Definition) way() way {
	w := way{derive: d.Derive, kept: int8(d.Kept), leaves: d.Type == TypeFlattened}
	if d.Constant != "" {
		w.constant = []msgpack.Value{msgpack.TextOf([]byte(d.Constant))}
	}
	if d.From != "" {
		w.Place = PlaceOf(d.From)
		w.reads = SetOf(w.Member)
	}
	if d.Also != "" {
		w.also = PlaceOf(d.Also)
	}
	w.never, w.without, w.lacking = d.Never, d.Without, d.Lacking
	w.reads = w.reads.Union(SetNamed(d.Reads...))
	if d.Inside {
		for _, name := range d.Reads {
			w.inside = append(w.inside, MemberNamed(name))
		}
	}
	copies := w.Member != None && w.derive == nil
	w.plain = copies && w.Below == ""
	w.nested = copies && w.Below != "" || w.Member != None && d.Inside
	return w
}

// verbatim reports whether every text that the way gives is in the event.
func (w *way) verbatim(d *Definition) bool {
	return w.constant == nil && (w.derive == nil || d.Verbatim)
}
