// Package limit caps how many alerts of a rule come out in an interval, and
// keeps account of the rest for the one summary alert that takes their place.
package limit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is at most Max alerts in each interval Per. A Max of 0 is no cap.
type Rate struct {
	Max int
	Per time.Duration
}

// ParseRate reads "100/5m", or "0" for no cap.
func ParseRate(text string) (Rate, error) {
	if text == "0" {
		return Rate{}, nil
	}
	count, per, ok := strings.Cut(text, "/")
	if !ok {
		return Rate{}, errors.New(`want a count and an interval such as "100/5m", or "0" for no cap`)
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return Rate{}, fmt.Errorf("%q is no count: want a whole number from 1 on", count)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < time.Second {
		return Rate{}, fmt.Errorf("%q is no interval: want a duration from 1s on, such as 5m", per)
	}
	return Rate{Max: n, Per: d}, nil
}

// String returns the rate as ParseRate reads it.
func (r Rate) String() string {
	if r.Max == 0 {
		return "0"
	}
	return strconv.Itoa(r.Max) + "/" + shortDuration(r.Per)
}

// shortDuration prints 5m0s as 5m.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Cap counts the alerts of one rule. The interval begins with the first alert
// and is measured on the monotonic clock of arrivals. It has no lock.
type Cap struct {
	rate  Rate
	begin time.Time
	count int
	held  Held
}

// Held is what a cap held back in one interval.
type Held struct {
	Begin, End  time.Time // of the interval, by arrival
	Count       int
	First, Last time.Time // of the events, by their own time; zero when none had one
	Instances   Distinct
	Keys        Distinct
	Users       Distinct
}

// New returns a cap of that rate.
func New(r Rate) *Cap { return &Cap{rate: r} }

// Rate returns the rate of the cap.
func (c *Cap) Rate() Rate { return c.rate }

// Take counts one alert that arrives now and says whether it may come out.
// Due must have been asked before: Take does not end an interval.
func (c *Cap) Take(now time.Time) bool {
	if c.rate.Max == 0 {
		return true
	}
	if c.begin.IsZero() {
		c.begin, c.count = now, 0
	}
	c.count++
	return c.count <= c.rate.Max
}

// Hold takes note of an alert that Take did not let out: when the event was,
// and what it was about.
func (c *Cap) Hold(at time.Time, instance, key, user string) {
	h := &c.held
	h.Count++
	if !at.IsZero() {
		if h.First.IsZero() || at.Before(h.First) {
			h.First = at
		}
		if at.After(h.Last) {
			h.Last = at
		}
	}
	h.Instances.add(instance)
	h.Keys.add(key)
	h.Users.add(user)
}

// Due ends the interval when its time is up, or at once with force, and
// returns what was held back in it. It returns false when there was nothing.
func (c *Cap) Due(now time.Time, force bool) (Held, bool) {
	if c.begin.IsZero() || !force && now.Sub(c.begin) < c.rate.Per {
		return Held{}, false
	}
	h := c.held
	h.Begin, h.End = c.begin, now
	c.begin, c.count, c.held = time.Time{}, 0, Held{}
	return h, h.Count > 0
}

// Next returns when the interval in hand ends, and false when there is none.
func (c *Cap) Next() (time.Time, bool) {
	return c.begin.Add(c.rate.Per), !c.begin.IsZero()
}

// maxNames is how many distinct names are kept; more are counted only as more.
const maxNames = 64

// Distinct collects distinct names, the first of them by name.
type Distinct struct {
	Names []string
	More  bool // there were others besides
}

func (d *Distinct) add(name string) {
	if name == "" {
		return
	}
	for _, n := range d.Names {
		if n == name {
			return
		}
	}
	if len(d.Names) == maxNames {
		d.More = true
		return
	}
	d.Names = append(d.Names, name)
}

// SetRate changes the rate. The interval in hand ends after the new one's
// time.
func (c *Cap) SetRate(r Rate) { c.rate = r }
