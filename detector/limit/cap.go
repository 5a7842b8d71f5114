package limit

import "time"

// maxPrincipals is how many principals are told apart in an interval.
const maxPrincipals = 1024

// Cap counts the alerts of one rule. The interval begins with the first alert.
//
// One principal may use the cap up, but not for others: each of them has a
// tenth of it for itself, one alert at least. So up to 1,024 principals the
// first alert of each always comes out.
type Cap struct {
	rate       Rate
	begin      time.Time
	out        int            // alerts let out in the interval
	principals map[string]int // how many of each
	interval   int            // counts the maps of principals
	taken      []string       // the principals let out since Save
	held       Held
}

// New returns a cap of that rate.
func New(r Rate) *Cap { return &Cap{rate: r} }

// Rate returns the rate of the cap.
func (c *Cap) Rate() Rate { return c.rate }

// SetRate changes the rate. The interval in hand ends after the new one's
// time.
func (c *Cap) SetRate(r Rate) { c.rate = r }

// Take counts one alert of that principal that arrives now and reports whether it
// may come out. Due must have been asked before: Take does not end an interval.
func (c *Cap) Take(now time.Time, principal string) bool {
	if c.rate.Max == 0 {
		return true
	}
	if c.begin.IsZero() {
		c.begin, c.out, c.principals = now, 0, map[string]int{}
		c.interval++
	}
	used, known := c.principals[principal]
	own := known || len(c.principals) < maxPrincipals
	if c.out >= c.rate.Max && (!own || used >= max(c.rate.Max/10, 1)) {
		return false
	}
	c.out++
	if own {
		c.principals[principal]++
		c.taken = append(c.taken, principal)
	}
	return true
}

// Hold takes note of an alert that Take did not let out.
func (c *Cap) Hold(s Subject) { c.held.note(s) }

// Due ends the interval when its time is up, or at once with force, and
// returns what was held back in it. It returns false when there was nothing.
func (c *Cap) Due(now time.Time, force bool) (Held, bool) {
	if c.begin.IsZero() || !force && now.Sub(c.begin) < c.rate.Per {
		return Held{}, false
	}
	h := c.held
	h.Begin, h.End = c.begin, now
	c.begin, c.out, c.principals, c.held = time.Time{}, 0, nil, Held{}
	return h, h.Count > 0
}

// Next returns when the interval in hand ends, and false when there is none.
func (c *Cap) Next() (time.Time, bool) {
	return c.begin.Add(c.rate.Per), !c.begin.IsZero()
}

// Saved is a cap as it was.
type Saved struct{ was Cap }

// Save returns what Restore needs to undo all that happens from now on, if Due
// comes before Take in it. One Save is in force at a time.
func (c *Cap) Save() Saved {
	c.taken = c.taken[:0]
	return Saved{*c}
}

// Restore makes the cap what it was at Save.
func (c *Cap) Restore(s Saved) {
	if s.was.interval == c.interval {
		for _, p := range c.taken {
			if s.was.principals[p]--; s.was.principals[p] <= 0 {
				delete(s.was.principals, p)
			}
		}
	}
	*c = s.was
}
