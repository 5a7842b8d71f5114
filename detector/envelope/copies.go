package envelope

import (
	"hash/maphash"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// maxCopies is how many events of one record are told from their copies.
const maxCopies = 4096

// copies tells whether an event of a record is a copy of one that was visited:
// a document in ECS form and the event that it was made of, or one event under
// two members. It is active once a record has several members that can carry
// events.
type copies struct {
	active bool
	fields []*event.Field // that copies agree in
	seen   map[uint64]struct{}
	named  []uint64 // digests of the events' providers and actions
}

// comparedFields are the fields in which copies agree. They are those that an
// attacker would have to change to make something of an event that it is not.
var comparedFields = []string{
	"event.provider", "event.action", "event.id", "event.outcome", "source.address", "user_agent.original", "cloud.region",
	"aws.cloudtrail.user_identity.arn", "aws.cloudtrail.recipient_account_id", "aws.cloudtrail.request_parameters",
	"aws.cloudtrail.error_code",
}

var copySeed = maphash.MakeSeed()

func (c *copies) reset() {
	if c.active {
		c.active = false
		clear(c.seen)
		c.named = c.named[:0]
	}
}

// add notes an event and reports whether it is not a copy.
func (c *copies) add(e *event.Event) bool {
	if len(c.seen) == maxCopies {
		return true
	}
	if c.fields == nil {
		c.fields = e.Schema().FieldsNamed(comparedFields)
		c.seen = map[uint64]struct{}{}
	}
	var h maphash.Hash
	h.SetSeed(copySeed)
	for i, f := range c.fields {
		e.Any(f, func(v msgpack.Value) bool {
			_, _ = h.Write(v.Bytes())
			_ = h.WriteByte(0)
			return false
		})
		_ = h.WriteByte(byte(i))
	}
	key := h.Sum64()
	if _, copied := c.seen[key]; copied {
		return false
	}
	c.seen[key] = struct{}{}
	c.named = append(c.named, c.nameOf(e))
	return true
}

// summarized reports whether the map, an element of an answer of LookupEvents, is
// a summary of an event that was visited: it has the same name and source. It
// must lack what every event has.
func (c *copies) summarized(e *event.Event) bool {
	return len(c.named) > 0 && slices.Contains(c.named, c.nameOf(e))
}

// nameOf returns a digest of the provider and the action of an event.
func (c *copies) nameOf(e *event.Event) uint64 {
	var h maphash.Hash
	h.SetSeed(copySeed)
	for _, f := range c.fields[:2] {
		_, _ = h.Write(e.First(f).Bytes())
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}
