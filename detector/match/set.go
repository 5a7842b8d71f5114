package match

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Set is a list of programs with an index by the event.provider and event.action
// that they need, so that an event is evaluated by few of them. An event whose
// provider no program needs costs a look-up or two.
type Set struct {
	programs    []*Program
	byProvider  *index[*provider]
	byAction    *index[[]int32] // programs that need an action but no provider
	always      []int32         // programs that need neither
	needsAction []bool          // by program; only these have near misses

	fieldProvider, fieldAction *event.Field
}

// provider has the programs that need an event.provider.
type provider struct {
	anyAction []int32
	byAction  *index[[]int32] // programs that need an action too
}

// maxPairs limits the pairs of provider and action that a program is listed under.
// One with more is listed by provider only.
const maxPairs = 4096

// NewSet returns a set of programs that were compiled for the mapping. Match
// identifies them by their place in the list.
func NewSet(programs []*Program, m Mapping) *Set {
	s := &Set{
		programs:    programs,
		byProvider:  newIndex[*provider](),
		byAction:    newIndex[[]int32](),
		needsAction: make([]bool, len(programs)),

		fieldProvider: m.Field("event.provider"),
		fieldAction:   m.Field("event.action"),
	}
	for i, p := range programs {
		providers, needsProvider := p.requiredValues(s.fieldProvider)
		actions, needsAction := p.requiredValues(s.fieldAction)
		n := int32(i)
		s.needsAction[i] = needsAction
		switch {
		case needsProvider:
			anyAction := !needsAction || len(providers)*len(actions) > maxPairs
			for _, name := range providers {
				s.provider(name).add(n, actions, anyAction)
			}
		case needsAction:
			for _, action := range actions {
				addTo(s.byAction, action, n)
			}
		default:
			s.always = append(s.always, n)
		}
	}
	return s
}

func (s *Set) provider(name string) *provider {
	p := s.byProvider.byText[name]
	if p == nil {
		p = &provider{byAction: newIndex[[]int32]()}
		s.byProvider.put(name, p)
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
func (s *Set) FrequentFields() []*event.Field {
	var fields []*event.Field
	add := func(programs []int32) {
		for _, n := range programs {
			fields = append(fields, s.programs[n].Fields()...)
		}
	}
	add(s.always)
	for _, p := range s.byProvider.byText {
		add(p.anyAction)
	}
	return fields
}

// Scratch is the working memory of Match. The zero value is ready for use, by one
// goroutine at a time.
type Scratch struct {
	providers  []*provider
	candidates []int32
	matched    []int32
	nearMisses []NearMiss
}

// Match returns the places of the programs that match the event, in ascending
// order. The slice is valid until the next use of the scratch.
func (s *Set) Match(e *event.Event, scratch *Scratch) []int32 {
	scratch.matched, scratch.nearMisses = scratch.matched[:0], scratch.nearMisses[:0]
	for _, n := range s.candidates(e, scratch) {
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
func (s *Set) candidates(e *event.Event, scratch *Scratch) []int32 {
	found := append(scratch.candidates[:0], s.always...)
	name, hasProvider := e.Text(s.fieldProvider)
	action, hasAction := e.Text(s.fieldAction)
	if hasProvider && hasAction {
		if p := s.byProvider.get(name); p != nil {
			found = append(found, p.anyAction...)
			found = append(found, p.byAction.get(action)...)
		}
		found = append(found, s.byAction.get(action)...)
	} else {
		found = s.allCandidates(found, e, scratch)
	}
	scratch.candidates = found
	return sortUnique(found)
}

// allCandidates appends the programs that may match an event with any number of
// providers and actions, of any type. Each provider is looked up once.
func (s *Set) allCandidates(found []int32, e *event.Event, scratch *Scratch) []int32 {
	providers := scratch.providers[:0]
	e.Any(s.fieldProvider, func(v msgpack.Value) bool {
		if p := lookUp(s.byProvider, v); p != nil && !slices.Contains(providers, p) {
			providers = append(providers, p)
			found = append(found, p.anyAction...)
		}
		return false
	})
	scratch.providers = providers
	e.Any(s.fieldAction, func(v msgpack.Value) bool {
		found = append(found, lookUp(s.byAction, v)...)
		for _, p := range providers {
			found = append(found, lookUp(p.byAction, v)...)
		}
		if len(found) > 2*len(s.programs) {
			found = sortUnique(found)
		}
		return false
	})
	return found
}

// lookUp looks up the text that the value has in a keyword field.
func lookUp[T any](x *index[T], v msgpack.Value) (found T) {
	var buf [maxNumberText]byte
	if text, ok := scalarText(buf[:0], v); ok {
		found = x.get(text)
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
