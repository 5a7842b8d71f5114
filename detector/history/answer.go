package history

import "time"

// Window is how long before an alert calls are told.
const Window = 15 * time.Minute

// Context is what a history knows about an event. Counts are of what came before.
type Context struct {
	ActorID   string
	AssumedBy string // who got the temporary key that the call was made with; "": not known

	HasActor    bool      // what follows is known
	ActorFirst  time.Time // zero: never before
	ActorEvents int
	ActionFirst time.Time // zero: never before
	ActionLast  time.Time
	ActionCount int
	HasOthers   bool
	ActionBy    int // other actors
	New         []string
	HasUsual    bool
	Usual       bool

	HasAddress bool
	AddressBy  int // other actors
	HasBefore  bool
	Before     Calls
	Others     int // calls of others from the address

	Instances int    // that got the same SSH key; 0: it is no push
	Calendar  string // as the caller sets it

	State string
	Since time.Time // from when on all is known
}

// The states of what is known of an actor.
const (
	Learning = "learning"
	Known    = "known"
	Partial  = "partial"
)

const (
	learnFor    = 14 * day
	usualEvents = 20
)

// About returns what is known about an observation of the reader that is not added yet.
func (h *History) About(r *Reader, o *Observation) *Context {
	c := &Context{ActorID: string(r.actor)}
	if o.At == 0 {
		return c
	}
	c.Since = timeOf(h.meta.w[metaSince])
	if c.Since.IsZero() || o.At < h.meta.w[metaSince] {
		c.Since = timeOf(o.At)
	}
	if len(r.key) > 0 {
		c.AssumedBy = h.issuedTo(o.Key, r.key, o.At)
	}
	if o.extra > 0 {
		if pushed := r.extras[o.extra-1].pushed; len(pushed) > 0 {
			c.Instances = h.instances(pushed, o.At)
		}
	}
	from := o.At - min(o.At, uint32(Window/time.Second))
	actor := -1
	if o.Actor != 0 {
		if actor = h.findActor(o.Actor); actor >= 0 && h.isStale(actor, o.At) {
			actor = -1
		}
		c.State = Learning
		if actor >= 0 && h.actors.w[actor+actorFirst] <= o.At && uint64(o.At)-uint64(h.actors.w[actor+actorFirst]) >= learnFor {
			c.State = Known
		}
		c.HasActor = true
		h.aboutActor(c, actor, o)
		c.HasBefore = true
		c.Before = h.callsOf(uint32(o.Actor), from, o.At, 0, o.Matched, h.wideIn(o.Account, from, o.At))
	}
	if o.Address != 0 {
		c.HasAddress = true
		c.AddressBy = h.addressBy(actor, o)
		c.Others = h.others(uint32(o.Actor), uint32(o.Address), from, o.At)
	}
	if forgotten := h.forgottenOf(actor); forgotten > 0 && c.HasActor {
		c.State, c.Since = Partial, later(c.Since, timeOf(forgotten))
	}
	if oldest := h.recent.oldest(); oldest > from {
		c.State, c.Since = Partial, later(c.Since, timeOf(oldest))
	}
	return c
}

// forgottenOf returns the time before which something of an actor may have been
// forgotten, 0 if nothing was. An actor that is not there may have been.
func (h *History) forgottenOf(a int) uint32 {
	if a >= 0 {
		return h.actors.w[a+actorPartial]
	}
	return h.meta.w[metaForgotten]
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier returns the offset of a value of an actor that it had at that time or before,
// or -1.
func (h *History) earlier(a, kind int, digest uint64, at uint32) int {
	v := h.findValue(a, valueDigest(kind, digest))
	if v < 0 || h.values.w[v+valueFirst] > at {
		return -1
	}
	return v
}

func (h *History) aboutActor(c *Context, a int, o *Observation) {
	group := h.secret.mix(kindAction, o.Action, o.Account)
	if o.Action != 0 {
		c.HasOthers = true
		if g := h.findGroup(group); g >= 0 {
			c.ActionBy = int(h.groups.w[g+groupTotal])
		}
	}
	if a < 0 || h.actors.w[a+actorFirst] > o.At {
		c.New = []string{"actor"}
		if a >= 0 && h.hasGroup(a, kindAction, o.Action, group) {
			c.ActionBy--
		}
		return
	}
	c.ActorFirst, c.ActorEvents = timeOf(h.actors.w[a+actorFirst]), int(h.actors.w[a+actorEvents])
	if h.hasGroup(a, kindAction, o.Action, group) {
		c.ActionBy--
	}
	if v := h.earlier(a, kindAction, o.Action, o.At); v >= 0 && o.Action != 0 {
		c.ActionFirst, c.ActionLast, c.ActionCount = timeOf(h.values.w[v+valueFirst]), timeOf(h.values.w[v+valueLast]), int(h.values.w[v+valueCount]&maxCount)
	}
	c.New = []string{}
	for kind, digest := range [numKinds]uint64{kindAction: o.Action, kindAddress: o.Address, kindAS: o.AS, kindCountry: o.Country, kindClient: o.Client, kindRegion: o.Region, kindKey: o.Key} {
		if digest != 0 && h.earlier(a, kind, digest, o.At) < 0 {
			c.New = append(c.New, kindNames[kind])
		}
	}
	if c.ActorEvents >= usualEvents && o.At-h.actors.w[a+actorFirst] >= learnFor {
		word, bit := hourOf(o.At)
		c.HasUsual, c.Usual = true, h.actors.w[a+actorHours+word]&bit != 0
	}
}

// hasGroup reports whether an actor is in the group of an action in an account.
func (h *History) hasGroup(a, kind int, digest, group uint64) bool {
	for _, v := range [2]int{h.findValue(a, valueDigest(kind, digest)), h.findValue(a, valueDigest(kindAccount, group))} {
		if v >= 0 {
			if g := int(h.values.w[v+valueGroup]) - 1; g >= 0 && h.groups.get64(g*groupStride) == group {
				return true
			}
		}
	}
	return false
}

// addressBy returns how many other actors were at an address in the days before.
func (h *History) addressBy(a int, o *Observation) int {
	g := h.findGroup(h.secret.mix(kindAddress, o.Address, 0))
	if g < 0 {
		return 0
	}
	on := o.At / day
	n := h.recent7(g, on)
	if a >= 0 {
		if v := h.findValue(a, valueDigest(kindAddress, o.Address)); v >= 0 {
			if last := h.values.w[v+valueLast] / day; last <= on && on-last < days && int(h.values.w[v+valueGroup])-1 == g/groupStride {
				n--
			}
		}
	}
	return max(n, 0)
}
