package history

import (
	"bytes"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Reader reads observations from events. It is for one goroutine at a time, and needs no
// lock.
type Reader struct {
	secret   *secret
	schema   *event.Schema
	client   *event.Field
	as       *event.Field
	country  *event.Field
	placed   bool // as and country are asked for of every event
	activity event.Activity
	clock    clock
	callers  callers
	agents   memo
	names    []byte
	extras   []extra
	subject  event.Subject
	// Of the event that About is about:
	actor, key []byte
	current    Observation
}

// NewReader returns a reader of events of the schema.
func (h *History) NewReader(s *event.Schema) *Reader {
	r := &Reader{secret: h.secret, schema: s, callers: h.callers, client: s.Field("user_agent.name"), as: s.Field("source.as.number"), country: s.Field("source.geo.country_iso_code")}
	r.placed = r.as.IsLookedUp() || r.country.IsLookedUp()
	return r
}

// Fields are the names of the fields that a reader asks for of every event.
var Fields = []string{
	"@timestamp", "event.id", "event.provider", "event.action", "event.outcome", "source.address", "cloud.region", "user_agent.original", "aws.cloudtrail.user_identity.type",
	"aws.cloudtrail.error_code", "aws.cloudtrail.error_message", "aws.cloudtrail.recipient_account_id",
}

// The kinds of texts, so that digests of different kinds are different.
const (
	textActor = iota + 1
	textAccount
	textProvider
	textAction
	textAddress
	textAS
	textCountry
	textClient
	textRegion
	textKey
	textPushed
	textInstance
	textEvent
	textIdentity
)

func (r *Reader) sum(kind uint64, text []byte) uint64 {
	if len(text) == 0 {
		return 0
	}
	return r.secret.sum(kind, text)
}

// Reset forgets what was read of a chunk.
func (r *Reader) Reset() {
	r.names, r.extras = r.names[:0], r.extras[:0]
	r.actor, r.key = nil, nil
}

// Addition is observations that can be added again.
type Addition struct {
	reader Reader
	list   []Observation
}

// Addition returns observations of the reader as they can be added when it has read another
// chunk.
func (r *Reader) Addition(list []Observation) *Addition {
	return &Addition{Reader{names: bytes.Clone(r.names), extras: slices.Clone(r.extras)}, slices.Clone(list)}
}

// Add adds the observations.
func (a *Addition) Add(h *History) { h.Add(&a.reader, a.list) }

// Read reads an observation, and reports whether there is one to be added. It is
// valid until the next one is read.
func (r *Reader) Read(e *event.Event) (*Observation, bool) {
	a, o := &r.activity, &r.current
	if !r.schema.Activity(e, a) {
		return o, false
	}
	var identity uint64
	if len(a.Identity) > 0 {
		identity = r.secret.sum(textIdentity, a.Identity)
		r.callers.prefetch(identity)
	}
	*o = Observation{At: r.clock.seconds(a.Time), Failed: a.Failed}
	recipient := a.Account
	if len(a.Action) > 0 {
		o.Action = r.secret.mix(textAction, r.sum(textProvider, a.Provider), r.sum(textAction, a.Action))
	}
	o.Address, o.Region = r.sum(textAddress, a.Address), r.sum(textRegion, a.Region)
	o.Client = r.clientOf(e, a.Agent)
	if r.placed || e.MayHaveAdded() {
		r.locate(e, o)
	}
	o.name, o.nameLen = int32(len(r.names)), uint8(min(len(a.Action), maxNameLen))
	r.names = append(r.names, a.Action[:o.nameLen]...)
	r.readCaller(e, o, identity)
	if len(recipient) > 0 {
		o.Account = r.accountDigest(recipient)
		a.Account = recipient
	}
	if len(a.ID) > 0 {
		o.Event = r.secret.mix(uint64(o.At), r.secret.sum(textEvent, a.ID), o.Action^o.Actor)
	}
	if len(a.Issued) > 0 || a.Pushes {
		r.readExtra(e, o)
	}
	return o, true
}

// readCaller reads who caused the event, and its account unless the event says otherwise.
//
// What follows from Identity is remembered by the digest of these bytes, 0 if there are none.
// They are an object as the event has it, with the caller, the key, the account, and what differs
// between two sessions of a caller. A caller who is told by other bytes too is not remembered.
func (r *Reader) readCaller(e *event.Event, o *Observation, digest uint64) {
	a := &r.activity
	var account uint64
	if digest != 0 {
		var ok bool
		if o.Actor, o.Key, account, ok = r.callers.find(digest); ok {
			o.Account, o.Anonymous = account&^anonymous, account&anonymous != 0
			return
		}
		r.schema.Caller(e, a)
	}
	o.Actor, o.Key, o.Account, o.Anonymous = r.sum(textActor, a.Actor), r.sum(textKey, a.Key), r.accountDigest(a.Account), a.Anonymous
	if len(a.Identity) > 0 {
		account = o.Account
		if o.Anonymous {
			account |= anonymous
		}
		r.callers.add(digest, o.Actor, o.Key, account)
	}
}

// accountDigest returns the digest of an account, which leaves the bit anonymous free.
func (r *Reader) accountDigest(account []byte) uint64 {
	if len(account) == 0 {
		return 0
	}
	return (r.secret.sum(textAccount, account) | anonymous<<1) &^ anonymous
}

// locate reads from where an event came, if a database or the shipper tells.
func (r *Reader) locate(e *event.Event, o *Observation) {
	if v := e.First(r.as); v.Kind() == msgpack.Int {
		o.AS = r.secret.mix(textAS, uint64(v.Int()), 0)
	} else {
		o.AS = r.sum(textAS, v.Bytes())
	}
	o.Country = r.sum(textCountry, e.First(r.country).Bytes())
}

// name returns the name of the action of an observation.
func (r *Reader) name(o *Observation) []byte { return r.names[o.name:][:o.nameLen] }

// clientOf returns the digest of the name of the program, which says less than the whole
// agent, and the caller can less invent.
func (r *Reader) clientOf(e *event.Event, agent []byte) uint64 {
	if len(agent) == 0 {
		return 0
	}
	m := r.agents.find(agent)
	if m != nil && m.known {
		return m.digest
	}
	d := r.sum(textClient, e.First(r.client).Bytes())
	if m != nil && !e.IsOpen() { // a document may have another name beside it
		m.digest, m.known = d, true
	}
	return d
}

// readExtra reads what few events have.
func (r *Reader) readExtra(e *event.Event, o *Observation) {
	a := &r.activity
	var x extra
	if len(a.Issued) > 0 {
		r.identify(e)
		x.issued = r.sum(textKey, a.Issued)
		x.caller = bytes.Clone(r.actor[:min(len(r.actor), maxCaller)])
		r.secret.crypt(x.caller, a.Issued)
	}
	if a.Pushes {
		r.schema.Describe(e, &r.subject)
		instances, keys := r.attribute("instances"), r.attribute("keys")
		for _, k := range keys {
			for _, i := range instances {
				x.pushed = append(x.pushed, push{r.sum(textPushed, k), r.sum(textInstance, i)})
			}
		}
		r.subject.Release()
	}
	r.extras = append(r.extras, x)
	o.extra = int32(len(r.extras))
}

// attribute returns the values of an attribute of the subject.
func (r *Reader) attribute(name string) [][]byte {
	i := slices.IndexFunc(r.subject.Source.Attributes, func(a event.Attribute) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return r.subject.Values[i]
}

// identify reads who caused the event that was read last, for About.
func (r *Reader) identify(e *event.Event) {
	if a := &r.activity; a.Identity != nil && a.Actor == nil {
		account := a.Account
		r.schema.Caller(e, a)
		if len(account) > 0 {
			a.Account = account
		}
	}
	r.actor, r.key = r.activity.Actor, r.activity.Key
}

// Identify reads the names that About has to know of the event that was read last.
func (r *Reader) Identify(e *event.Event) { r.identify(e) }

// Account returns the account in which the event that Identify was called for happened.
func (r *Reader) Account() []byte { return r.activity.Account }
