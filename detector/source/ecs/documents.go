// Package ecs is the source of documents that were mapped to the Elastic Common
// Schema before they came here, with nested or dotted names, whatever their
// data set is. It also recognizes what detectors make, which is never
// evaluated, so that alerts cannot cause alerts.
package ecs

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// The members that tell a document: the field set "event", nested or dotted.
var (
	nested   = event.MemberNamed("event")
	action   = event.MemberNamed("event.action")
	provider = event.MemberNamed("event.provider")
	alertID  = event.MemberNamed("alert_id")
	kind     = event.MemberNamed("event.kind")
	dotted   = [...]event.Member{action, provider}
)

// The places of the values that recognize keeps: every rule asks for them.
const (
	keptActions = 1 + iota
	keptProviders
)

// Source is the source.
var Source = &event.Source{
	Name:      "ECS",
	Open:      true,
	Marks:     event.SetOf(nested, action, provider, kind),
	Reads:     event.SetOf(alertID),
	Own:       event.SetNamed(append(blocks[:closed:closed], fieldSets...)...),
	Recognize: recognize,
	Hint:      "event",
	Fields: []event.Definition{
		{Name: "event.provider", Type: event.TypeKeyword, Kept: keptProviders},
		{Name: "event.action", Type: event.TypeKeyword, Kept: keptActions},
	},
	Identity: identity,
	IDScope:  identity[:len(identity)-2],
	Asks:     asks,
	Describe: describe,
	Blocks:   blocks,
}

// fieldSets are the field sets of ECS that documents about events have, and what
// shippers and alerts add. Nothing is looked for below them: what is there was
// taken from an event and is not one.
var fieldSets = []string{
	"agent", "aws", "client", "cloud", "data_stream", "destination", "dns", "ecs", "elastic_agent", "error", "file",
	"fluent_detect", "geo", "group", "host", "http", "input", "kibana", "log.file", "network", "observer", "organization",
	"process", "related", "rule", "server", "service", "signal", "source", "threat", "tls", "url", "user", "user_agent",
}

// recognize takes every document with an action or a provider for an event, and one that
// has a data set and a kind: what a shipper has not mapped yet has none.
func recognize(e *event.Event) event.Verdict {
	s := eventSet{event: e, actions: e.Keep(keptActions), providers: e.Keep(keptProviders)}
	*s.actions, *s.providers = (*s.actions)[:0], (*s.providers)[:0]
	for o := e.Occurrences(nested); o.Next(); {
		buf, at := o.At()
		s.read(buf, at, event.MaxDepth)
	}
	has := e.Members()
	for _, m := range dotted {
		if has.Has(m) {
			for o := e.Occurrences(m); o.Next(); {
				s.note(m, o.Value(), event.MaxDepth)
			}
		}
	}
	switch {
	case len(*s.actions)+len(*s.providers) == 0:
		if isMapped(e) {
			return event.Recognized
		}
		return event.Foreign
	case has.Has(alertID) && isAlert(e):
		return event.Ours
	}
	return event.Recognized
}

// maxNames is how many actions and how many providers a document may have.
const maxNames = 512

// eventSet is what the field set "event" says about a record.
type eventSet struct {
	event              *event.Event
	actions, providers *[]msgpack.Value
}

// read reads the field set, or an array of them, at buf[off:], which is whole,
// and returns the offset behind it.
func (s *eventSet) read(buf []byte, off, depth int) (end int) {
	v, pos, _ := msgpack.ReadHeader(buf, off)
	if depth == 0 || v.Kind() != msgpack.Map && v.Kind() != msgpack.Array {
		end, _ = msgpack.Skip(buf, off)
		return end
	}
	for range v.Len() {
		if v.Kind() == msgpack.Array {
			pos = s.read(buf, pos, depth-1)
			continue
		}
		var key []byte
		var m event.Member
		key, pos, _ = msgpack.ReadKey(buf, pos)
		switch string(key) {
		case "action":
			m = action
		case "provider":
			m = provider
		default:
			pos, _ = msgpack.Skip(buf, pos)
			continue
		}
		v, next, _ := msgpack.Read(buf, pos)
		s.note(m, v, depth)
		pos = next
	}
	return pos
}

// note notes one value, or the elements of an array.
func (s *eventSet) note(m event.Member, v msgpack.Value, depth int) {
	switch v.Kind() {
	case msgpack.Nil, msgpack.Invalid:
		return
	case msgpack.Array:
		if depth == 0 {
			return
		}
		for elements := v.Elements(); ; {
			element, ok := elements.Next()
			if !ok {
				return
			}
			s.note(m, element, depth-1)
		}
	}
	list := s.actions
	if m == provider {
		list = s.providers
	}
	if len(*list) == maxNames {
		s.event.Truncate()
		return
	}
	*list = append(*list, v)
}
