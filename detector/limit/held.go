package limit

import "time"

// Subject is what a held back event was about. What is not known is empty.
type Subject struct {
	At        time.Time // eventTime
	Instance  string
	Key       string // fingerprint
	OSUser    string
	Source    string // address
	User      string // who did it
	Principal string // the identity that cannot be chosen by who has it: the role, not the session
}

// Held is what was held back in an interval.
type Held struct {
	Begin, End  time.Time // of the interval, by arrival
	Count       int
	First, Last time.Time // of the events, by their own time; zero when none had one
	Instances   Distinct
	Keys        Distinct
	Users       Distinct
}

// note adds an event.
func (h *Held) note(s Subject) {
	h.Count++
	if !s.At.IsZero() {
		if h.First.IsZero() || s.At.Before(h.First) {
			h.First = s.At
		}
		if s.At.After(h.Last) {
			h.Last = s.At
		}
	}
	h.Instances.add(s.Instance)
	h.Keys.add(s.Key)
	h.Users.add(s.User)
}

// maxNames is how many distinct names are kept; more are counted only as more.
const maxNames = 64

// Distinct collects distinct names, the first of them by name.
type Distinct struct {
	Names []string
	More  bool // there were others besides
}

// add adds a name, unless it is empty, and reports whether it is there now.
func (d *Distinct) add(name string) bool {
	switch {
	case name == "" || d.has(name):
	case len(d.Names) == maxNames:
		d.More = true
		return false
	default:
		// The copy that a transaction goes back to shares the array.
		d.Names = append(d.Names[:len(d.Names):len(d.Names)], name)
	}
	return true
}

func (d *Distinct) has(name string) bool {
	for _, n := range d.Names {
		if n == name {
			return true
		}
	}
	return false
}
