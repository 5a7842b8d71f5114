package match

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/query"
	textpattern "github.com/fluent-detect/fluent-detect/detector/query/pattern"
)

// Set is a list of programs with an index by the event.provider and event.action
// that they need, so that an event is evaluated by few of them. An event whose
// provider no program needs costs a look-up or two. Programs that name the members of
// records have an index of their own for these members, in which case does not count.
//
// There is such an index for each source of events, with the programs that are not limited
// to other sources, and one for each data set that programs are limited to, of documents in
// ECS form.
type Set struct {
	programs    []*Program
	needsAction []bool  // by program; only these have near misses
	all         *part   // of every program
	bySource    []*part // nil: the mapping is not one of events
	byDataSet   map[string]*part
}

// part is an index of some of the programs of a set.
type part struct {
	set       *Set
	size      int
	open      int          // how many of them need neither a provider nor an action
	always    []int32      // programs that are evaluated for every event
	added     []int32      // those that are evaluated for every event to which something was added
	gates     []gate       // of the others that need neither a provider nor an action
	keeps     bool         // looking up programs takes longer than to find those that were looked up last
	byFields  fieldIndex   // of programs that name fields of ECS
	byMembers []fieldIndex // of the others, one for each source
}

// fieldIndex has the programs that need one of some texts in two fields.
type fieldIndex struct {
	raw              *Raw // nil: the fields are of ECS, and case counts
	provider, action *event.Field
	byProvider       *index[*provider]
	byAction         *index[[]int32] // programs that need an action but no provider
}

// provider has the programs that need an event.provider.
type provider struct {
	anyAction []int32
	byAction  *index[[]int32] // programs that need an action too
}

// maxPairs limits the pairs of provider and action that a program is listed under.
// One with more is listed by provider only.
const maxPairs = 4096

// minKept is the minimum number of programs on fields of ECS with which what was looked up
// last is kept: with fewer, hardly any event has a provider and an action that are known.
const minKept = 100

func newFieldIndex(raw *Raw, providerField, actionField *event.Field) fieldIndex {
	return fieldIndex{raw, providerField, actionField, newIndex[*provider](), newIndex[[]int32]()}
}

// NewSet returns a set of programs, those that name fields of ECS compiled for the
// mapping. Match identifies them by their place in the list.
func NewSet(programs []*Program, m Mapping) *Set {
	s := &Set{programs: programs, needsAction: make([]bool, len(programs))}
	s.all = s.newPart(m, func(*Program) bool { return true })
	if ecs, ok := m.(ECS); ok {
		s.divide(ecs)
	}
	return s
}

// newPart returns an index of the programs that are in it.
func (s *Set) newPart(m Mapping, in func(*Program) bool) *part {
	t := &part{set: s, byFields: newFieldIndex(nil, m.Field("event.provider"), m.Field("event.action"))}
	for i, p := range s.programs {
		if !in(p) {
			continue
		}
		t.size++
		x := t.indexOf(p)
		providers, needsProvider := p.requiredValues(x.provider)
		actions, needsAction := p.requiredValues(x.action)
		n := int32(i)
		s.needsAction[i] = needsAction
		switch {
		case needsProvider:
			anyAction := !needsAction || len(providers)*len(actions) > maxPairs
			for _, name := range providers {
				x.of(name).add(n, actions, anyAction)
			}
		case needsAction:
			for _, action := range actions {
				addTo(x.byAction, action, n)
			}
		default:
			t.always = append(t.always, n)
		}
	}
	t.open = len(t.always)
	t.always, t.added = divideBy(t.always, func(n int32) bool { return s.programs[n].needsAdded() })
	t.addGates()
	t.keeps = len(t.byMembers) > 0 || t.size >= minKept
	return t
}

// minDivided is the minimum number of programs that need neither a provider nor an action
// with which the data set of a document in ECS form is looked up.
const minDivided = 4

