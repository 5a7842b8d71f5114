// Package history remembers who did what. From that, it answers what an analyst asks
// about an alert: has this actor done this before, from this address, at this hour? What
// happened just before, and just after?
//
//	events ─▶ Reader ─▶ Observation ─▶ History ─▶ Context, follow-ups
//
// A [Reader] reads an event without any lock; what it has read is added to the [History]
// at the end of the chunk, with the detector's lock. A History is a [hold.Memory]: what a
// chunk adds is undone if the chunk is rolled back.
//
// Names are kept as keyed digests, whose key is in the state. The exceptions are names
// of actions, and the ARN of a caller who got temporary credentials, which is encrypted with
// the ID of the key that was issued.
//
// Failures build no history, since anybody can cause them; they are among the recent
// events.
package history
