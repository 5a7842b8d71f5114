// Package enrich provides the fields that Elastic's pipeline looks up: the place and the
// network of the source address (source.geo, source.as), and the program in the user agent
// (user_agent).
//
// A field is looked up when a rule or an alert asks for it. An ECS document keeps the
// fields that it has. Fields that a shipper added to a record take precedence over the
// databases.
package enrich

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/enrich/useragent"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Databases are what the key geo_databases names.
const Databases = "geo_databases"

// Fields returns the fields for the table of a source. Those of addresses are looked up
// in the databases, if these are not nil; added says under which names shippers add them
// to records.
func Fields(databases *geo.Databases, added event.AddedFields) []event.Definition {
	places := lookup{databases: databases}
	if databases != nil {
		places.geo, places.as = databases.Has()
	}
	var all []event.Definition
	for _, f := range placeFields {
		has := places.geo
		if f.network {
			has = places.as
		}
		all = append(all, event.Definition{
			Name: f.name, Type: f.kind, Derive: places.derive(added.Of(f.name), f), Reads: []string{"sourceIPAddress", "sourceIPs"}, Lacking: !has && len(added[f.name]) == 0,
		})
	}
	for _, f := range agentFields {
		all = append(all, event.Definition{Name: f.name, Type: event.TypeKeyword, Derive: deriveAgent(f), Reads: []string{"userAgent"}})
	}
	return all
}

// placeField is a field that databases of addresses have.
type placeField struct {
	name    string
	kind    event.Type
	network bool // it is about the autonomous system
	text    func(*geo.Place) string
	append  func(dst []byte, p *geo.Place) []byte // of what is no text: msgpack, or nothing
}

var placeFields = []placeField{
	{name: "source.geo.continent_name", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.ContinentName }},
	{name: "source.geo.country_iso_code", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.CountryISOCode }},
	{name: "source.geo.country_name", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.CountryName }},
	{name: "source.geo.region_iso_code", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.RegionISOCode }},
	{name: "source.geo.region_name", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.RegionName }},
	{name: "source.geo.city_name", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.CityName }},
	{name: "source.geo.timezone", kind: event.TypeKeyword, text: func(p *geo.Place) string { return p.TimeZone }},
	{name: "source.geo.location", kind: event.TypeGeoPoint, append: appendLocation},
	{name: "source.as.number", kind: event.TypeLong, network: true, append: appendNumber},
	{name: "source.as.organization.name", kind: event.TypeKeyword, network: true, text: func(p *geo.Place) string { return p.ASName }},
}

func appendLocation(dst []byte, p *geo.Place) []byte {
	if !p.HasLocation {
		return dst
	}
	dst = msgpack.AppendString(msgpack.AppendMapHeader(dst, 2), "lat")
	dst = msgpack.AppendString(msgpack.AppendFloat(dst, p.Latitude), "lon")
	return msgpack.AppendFloat(dst, p.Longitude)
}

func appendNumber(dst []byte, p *geo.Place) []byte {
	if p.ASNumber == 0 {
		return dst
	}
	return msgpack.AppendUint(dst, uint64(p.ASNumber))
}

// workspace is what is kept between the events that are read in one place.
type workspace struct {
	schema         *event.Schema
	address, agent *event.Field
	cache          geo.Cache

	located  uint64 // the event that places are of
	places   []*geo.Place
	networks []*geo.Place

	parsed uint64 // the event that agents are of
	agents []*useragent.Agent
	known  [64]knownAgent // that were parsed before, at the place of a digest
}

// knownAgent is a user agent that was parsed before: most events have one of few.
type knownAgent struct {
	parsed bool
	text   []byte
	agent  useragent.Agent // of text
}

func (k *knownAgent) is(text []byte) bool { return k.parsed && bytes.Equal(k.text, text) }

// agentOf returns what is known of a user agent, valid until the next event.
func (w *workspace) agentOf(text []byte) *useragent.Agent {
	text = text[:min(len(text), useragent.MaxText)]
	digest := uint32(len(text))
	for i := 0; i < len(text); i += 1 + len(text)/16 {
		digest = digest*31 + uint32(text[i])
	}
	place := (digest ^ digest>>16) % uint32(len(w.known))
	k := &w.known[place]
	if other := &w.known[place^1]; !k.is(text) && (other.is(text) || k.parsed && !other.parsed) {
		k = other
	}
	if !k.is(text) {
		if slices.Contains(w.agents, &k.agent) { // another one of this event
			k = new(knownAgent)
		}
		k.text, k.parsed = append(k.text[:0], text...), true
		k.agent.Parse(k.text)
	}
	return &k.agent
}