// divide makes the parts for sources and for data sets.
func (s *Set) divide(m ECS) {
	datasets := []*event.Field{m.Field("event.dataset"), m.Field("data_stream.dataset")}
	open := s.all
	for i, source := range m.Sources() {
		t := s.newPart(m, func(p *Program) bool { return p.Covers(m.Schema, i) && (source.Open || !p.excludes(i, datasets...)) })
		if t.size == s.all.size {
			t = s.all
		}
		if s.bySource = append(s.bySource, t); source.Open {
			open = t
		}
	}
	if open.open < minDivided {
		return
	}
	s.byDataSet = map[string]*part{}
	for _, p := range s.programs {
		for _, name := range append(p.dataSets(), p.required(datasets)...) {
			if s.byDataSet[name] == nil {
				s.byDataSet[name] = s.newPart(m, func(p *Program) bool {
					return p.Covers(m.Schema, slices.IndexFunc(m.Sources(), isOpen)) && p.mayCoverDataSet(name)
				})
			}
		}
	}
}

func isOpen(s *event.Source) bool { return s.Open }

// partOf returns the index with the programs that may match the event.
func (s *Set) partOf(e *event.Event) *part {
	source, ok := e.Origin()
	if !ok || source >= len(s.bySource) {
		return s.all
	}
	if s.byDataSet != nil && e.IsOpen() {
		if name, ok := e.OnlyDataSet(); ok {
			if t := s.byDataSet[string(name)]; t != nil {
				return t
			}
		}
	}
	return s.bySource[source]
}

// indexOf returns the index that a program belongs in.
func (t *part) indexOf(p *Program) *fieldIndex {
	if p.raw == nil {
		return &t.byFields
	}
	i := slices.IndexFunc(t.byMembers, func(x fieldIndex) bool { return x.raw == p.raw })
	if i < 0 {
		i = len(t.byMembers)
		t.byMembers = append(t.byMembers, newFieldIndex(p.raw, p.raw.provider, p.raw.action))
	}
	return &t.byMembers[i]
}

// of returns the programs of a provider.
func (x *fieldIndex) of(name string) *provider {
	p := x.byProvider.byText[name]
	if p == nil {
		p = &provider{byAction: newIndex[[]int32]()}
		x.byProvider.put(name, p)
	}
	return p
}

func (p *provider) add(n int32, actions []string, anyAction bool) {
	if anyAction {
		p.anyAction = append(p.anyAction, n)
		return
	}
	for _, action := range actions {
		addTo(p.byAction, action, n)
	}
}

func addTo(x *index[[]int32], key string, n int32) { x.put(key, append(x.byText[key], n)) }

// FrequentFields returns the fields of the programs that are evaluated for many
// events: those that no event.action rules out.
func (s *Set) FrequentFields() []*event.Field { return s.all.frequentFields() }

func (t *part) frequentFields() []*event.Field {
	var fields []*event.Field
	add := func(programs []int32) {
		for _, n := range programs {
			fields = append(fields, t.set.programs[n].Fields()...)
		}
	}
	add(t.always)
	add(t.added)
	for i := range t.gates {
		for _, one := range t.gates[i].programs {
			add([]int32{one.program})
		}
	}
	for _, p := range t.byFields.byProvider.byText {
		add(p.anyAction)
	}
	for i := range t.byMembers {
		x := &t.byMembers[i]
		fields = append(fields, x.provider, x.action)
		for _, p := range x.byProvider.byText {
			add(p.anyAction)
		}
	}
	return fields
}

// Scratch is the working memory of Match. The zero value is ready for use, by one
// goroutine at a time.
type Scratch struct {
	providers  []*provider
	lookups    lookups
	candidates []int32
	matched    []int32
	nearMisses []NearMiss
}

// Match returns the places of the programs that match the event, in ascending
// order. The slice is valid until the next use of the scratch.
func (s *Set) Match(e *event.Event, scratch *Scratch) []int32 {
	scratch.matched, scratch.nearMisses = scratch.matched[:0], scratch.nearMisses[:0]
	for _, n := range s.partOf(e).candidates(e, scratch) {
		p := s.programs[n]
		matches := false
		if s.needsAction[n] {
			matches, scratch.nearMisses = p.matchOrNearMiss(scratch.nearMisses, n, e)
		} else {
			matches = p.Match(e)
		}
		if matches {
			scratch.matched = append(scratch.matched, n)
		}
	}
	return scratch.matched
}

