package history

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// FollowUp is an alert after which is to be told what its actor did next.
type FollowUp struct {
	Alert   hold.Key // the ID of the alert
	Rule    string   // the ID of its rule
	ActorID string
	Action  string    // of its event
	At      uint32    // its event's time, in seconds since 1970
	For     uint32    // how long after it, in seconds
	Due     time.Time // when it is made

	actor uint32 // a digest
	from  uint32 // the number of the event after that of the alert
	rule  uint16 // as Observation.Matched
}

// ID is the ID of the follow-up record.
func (f *FollowUp) ID() hold.Key {
	return sha256.Sum256([]byte(hex.EncodeToString(f.Alert[:]) + "/after"))
}

// End is the time up to which calls count.
func (f *FollowUp) End() time.Time { return timeOf(f.At + f.For) }

// Start is the time of the event.
func (f *FollowUp) Start() time.Time { return timeOf(f.At) }

// maxPending is how many follow-ups wait at most. If there are more, the first is made
// early.
const maxPending = 1 << 12

// pending are the follow-ups that are to come, in the order of their alerts. A list is
// never changed, so that a transaction is undone by the list before; only appended to.
type pending struct{ list []*FollowUp }

// Follow notes that an alert about the observation, which is not added yet, is to be
// followed up.
func (h *History) Follow(f FollowUp, o *Observation) {
	if o.At == 0 || o.Actor == 0 {
		return
	}
	f.At, f.actor, f.from, f.rule = o.At, uint32(o.Actor), h.recent.next+1, o.Matched
	h.pending.list = append(h.pending.list, &f)
}

// DueFollowUps returns the follow-ups that are due at that time, or by the time of
// events, or all; and removes them.
func (h *History) DueFollowUps(now time.Time, byEvents, all bool) (due []*FollowUp) {
	list := h.pending.list
	if len(list) == 0 {
		return nil
	}
	isDue := func(f *FollowUp) bool {
		if byEvents {
			return uint64(h.meta.w[metaNewest]) > uint64(f.At)+uint64(f.For)
		}
		return !now.Before(f.Due)
	}
	var left []*FollowUp
	for i, f := range list {
		if all || len(list)-i > maxPending || isDue(f) {
			due = append(due, f)
		} else {
			left = append(left, f)
		}
	}
	if len(due) > 0 {
		h.pending.list = left
	}
	return due
}

// NextFollowUp returns when a follow-up is due, and false if there is none.
func (h *History) NextFollowUp() (next time.Time, ok bool) {
	for _, f := range h.pending.list {
		if !ok || f.Due.Before(next) {
			next, ok = f.Due, true
		}
	}
	return next, ok
}

// After returns what the actor of an alert did afterwards.
func (h *History) After(f *FollowUp) Calls {
	return h.callsOf(f.actor, f.At, f.At+f.For, f.from, f.rule, nil)
}
