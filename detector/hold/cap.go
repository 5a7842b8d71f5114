package hold

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// MaxPrincipals is the maximum number of principals that are told apart in an
// interval of a rule.
const MaxPrincipals = 10_000

// Caps limit the alerts of each rule in an interval, which begins with the first
// alert.
//
// One principal may use a cap up, but not for others: each of them has a tenth of
// it for itself, one alert at least. So up to MaxPrincipals the first alert of each
// always comes out. When alerts of further principals were held back, what was held
// back has the attribute [Unnamed].
type Caps struct {
	rules map[string]*ruleCap // by rule ID
	open  queue[capsTx, *capsTx]
	// removed are keys of rules that are no longer loaded, which the next
	// transaction deletes from the store.
	removed [][]byte
}

// ruleCap is the state of the cap of one rule.
type ruleCap struct {
	rate       Rate
	begin      time.Time            // of the interval; zero: none has begun
	out        int                  // alerts let out in the interval
	principals map[principal]uint32 // how many of each
	held       Held
}

// principal is a digest of a principal: of however many an interval has, each takes
// the same room. Nobody can choose a name that counts as that of another.
type principal [16]byte

func principalOf(name string) principal {
	sum := sha256.Sum256([]byte(name))
	return principal(sum[:16])
}

// Unnamed is an attribute of what was held back that has no values: by
// [Distinct.More] it says that principals beyond [MaxPrincipals] are among those
// behind it, of whom no alert came out.
const Unnamed = "unnamed principals"

type capsTx struct {
	saved   []savedCap
	removed [][]byte
}

// savedCap is a cap as it was when a transaction touched it first. It shares the
// map of principals with the cap as it is now, unless the interval has ended.
type savedCap struct {
	rule  string
	cap   *ruleCap
	was   ruleCap
	ended bool        // the interval has
	taken []principal // the principals that were let out since, in this interval
}

func (t *capsTx) reset() {
	clear(t.saved)
	t.saved, t.removed = t.saved[:0], nil
}

// NewCaps returns caps of no rules.
func NewCaps() *Caps { return &Caps{rules: map[string]*ruleCap{}} }

// Dropped is what a rule held back that is no longer loaded.
type Dropped struct {
	Held
	Rule string // its ID
}

// SetRates sets the rates of the rules, by ID. An interval that has begun ends after
// the time of the new rate. It returns what other rules have held back.
func (c *Caps) SetRates(rates map[string]Rate) (dropped []Dropped) {
	for id, rate := range rates {
		c.rule(id).rate = rate
	}
	for id, old := range c.rules {
		if _, ok := rates[id]; ok {
			continue
		}
		if old.held.Count > 0 {
			dropped = append(dropped, Dropped{old.report(time.Time{}), id})
		}
		if !old.begin.IsZero() {
			c.removed = append(c.removed, headKey(id))
			for p := range old.principals {
				c.removed = append(c.removed, principalKey(id, p))
			}
		}
		delete(c.rules, id)
	}
	return dropped
}

func (c *Caps) rule(id string) *ruleCap {
	r := c.rules[id]
	if r == nil {
		r = &ruleCap{}
		c.rules[id] = r
	}
	return r
}

// Rate returns the rate of the rule.
func (c *Caps) Rate(rule string) Rate { return c.rule(rule).rate }

// Take counts an alert of the rule that arrives now and reports whether it may come
// out. If not, the alert is held back. Due must have been called before: Take does
// not end an interval.
func (c *Caps) Take(rule string, subject func() *Subject, name string, now time.Time) bool {
	r := c.rule(rule)
	if r.rate.Max == 0 {
		return true
	}
	s := c.save(rule)
	if r.begin.IsZero() {
		r.begin, r.principals = now, map[principal]uint32{}
		s.ended = true
	}
	p := principalOf(name)
	used, known := r.principals[p]
	own := known || len(r.principals) < MaxPrincipals
	if r.out >= r.rate.Max && (!own || int(used) >= max(r.rate.Max/10, 1)) {
		r.held.add(subject())
		if !own {
			r.held.setMore(Unnamed)
		}
		return false
	}
	r.out++
	if own {
		r.principals[p]++
		s.taken = append(s.taken, p)
	}
	return true
}

// Due ends the interval of the rule when its time is up, and returns what was held
// back in it. With force, it returns what was held back up to now, and the interval
// continues. It returns false when there was nothing.
func (c *Caps) Due(rule string, now time.Time, force bool) (Held, bool) {
	r := c.rule(rule)
	over := !r.begin.IsZero() && now.Sub(r.begin) >= r.rate.Per
	if !over && !(force && r.held.Count > 0) {
		return Held{}, false
	}
	s := c.save(rule)
	h := r.report(now)
	if over {
		s.ended = true
		r.begin, r.out, r.principals, r.held = time.Time{}, 0, nil, Held{}
	} else {
		r.held = Held{Begin: now}
	}
	return h, h.Count > 0
}