// candidates returns the programs that may match, in ascending order, each once.
func (t *part) candidates(e *event.Event, scratch *Scratch) []int32 {
	found := append(scratch.candidates[:0], t.always...)
	if len(t.added) > 0 && e.MayHaveAdded() {
		found = append(found, t.added...)
	}
	for i := range t.gates {
		found = t.gates[i].appendCandidates(found, e)
	}
	mark := len(found)
	var provider, action []byte
	var kept *lookup
	if t.keeps {
		var ok bool
		if provider, action, ok = t.pair(e); ok {
			kept = scratch.lookups.slot(provider, action)
		}
	}
	if kept != nil && kept.has(t, provider, action) {
		found = append(found, kept.programs...)
	} else {
		found = t.indexed(found, e, scratch)
		if kept != nil {
			kept.put(t, provider, action, found[mark:])
		}
	}
	scratch.candidates = found
	return sortUnique(found)
}

// pair returns the provider and the action of the event, and reports whether it has one of
// each, the same for all indexes.
func (t *part) pair(e *event.Event) (provider, action []byte, ok bool) {
	provider, hasProvider := e.Text(t.byFields.provider)
	action, hasAction := e.Text(t.byFields.action)
	if !hasProvider || !hasAction {
		return nil, nil, false
	}
	for i := range t.byMembers {
		x := &t.byMembers[i]
		name, hasName := e.Text(x.provider)
		call, hasCall := e.Text(x.action)
		if !hasName || !hasCall || string(name) != string(provider) || string(call) != string(action) {
			return nil, nil, false
		}
	}
	return provider, action, true
}

// indexed appends the programs that may match by their indexes.
func (t *part) indexed(found []int32, e *event.Event, scratch *Scratch) []int32 {
	x := &t.byFields
	name, hasProvider := e.Text(x.provider)
	action, hasAction := e.Text(x.action)
	if hasProvider && hasAction {
		found = x.find(found, name, action)
	} else {
		found = t.findAll(found, x, e, scratch)
	}
	for i := range t.byMembers {
		found = t.findFolded(found, &t.byMembers[i], e, scratch)
	}
	return found
}

// find appends the programs that may match an event with one provider and one action.
func (x *fieldIndex) find(found []int32, name, action []byte) []int32 {
	if p := x.byProvider.get(name); p != nil {
		found = append(found, p.anyAction...)
		found = append(found, p.byAction.get(action)...)
	}
	return append(found, x.byAction.get(action)...)
}

// findFolded is find for an index in which case does not count. A text that is longer
// than those in it is not looked up.
func (t *part) findFolded(found []int32, x *fieldIndex, e *event.Event, scratch *Scratch) []int32 {
	name, hasProvider := e.Text(x.provider)
	action, hasAction := e.Text(x.action)
	if !hasProvider || !hasAction {
		return t.findAll(found, x, e, scratch)
	}
	var first, second [2 * maxFolded]byte
	return x.find(found, foldKey(first[:0], name), foldKey(second[:0], action))
}

// foldKey appends the folded text, or nothing if it is too long to be in an index.
func foldKey(dst, text []byte) []byte {
	if len(text) > maxFolded {
		return dst
	}
	return textpattern.AppendFold(dst, text, query.SimpleFold)
}

// findAll appends the programs that may match an event with any number of providers
// and actions, of any type. Each provider is looked up once.
func (t *part) findAll(found []int32, x *fieldIndex, e *event.Event, scratch *Scratch) []int32 {
	providers := scratch.providers[:0]
	e.Any(x.provider, func(v msgpack.Value) bool {
		if p := lookUp(x, x.byProvider, v); p != nil && !slices.Contains(providers, p) {
			providers = append(providers, p)
			found = append(found, p.anyAction...)
		}
		return false
	})
	scratch.providers = providers
	e.Any(x.action, func(v msgpack.Value) bool {
		found = append(found, lookUp(x, x.byAction, v)...)
		for _, p := range providers {
			found = append(found, lookUp(x, p.byAction, v)...)
		}
		if len(found) > 2*t.size {
			found = sortUnique(found)
		}
		return false
	})
	return found
}

// lookUp looks up the text that the value has in the fields of an index.
func lookUp[T any](x *fieldIndex, in *index[T], v msgpack.Value) (found T) {
	var buf [maxNumberText]byte
	if x.raw == nil {
		if text, ok := scalarText(buf[:0], v); ok {
			found = in.get(text)
		}
		return found
	}
	if text, ok := rawText(buf[:0], v); ok {
		var folded [2 * maxFolded]byte
		found = in.get(foldKey(folded[:0], text))
	}
	return found
}

func sortUnique(list []int32) []int32 {
	if len(list) > 1 {
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}