func newWorkspace() any { return new(workspace) }

// workspaceOf returns the workspace that the event has.
func workspaceOf(e *event.Event) *workspace {
	w := e.Workspace(newWorkspace).(*workspace)
	if s := e.Schema(); w.schema != s {
		*w = workspace{schema: s, address: s.Field("source.ip"), agent: s.Field("user_agent.original")}
	}
	return w
}

// lookup looks up addresses.
type lookup struct {
	databases *geo.Databases
	geo, as   bool // what they have
}

// derive derives a field of the source address.
func (l lookup) derive(added *event.Added, f placeField) event.Derive {
	return func(e *event.Event, _ event.Place) []msgpack.Value {
		if values := e.Added(added); len(values) > 0 || l.databases == nil {
			return values
		}
		w := workspaceOf(e)
		w.locate(e, l.databases)
		list := w.places
		if f.network {
			list = w.networks
		}
		mark := e.Mark()
		for _, p := range list {
			if f.text != nil {
				if text := f.text(p); text != "" {
					e.Add(msgpack.TextOf(textIn(e, text)))
				}
				continue
			}
			arena := e.Arena()
			from := len(arena)
			arena = f.append(arena, p)
			e.SetArena(arena)
			if v, _, err := msgpack.Read(arena[from:], 0); err == nil {
				e.Add(v)
			}
		}
		return e.Since(mark)
	}
}

// textIn returns a text as bytes in the memory of the event.
func textIn(e *event.Event, text string) []byte {
	arena := e.Arena()
	from := len(arena)
	arena = append(arena, text...)
	e.SetArena(arena)
	return arena[from:]
}

// maxAddresses is how many source addresses of an event are looked up.
const maxAddresses = 8

// locate looks up the source addresses of the event, once.
func (w *workspace) locate(e *event.Event, databases *geo.Databases) {
	if w.located == e.Number() {
		return
	}
	w.located, w.places, w.networks = e.Number(), w.places[:0], w.networks[:0]
	for i, v := range e.Values(w.address) {
		var a netip.Addr
		var ok bool
		if a, ok = event.ParseIP(v.Bytes()); !ok || i >= maxAddresses {
			continue
		}
		where, network := databases.Lookup(a, &w.cache)
		if where != nil {
			w.places = append(w.places, where)
		}
		if network != nil {
			w.networks = append(w.networks, network)
		}
	}
}

// agentField is a field that follows from the user agent.
type agentField struct {
	name   string
	append func(dst []byte, a *useragent.Agent) []byte // the text; nothing if it is not known
}

var agentFields = []agentField{
	{"user_agent.name", func(dst []byte, a *useragent.Agent) []byte { return append(dst, a.Name...) }},
	{"user_agent.version", func(dst []byte, a *useragent.Agent) []byte { return append(dst, a.Version...) }},
	{"user_agent.os.name", func(dst []byte, a *useragent.Agent) []byte { return append(dst, a.OS...) }},
	{"user_agent.os.version", func(dst []byte, a *useragent.Agent) []byte { return append(dst, a.OSVersion()...) }},
	{"user_agent.os.full", func(dst []byte, a *useragent.Agent) []byte {
		if len(a.OSVersion()) == 0 {
			return dst
		}
		return append(append(append(dst, a.OS...), ' '), a.OSVersion()...)
	}},
	{"user_agent.device.name", func(dst []byte, a *useragent.Agent) []byte { return append(dst, a.Device...) }},
}

// deriveAgent derives a field of the user agent. A document in ECS form may have it.
func deriveAgent(f agentField) event.Derive {
	own := event.AddedFields(nil).Of(f.name)
	return func(e *event.Event, _ event.Place) []msgpack.Value {
		if e.IsOpen() {
			if values := e.Added(own); len(values) > 0 {
				return values
			}
		}
		w := workspaceOf(e)
		w.parse(e)
		mark := e.Mark()
		for i := range w.agents {
			arena := e.Arena()
			from := len(arena)
			arena = f.append(arena, w.agents[i])
			e.SetArena(arena)
			if len(arena) > from {
				e.Add(msgpack.TextOf(arena[from:]))
			}
		}
		return e.Since(mark)
	}
}

// maxAgents is how many user agents of an event are looked at.
const maxAgents = 8

// parse parses the user agents of the event, once.
func (w *workspace) parse(e *event.Event) {
	if w.parsed == e.Number() {
		return
	}
	w.parsed, w.agents = e.Number(), w.agents[:0]
	for i, v := range e.Values(w.agent) {
		if i < maxAgents && v.IsText() {
			w.agents = append(w.agents, w.agentOf(v.Bytes()))
		}
	}
}
