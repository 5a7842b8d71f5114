package history

import "time"

// Observation is what a history keeps of an event: digests, 0 where there is nothing.
type Observation struct {
	At      uint32 // seconds since 1970; 0: it has no time
	Failed  bool
	Actor   uint64
	Account uint64
	Action  uint64 // of provider and action
	Address uint64
	AS      uint64
	Country uint64
	Client  uint64
	Region  uint64
	Key     uint64
	// Anonymous: nobody vouches for who the actor is.
	Anonymous bool
	// Matched tells which rule matches the event, 0 none, and Several more than one.
	Matched uint16

	name    int32 // where the name of the action is in the Reader
	nameLen uint8
	extra   int32 // in Reader.extras and one, or 0
}

// Several is [Observation.Matched] of an event that several rules match.
const Several = 1<<16 - 1

// keepFor is how long what nobody has done again is remembered, in seconds.
const keepFor = 90 * day

// Add adds an observation of the reader.
func (h *History) Add(r *Reader, o *Observation) {
	if o.At == 0 {
		return
	}
	h.set(&h.meta, metaTick, h.meta.w[metaTick]+1)
	if since := h.meta.w[metaSince]; since == 0 || o.At < since {
		h.set(&h.meta, metaSince, o.At)
	}
	if o.At > h.meta.w[metaNewest] {
		h.set(&h.meta, metaNewest, o.At)
	}
	name := h.names.number(r.name(o))
	h.addRecent(o, name)
	if o.Failed {
		return
	}
	if wide[h.names.text(name)] {
		h.addWide(o, name)
	}
	if o.extra > 0 {
		h.addExtra(o, &r.extras[o.extra-1])
	}
	if o.Actor == 0 || o.Anonymous {
		return
	}
	a := h.findActor(o.Actor)
	if a >= 0 && h.isStale(a, o.At) {
		h.forget(a)
		a = -1
	}
	if a < 0 {
		a = h.openActor(o.Actor, o.At)
	}
	if h.actors.w[a+actorEpoch] != h.epoch {
		h.actors.w[a+actorEpoch] = h.epoch
		h.changed = append(h.changed, o.Actor)
	}
	h.set(&h.actors, a+actorTouched, h.meta.w[metaTick])
	h.set(&h.actors, a+actorEvents, h.actors.w[a+actorEvents]+1)
	if o.At < h.actors.w[a+actorFirst] {
		h.set(&h.actors, a+actorFirst, o.At)
	}
	if o.At > h.actors.w[a+actorLast] {
		h.set(&h.actors, a+actorLast, o.At)
	}
	word, bit := hourOf(o.At)
	if at := a + actorHours + word; h.actors.w[at]&bit == 0 {
		h.set(&h.actors, at, h.actors.w[at]|bit)
	}
	h.addAction(a, o)
	if o.Address != 0 {
		if v, isNew := h.addValue(a, kindAddress, valueDigest(kindAddress, o.Address), o.At); v >= 0 {
			h.joinGroup(v, h.secret.mix(kindAddress, o.Address, 0), o.At, isNew)
		}
	}
	for kind, digest := range [numKinds]uint64{kindAS: o.AS, kindCountry: o.Country, kindClient: o.Client, kindRegion: o.Region, kindKey: o.Key} {
		if digest != 0 {
			h.addValue(a, kind, valueDigest(kind, digest), o.At)
		}
	}
}

// addAction notes the action. Who else has made it in an account is counted for each
// account: that of its first call stands with the action, others by themselves.
func (h *History) addAction(a int, o *Observation) {
	if o.Action == 0 {
		return
	}
	group := h.secret.mix(kindAction, o.Action, o.Account)
	v, isNew := h.addValue(a, kindAction, valueDigest(kindAction, o.Action), o.At)
	if v < 0 {
		return
	}
	if isNew {
		h.joinGroup(v, group, o.At, true)
		return
	}
	if g := int(h.values.w[v+valueGroup]) - 1; g < 0 || h.groups.get64(g*groupStride) == group {
		return
	}
	if v, isNew := h.addValue(a, kindAccount, valueDigest(kindAccount, group), o.At); isNew {
		h.joinGroup(v, group, o.At, true)
	}
}

// isStale reports whether what is known of an actor is so old that it is forgotten.
func (h *History) isStale(a int, at uint32) bool {
	last := h.actors.w[a+actorLast]
	return at > last && at-last > keepFor
}

// hourOf returns where the hour of the week of a time is, in UTC.
func hourOf(at uint32) (word int, bit uint32) {
	hour := (at/3600 + 4*24) % 168 // 1970 began on a Thursday
	return int(hour >> 5), 1 << (hour & 31)
}

// Prune forgets actors that were not seen for long, of so many rows at most.
func (h *History) Prune(rows int) {
	used := int(h.meta.w[metaActorsUsed])
	for n := range min(rows, used) {
		a := (int(h.meta.w[metaTick])*7 + n) % used * actorStride
		if h.actors.get64(a) != 0 && h.isStale(a, h.meta.w[metaNewest]) {
			h.forget(a)
		}
	}
}

// Seconds returns a time as an Observation has it, 0 if it cannot have it.
func Seconds(t time.Time) uint32 {
	if s := t.Unix(); s > 0 && s < 1<<32-1 {
		return uint32(s)
	}
	return 0
}
