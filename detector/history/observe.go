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

// Add adds observations of the reader.
func (h *History) Add(r *Reader, list []Observation) {
	for len(list) > 0 {
		n := min(len(list), warmed)
		h.warm(list[:n])
		for i := range list[:n] {
			h.add(r, &list[i])
		}
		list = list[n:]
	}
}

// warmed is how many observations are prepared together.
const warmed = 64

// warm reads what add is going to read. What is not in the caches of the processor is
// read from memory for many observations at the same time, and not for one after the other:
// most of the time goes into that.
func (h *History) warm(list []Observation) {
	var rows [warmed]int32
	mask := uint64(len(h.actorIndex.w) - 1)
	for i := range list {
		rows[i] = int32(h.actorIndex.w[list[i].Actor&mask]) - 1
	}
	heads := uint64(h.recent.size() - 1)
	var sum uint32
	for i := range list {
		if rows[i] >= 0 {
			sum += h.actors.w[int(rows[i])*actorStride]
		}
		sum += h.recent.actorHeads[list[i].Actor&heads] + h.recent.addressHeads[list[i].Address&heads]
	}
	for i := range list {
		o := &list[i]
		if rows[i] < 0 || h.actors.get64(int(rows[i])*actorStride) != o.Actor {
			continue
		}
		begin, size, _ := h.block(int(rows[i]) * actorStride)
		if size == 0 {
			continue
		}
		for kind, digest := range [...]uint64{kindAction: o.Action, kindAddress: o.Address, kindClient: o.Client, kindRegion: o.Region, kindKey: o.Key} {
			sum += h.values.w[begin+home(valueDigest(kind, digest), size)*valueStride]
		}
	}
	h.sink = sum
}

// add adds an observation.
func (h *History) add(r *Reader, o *Observation) {
	if o.At == 0 {
		return
	}
	h.tick++
	if since := h.meta.w[metaSince]; since == 0 || o.At < since {
		h.set(&h.meta, metaSince, o.At)
	}
	if o.At > h.meta.w[metaNewest] {
		h.set(&h.meta, metaNewest, o.At)
	}
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
	a := h.findActor(o.Actor)
	if a >= 0 && h.isStale(a, o.At) {
		h.forget(a)
		a = -1
	}
	if a < 0 {
		a = h.openActor(o.Actor, o.Account, o.At)
	}
	row := h.actors.w[a : a+actorStride]
	if row[actorEpoch] != h.epoch {
		row[actorEpoch] = h.epoch
		h.changed = append(h.changed, o.Actor)
	}
	row[actorTouched] = h.tick
	h.set(&h.actors, a+actorEvents, row[actorEvents]+1)
	if o.At < row[actorFirst] {
		h.set(&h.actors, a+actorFirst, o.At)
	}
	if o.At > row[actorLast] {
		h.set(&h.actors, a+actorLast, o.At)
	}
	word, bit := hourOf(o.At)
	if hours := row[actorHours+word]; hours&bit == 0 {
		h.set(&h.actors, a+actorHours+word, hours|bit)
	}
	h.addAction(a, o)
	digests := [numKinds]uint64{kindAddress: o.Address, kindAS: o.AS, kindCountry: o.Country, kindClient: o.Client, kindRegion: o.Region, kindKey: o.Key}
	for kind := kindAddress; kind < numKinds; kind++ {
		digest := digests[kind]
		if digest == 0 {
			continue
		}
		key := valueDigest(kind, digest)
		if v := h.findValue(a, key); v >= 0 {
			if last := h.values.w[v+valueLast]; o.At-last < coarse { // most
				continue
			}
			h.touchValue(v, kind, o.At)
		} else if v := h.addValue(a, kind, key, o.At); v >= 0 && kind == kindAddress {
			h.joinGroup(v, h.secret.mix(kindAddress, o.Address, 0), o.At)
		}
	}
}

// coarse is how exact the last times of values are, but for those of actions, in seconds.
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
