package event

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Activity is what a history of actors has to know of an event. Its texts alias the event.
type Activity struct {
	Caller
	Provider, Action, Address, Region, Agent []byte

	Time   time.Time
	Failed bool
	// Identity are the bytes of the event from which the Caller follows and nothing else
	// does, nil if there are no such bytes.
	Identity []byte
	Issued   []byte // the ID of a temporary key that the caller got
	Pushes   bool   // it pushes keys to instances, as [Subject] has them
}

// Caller is who caused an event.
type Caller struct {
	// Actor is who it is, in a form that its bearer cannot choose; empty: nobody knows.
	Actor   []byte
	Account []byte // in which it happened
	Key     []byte // the ID of the key by which the caller is known
	// Anonymous: nobody vouches for who it is.
	Anonymous bool
}

// Activity reads what a history has to know of an event, apart from the caller if
// Identity is set, and reports whether its source tells it.
func (s *Schema) Activity(e *Event, a *Activity) bool {
	source := s.sources[s.sourceOf(e)]
	if source.Activity == nil {
		return false
	}
	*a = Activity{}
	return source.Activity(e, a)
}

// Caller reads who caused an event, of which Activity was asked for.
func (s *Schema) Caller(e *Event, a *Activity) {
	s.sources[s.sourceOf(e)].Caller(e, &a.Caller)
}

// Extent returns the bytes of the value of a member, nil if the event does not have it, or
// several times.
func (e *Event) Extent(m Member) []byte {
	if !e.find(m) || len(e.again) > 0 {
		return nil
	}
	return e.buf[e.offsets[m]:e.ends[m]]
}

// MemberText returns the first value of a member as text, nil if it is none.
func (e *Event) MemberText(m Member) []byte {
	if !e.find(m) {
		return nil
	}
	return e.FirstText(m)
}

// TextAt returns the first text at a place, nil if there is none.
func (e *Event) TextAt(p Place) []byte {
	if v := e.ValuesAt(p); len(v) > 0 {
		return v[0].Bytes()
	}
	return nil
}

// Clock is ParseTime for the time of most events, in the form 2006-01-02T15:04:05Z.
func Clock(v msgpack.Value) time.Time {
	if v.IsText() {
		if t, ok := clock(v.Bytes()); ok {
			return t
		}
	}
	return ParseTime(v)
}

func clock(b []byte) (t time.Time, ok bool) {
	const form = "0000-00-00T00:00:00Z"
	if len(b) != len(form) {
		return t, false
	}
	for i := range b {
		if c := form[i]; c == '0' && b[i]-'0' > 9 || c != '0' && b[i] != c {
			return t, false
		}
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	year, month, day, hour, minute, second := two(0)*100+two(2), two(5), two(8), two(11), two(14), two(17)
	if year < 1970 || month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 { // the rest is for ParseTime
		return t, false
	}
	return time.Unix(daysTo(year, month, day)*86400+int64(hour*3600+minute*60+second), 0), true
}

// daysTo returns how many days a date is after the beginning of 1970.
func daysTo(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return int64(365*year+year/4-year/100+year/400+(153*(month-3)+2)/5+day) - 719469
}
