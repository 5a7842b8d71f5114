package history

import (
	"math/bits"
	"time"
)

// Observation is what a history keeps of an event: digests, 0 where there is nothing.
type Observation struct {
	At      uint32 // seconds since 1970; 0: it has no time
	Failed  bool
	Actor   uint64
	Account uint64 // see accountDigest
	Action  uint64 // of provider and action
	Address uint64
	AS      uint64
	Country uint64
	Client  uint64
	Region  uint64
	Key     uint64
	Event   uint64 // of its ID, with the time and the action: what comes again with it is not added
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

// Add adds observations of the reader.
func (h *History) Add(r *Reader, list []Observation) {
	for len(list) > 0 {
		n := min(len(list), warmed)
		h.addTogether(r, list[:n])
		list = list[n:]
	}
}

// warmed is how many observations are prepared together.
const warmed = 64

// addTogether adds observations. What it is going to read is read before: what is not in
// the caches of the processor is read from memory for many observations at the same time, and
// not for one after the other. Most of the time goes into that.
func (h *History) addTogether(r *Reader, list []Observation) {
	var rows [warmed]int32
	mask := uint64(len(h.actorIndex.w) - 1)
	heads := uint64(h.recent.size() - 1)
	oldest, newest := h.meta.w[metaSince], h.meta.w[metaNewest]
	for i := range list {
		o := &list[i]
		prefetch(&h.actorIndex.w[o.Actor&mask])
		prefetch(&h.recent.actorHeads[o.Actor&heads])
		prefetch(&h.recent.addressHeads[o.Address&heads])
		prefetch(&h.recent.seen[o.Event&heads])
		if o.At == 0 {
			continue
		}
		if oldest == 0 || o.At < oldest {
			oldest = o.At
		}
		newest = max(newest, o.At)
	}
	h.set(&h.meta, metaSince, oldest)
	h.set(&h.meta, metaNewest, newest)
	for i := range list {
		rows[i] = int32(h.actorIndex.w[list[i].Actor&mask]) - 1
		if rows[i] >= 0 {
			prefetch(&h.actors.w[int(rows[i])*actorStride])
		}
		h.recent.prefetch(list[i].Event)
	}
	for i := range list {
		o := &list[i]
		if rows[i] < 0 || h.actors.get64(int(rows[i])*actorStride) != o.Actor {
			rows[i] = -1
			continue
		}
		if begin, size, _ := h.block(int(rows[i]) * actorStride); size > 0 {
			prefetch(&h.values.w[begin+home(valueDigest(kindAction, o.Action), size)*valueStride])
		}
	}
	for i := range list {
		h.add(r, &list[i], int(rows[i]))
	}
}

// add adds an observation. The row is perhaps that of its actor.
func (h *History) add(r *Reader, o *Observation, row int) {
	if o.At == 0 {
		return
	}
	if h.recent.has(o.Event) {
		h.again++
		return
	}
	h.tick++
	name := h.names.of(o.Action, r.name(o))
	h.recent.add(o, name)
	if o.Failed {
		return
	}
	if h.names.isWide(name) {
		h.addWide(o, name)
	}
	if o.extra > 0 {
		h.addExtra(o, &r.extras[o.extra-1])
	}
	if o.Actor == 0 || o.Anonymous {
		return
	}
	a := row * actorStride
	if row < 0 || h.actors.get64(a) != o.Actor {
		a = h.findActor(o.Actor)
	}
	if a >= 0 && h.isStale(a, o.At) {
		h.forget(a)
		a = -1
	}
	if a < 0 {
		a = h.openActor(o.Actor, o.Account, o.At)
	}
	w := h.actors.w[a : a+actorStride]
	if w[actorSize]&changedBit == 0 {
		w[actorSize] |= changedBit
		h.changed = append(h.changed, o.Actor)
	}
	h.set(&h.actors, a+actorEvents, w[actorEvents]+1)
	if o.At < w[actorFirst] {
		h.set(&h.actors, a+actorFirst, o.At)
	}
	if o.At > w[actorLast] {
		h.set(&h.actors, a+actorLast, o.At)
	}
	h.addAction(a, o)
	seen := h.seenWith(o)
	if w[actorSeen] == seen || w[actorSeenToo] == seen {
		return
	}
	if word, bit := hourOf(o.At); w[actorHours+word]&bit == 0 {
		h.set(&h.actors, a+actorHours+word, w[actorHours+word]|bit)
	}
	h.addValues(a, o)
	h.set(&h.actors, a+actorSeenToo, w[actorSeen])
	h.set(&h.actors, a+actorSeen, seen)
}

// seenWith returns a digest of the values of an observation, apart from the action, and of
// the hour: an actor of whom this is noted has no value to be noted.
func (h *History) seenWith(o *Observation) uint32 {
	x := h.secret.mix(uint64(o.At/coarse), o.Address^bits.RotateLeft64(o.Client, 1)^bits.RotateLeft64(o.Key, 2), o.Region^bits.RotateLeft64(o.AS, 3)^bits.RotateLeft64(o.Country, 4))
	return max(uint32(x), 1)
}

// addValues notes the values apart from the action.
func (h *History) addValues(a int, o *Observation) {
	for kind, digest := range [numKinds]uint64{kindAddress: o.Address, kindAS: o.AS, kindCountry: o.Country, kindClient: o.Client, kindRegion: o.Region, kindKey: o.Key} {
		if digest == 0 {
			continue
		}
		key := valueDigest(kind, digest)
		if v := h.findValue(a, key); v >= 0 {
			if h.values.w[v+valueLast]/coarse != o.At/coarse {
				h.touchValue(v, kind, o.At)
			}
		} else if v := h.addValue(a, kind, key, o.At); v >= 0 && kind == kindAddress {
			h.joinGroup(v, h.secret.mix(kindAddress, o.Address, 0), o.At)
		}
	}
}

// coarse is how exact the times of values are, but for those of actions, in seconds: what
// is seen again in the same hour is not noted.
const coarse = 3600

// addAction notes the action. Who else has made it in an account is counted for each
// account: for that of the actor's first success with the action, for others by itself.
func (h *History) addAction(a int, o *Observation) {
	if o.Action == 0 {
		return
	}
	key := valueDigest(kindAction, o.Action)
	v := h.findValue(a, key)
	if v >= 0 {
		h.countValue(v, o.At)
	} else {
		v = h.addValue(a, kindAction, key, o.At)
	}
	isHome := h.actors.w[a+actorSize]>>homeShift == homeOf(o.Account)>>homeShift
	if isHome && (v < 0 || h.values.w[v+valueGroup] != 0) {
		return
	}
	group := h.secret.mix(kindAction, o.Action, o.Account)
	if !isHome {
		if key = valueDigest(kindAccount, group); h.findValue(a, key) >= 0 {
			return
		}
		v = h.addValue(a, kindAccount, key, o.At)
	}
	if v >= 0 {
		h.joinGroup(v, group, o.At)
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
		a := (int(h.tick)*7 + n) % used * actorStride
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
