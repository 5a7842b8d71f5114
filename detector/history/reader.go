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
	secret   secret
	schema   *event.Schema
	client   *event.Field
	as       *event.Field
	country  *event.Field
	located  int // for how many events more as and country are asked for
	events   uint
	activity event.Activity
	callers  memo
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
	return &Reader{secret: h.secret, schema: s, client: s.Field("user_agent.name"), as: s.Field("source.as.number"), country: s.Field("source.geo.country_iso_code")}
}

// Fields are the names of the fields that a reader asks for of every event.
var Fields = []string{
	"@timestamp", "event.provider", "event.action", "event.outcome", "source.address", "cloud.region", "user_agent.original", "aws.cloudtrail.user_identity.type",
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

// Read reads an observation, and reports whether there is one to be added. It is
// valid until the next one is read.
func (r *Reader) Read(e *event.Event) (*Observation, bool) {
	a, o := &r.activity, &r.current
	if !r.schema.Activity(e, a) {
		return o, false
	}
	*o = Observation{At: Seconds(a.Time), Failed: a.Failed}
	recipient := a.Account
	if m, ok := r.callers.find(a.Identity); ok && (m.c != 0 || len(recipient) > 0) {
		o.Actor, o.Key, o.Account, o.Anonymous = m.a, m.b, m.c, m.is
	} else {
		if a.Identity != nil {
			r.schema.Caller(e, a)
		}
		if len(recipient) == 0 {
			o.Account = r.sum(textAccount, a.Account)
		}
		o.Actor, o.Key, o.Anonymous = r.sum(textActor, a.Actor), r.sum(textKey, a.Key), a.Anonymous
		if m != nil {
			m.digests = digests{o.Actor, o.Key, o.Account, o.Anonymous}
		}
	}
	if len(recipient) > 0 {
		o.Account = r.sum(textAccount, recipient)
		a.Account = recipient
	}
	if len(a.Action) > 0 {
		o.Action = r.secret.mix(textAction, r.sum(textProvider, a.Provider), r.sum(textAction, a.Action))
	}
	o.Address, o.Region = r.sum(textAddress, a.Address), r.sum(textRegion, a.Region)
	o.Client = r.clientOf(e, a.Agent)
	r.locate(e, o)
	o.name, o.nameLen = int32(len(r.names)), uint8(min(len(a.Action), maxNameLen))
	r.names = append(r.names, a.Action[:o.nameLen]...)
	if len(a.Issued) > 0 || a.Pushes {
		r.readExtra(e, o)
	}
	return o, true
}

const (
	// Where nothing is known of addresses, as in most records, one of so many events is
	// asked for it; where something is known, all of the next ones are.
	askedOf  = 16
	askedFor = 1024
)

// locate reads from where an event came, if a database or the shipper tells.
func (r *Reader) locate(e *event.Event, o *Observation) {
	if r.events++; r.located == 0 && r.events%askedOf != 1 {
		return
	}
	r.located = max(r.located-1, 0)
	if v := e.First(r.as); v.Kind() == msgpack.Int {
		o.AS = r.secret.mix(textAS, uint64(v.Int()), 0)
	} else {
		o.AS = r.sum(textAS, v.Bytes())
	}
	o.Country = r.sum(textCountry, e.First(r.country).Bytes())
	if o.AS != 0 || o.Country != 0 {
		r.located = askedFor
	}
}

// name returns the name of the action of an observation.
func (r *Reader) name(o *Observation) []byte { return r.names[o.name:][:o.nameLen] }

// clientOf returns the digest of the name of the program, which says less than the whole
// agent, and the caller can less invent.
func (r *Reader) clientOf(e *event.Event, agent []byte) uint64 {
	m, ok := r.agents.find(agent)
	if ok {
		return m.a
	}
	d := r.sum(textClient, e.First(r.client).Bytes())
	if m != nil {
		m.digests = digests{a: d}
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
