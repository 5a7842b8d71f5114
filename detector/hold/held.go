package hold

import (
	"slices"
	"time"
)

// Attribute is a named value of an event.
type Attribute struct {
	Name, Value string
	// Novel: an alert whose value its group has not let out in the window yet is
	// let out, so that nobody can hide a second machine behind the first.
	Novel bool
	// Summarized: summaries list the values of this name.
	Summarized bool
}

// Subject is what an event is about.
type Subject struct {
	Time time.Time // of the event; zero when it has none
	// Principal is the identity behind the event in a form that its bearer cannot
	// choose: the role, not the session.
	Principal  string
	Attributes []Attribute // those without a value may be left out
}

// Held is what was held back in an interval.
type Held struct {
	Begin, End  time.Time // of the interval, by arrival
	Count       int
	First, Last time.Time  // of the events, by their own time; zero when none had one
	Attributes  []Distinct // the summarized ones
}

// Attribute returns the distinct values of the attribute with that name.
func (h *Held) Attribute(name string) Distinct {
	for _, d := range h.Attributes {
		if d.Name == name {
			return d
		}
	}
	return Distinct{Name: name}
}

// add adds an event. It writes to no memory that a copy of h shares.
func (h *Held) add(s *Subject) {
	h.Count++
	if !s.Time.IsZero() {
		if h.First.IsZero() || s.Time.Before(h.First) {
			h.First = s.Time
		}
		if s.Time.After(h.Last) {
			h.Last = s.Time
		}
	}
	h.Attributes = slices.Clone(h.Attributes)
	for _, a := range s.Attributes {
		if a.Summarized {
			h.Attributes = addValue(h.Attributes, a)
		}
	}
}

// setMore notes that an attribute has values that are not kept. Like add it writes to
// no memory that a copy of h shares.
func (h *Held) setMore(name string) {
	i := slices.IndexFunc(h.Attributes, func(d Distinct) bool { return d.Name == name })
	switch {
	case i < 0:
		h.Attributes = append(slices.Clip(h.Attributes), Distinct{Name: name, More: true})
	case !h.Attributes[i].More:
		h.Attributes = slices.Clone(h.Attributes)
		h.Attributes[i].More = true
	}
}

// maxValues is the maximum number of distinct values that are kept.
const maxValues = 64

// Distinct collects the distinct values of one attribute: the first maxValues.
type Distinct struct {
	Name   string
	Values []string
	More   bool // there were others
}

func (d *Distinct) has(value string) bool { return slices.Contains(d.Values, value) }

// add adds a value, unless it is empty. It writes to no memory that a copy of d
// shares.
func (d *Distinct) add(value string) {
	switch {
	case value == "" || d.has(value):
	case len(d.Values) == maxValues:
		d.More = true
	default:
		d.Values = append(d.Values[:len(d.Values):len(d.Values)], value)
	}
}

// addValue adds the value of an attribute to the one of list with its name.
func addValue(list []Distinct, a Attribute) []Distinct {
	for i := range list {
		if list[i].Name == a.Name {
			list[i].add(a.Value)
			return list
		}
	}
	if a.Value == "" {
		return list
	}
	return append(list, Distinct{Name: a.Name, Values: []string{a.Value}})
}