// report returns what was held back since the interval began, or since the last
// report in it.
func (r *ruleCap) report(now time.Time) Held {
	h := r.held
	h.End = now
	if h.Begin.IsZero() {
		h.Begin = r.begin
	}
	return h
}

// Next returns when the first interval ends, and false when none has begun.
func (c *Caps) Next() (time.Time, bool) {
	var next time.Time
	for _, r := range c.rules {
		if end := r.begin.Add(r.rate.Per); !r.begin.IsZero() && (next.IsZero() || end.Before(next)) {
			next = end
		}
	}
	return next, !next.IsZero()
}

// save returns the cap as it was before the newest transaction.
func (c *Caps) save(rule string) *savedCap {
	t := c.open.newest()
	r := c.rules[rule]
	for i := range t.saved {
		if t.saved[i].cap == r {
			return &t.saved[i]
		}
	}
	t.saved = append(t.saved, savedCap{rule: rule, cap: r, was: *r})
	return &t.saved[len(t.saved)-1]
}

// Begin begins a transaction.
func (c *Caps) Begin() { c.open.begin() }

// Commit makes the oldest transaction final.
func (c *Caps) Commit() { c.open.removeOldest() }

// Rollback undoes the newest transaction.
func (c *Caps) Rollback() {
	t := c.open.newest()
	for _, s := range t.saved {
		if !s.ended {
			for _, p := range s.taken {
				if s.was.principals[p]--; s.was.principals[p] == 0 {
					delete(s.was.principals, p)
				}
			}
		}
		*s.cap = s.was
	}
	c.removed = append(t.removed, c.removed...)
	c.open.removeNewest()
}

// Space returns the name of the space of caps.
func (c *Caps) Space() string { return "caps" }

// An entry of a rule is its interval; one of a principal in it is how many alerts of
// the principal were let out. They sort in this order.
const (
	headEntry      = 0
	principalEntry = 1
)

func headKey(rule string) []byte { return append([]byte{headEntry}, rule...) }

func principalKey(rule string, p principal) []byte {
	return append(append(append([]byte{principalEntry}, rule...), 0), p[:]...)
}

// Changes appends the caps that the newest transaction has changed.
func (c *Caps) Changes(dst []Change) []Change {
	t := c.open.newest()
	if len(t.saved) == 0 {
		return dst
	}
	remove := func(key []byte) {
		dst = append(dst, Change{Space: c.Space(), Key: key, Delete: true})
	}
	t.removed, c.removed = c.removed, nil
	for _, key := range t.removed {
		remove(key)
	}
	for _, s := range t.saved {
		if s.ended {
			for p := range s.was.principals {
				if _, again := s.cap.principals[p]; !again {
					remove(principalKey(s.rule, p))
				}
			}
		}
		r := s.cap
		if r.begin.IsZero() {
			remove(headKey(s.rule))
			continue
		}
		end := r.begin.Add(r.rate.Per)
		head := Change{Space: c.Space(), Key: headKey(s.rule), Value: r.encode(), Expires: end}
		if r.held.Count > 0 {
			head.Expires = end.Add(keepHeld)
		}
		dst = append(dst, head)
		slices.SortFunc(s.taken, func(a, b principal) int { return bytes.Compare(a[:], b[:]) })
		for _, p := range slices.Compact(slices.Clone(s.taken)) {
			value := binary.AppendUvarint(appendTime([]byte{encoding}, r.begin), uint64(r.principals[p]))
			dst = append(dst, Change{Space: c.Space(), Key: principalKey(s.rule, p), Value: value, Expires: end})
		}
	}
	return dst
}

func (r *ruleCap) encode() []byte {
	b := binary.AppendUvarint(appendTime([]byte{encoding}, r.begin), uint64(r.out))
	return appendHeld(b, &r.held)
}

// Restore adds an interval, or how many alerts of a principal were let out in it.
func (c *Caps) Restore(key, value []byte, _ time.Time) bool {
	d := newDecoder(value)
	begin, n := d.time(), d.int()
	if now := time.Now(); begin.After(now) { // the clock was set back
		begin = now
	}
	switch {
	case d.failed || len(key) == 0:
		return false
	case key[0] == headEntry:
		held := d.held()
		if !d.ok() {
			return false
		}
		r := c.rule(string(key[1:]))
		r.begin, r.out, r.principals, r.held = begin, n, map[principal]uint32{}, held
		return true
	}
	rule, rest, ok := bytes.Cut(key[1:], []byte{0})
	if !ok || key[0] != principalEntry || !d.ok() {
		return false
	}
	p := principalOf(string(rest)) // earlier versions stored the name
	if len(rest) == len(p) {
		p = principal(rest)
	}
	if r := c.rules[string(rule)]; r != nil && r.begin.Equal(begin) { // else of an interval that has ended
		r.principals[p] = uint32(n)
	}
	return true
}
