package match

import (
	"maps"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// Set is a number of programs with an index over what they need, so that an
// event is tried against few of them: an event whose event.provider no program
// asks for costs a look-up or two.
type Set struct {
	programs   []*Program
	byProvider *index[*provider]
	byAction   *index[[]int32] // of those that need an action but no provider
	always     []int32
	asksAction []bool // of each program: it can have near misses
}

// provider has the programs that need an event.provider.
type provider struct {
	any      []int32         // whatever the action
	byAction *index[[]int32] // and one of certain actions
}

var (
	fieldProvider = event.FieldNamed("event.provider")
	fieldAction   = event.FieldNamed("event.action")
)

// maxPairs is how many pairs of provider and action a program may be listed
// under before it is listed by provider alone.
const maxPairs = 4096

// NewSet indexes the programs. The place of a program in the list is what
// Match gives back.
func NewSet(programs []*Program) *Set {
	s := &Set{
		programs:   programs,
		byProvider: newIndex[*provider](),
		byAction:   newIndex[[]int32](),
		asksAction: make([]bool, len(programs)),
	}
	for i, p := range programs {
		providers, needsProvider := p.required(0, fieldProvider)
		actions, needsAction := p.required(0, fieldAction)
		n := int32(i)
		s.asksAction[i] = needsAction
		switch {
		case needsProvider:
			anyAction := !needsAction || len(providers)*len(actions) > maxPairs
			for _, name := range providers {
				s.provider(name).add(n, actions, anyAction)
			}
		case needsAction:
			for _, action := range actions {
				list(s.byAction, action, n)
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
		p.any = append(p.any, n)
		return
	}
	for _, action := range actions {
		list(p.byAction, action, n)
	}
}

func list(x *index[[]int32], key string, n int32) { x.put(key, append(x.byText[key], n)) }

// Often returns the fields that programs read of many events: those programs
// that no event.action rules out.
func (s *Set) Often() []*event.Field {
	var fields []*event.Field
	add := func(programs []int32) {
		for _, n := range programs {
			fields = append(fields, s.programs[n].Fields()...)
		}
	}
	add(s.always)
	for _, p := range s.byProvider.byText {
		add(p.any)
	}
	return fields
}

// required returns the texts of which a keyword field must have one for the node
// to be true, each once, and false when it can be true without any.
func (p *Program) required(i int32, field *event.Field) (texts []string, ok bool) {
	n := &p.nodes[i]
	switch n.op {
	case opFalse:
		return nil, true
	case opCondition:
		return p.conditions[n.child].required(field)
	case opAnd:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			if t, has := p.required(c, field); has && (!ok || len(t) < len(texts)) {
				texts, ok = t, true
			}
		}
		return texts, ok
	case opOr:
		for c := n.child; c >= 0; c = p.nodes[c].next {
			t, has := p.required(c, field)
			if !has {
				return nil, false
			}
			texts = append(texts, t...)
		}
		slices.Sort(texts)
		return slices.Compact(texts), true
	}
	return nil, false
}

func (c *Condition) required(field *event.Field) (texts []string, ok bool) {
	if c.nested != nil || c.others != nil {
		return nil, false
	}
	if len(c.tests) == 0 { // never true
		return nil, true
	}
	// The same Field: not one of that name with another type.
	if len(c.tests) > 1 || c.tests[0].field != field {
		return nil, false
	}
	switch m := c.tests[0].match.(type) {
	case exact:
		return []string{string(m)}, true
	case textSet:
		return slices.Sorted(maps.Keys(m)), true
	}
	return nil, false
}

// Scratch is the working memory of Match, one for each goroutine. The zero
// value is ready.
type Scratch struct {
	providers  []*provider
	candidates []int32
	matched    []int32
	near       []NearMiss
}

// Match returns the places of the programs that match the event, in ascending
// order. The slice belongs to the scratch and is valid until its next use.
func (s *Set) Match(e *event.Event, scratch *Scratch) []int32 {
	scratch.matched, scratch.near = scratch.matched[:0], scratch.near[:0]
	for _, n := range s.candidates(e, scratch) {
		p := s.programs[n]
		matches := false
		if s.asksAction[n] {
			matches, scratch.near = p.try(scratch.near, n, e)
		} else {
			matches = p.Match(e)
		}
		if matches {
			scratch.matched = append(scratch.matched, n)
		}
	}
	return scratch.matched
}

// candidates returns the programs that could match, in ascending order and
// each once.
func (s *Set) candidates(e *event.Event, scratch *Scratch) []int32 {
	found := append(scratch.candidates[:0], s.always...)
	name, ok := e.Text(fieldProvider)
	action, okToo := e.Text(fieldAction)
	if ok && okToo {
		if p := s.byProvider.get(name); p != nil {
			found = append(found, p.any...)
			found = append(found, p.byAction.get(action)...)
		}
		found = append(found, s.byAction.get(action)...)
	} else {
		found = s.findAll(found, e, scratch)
	}
	scratch.candidates = found
	return ascending(found)
}

// findAll appends the programs that could match an event that does not have one
// provider and one action: none, or several, or in odd forms. An event may have
// any number of values, but no provider is looked at twice.
func (s *Set) findAll(found []int32, e *event.Event, scratch *Scratch) []int32 {
	providers := scratch.providers[:0]
	for _, v := range e.Values(fieldProvider) {
		if p := lookUp(s.byProvider, v); p != nil && !slices.Contains(providers, p) {
			providers = append(providers, p)
			found = append(found, p.any...)
		}
	}
	scratch.providers = providers
	for _, v := range e.Values(fieldAction) {
		found = append(found, lookUp(s.byAction, v)...)
		for _, p := range providers {
			found = append(found, lookUp(p.byAction, v)...)
		}
		if len(found) > 2*len(s.programs) {
			found = ascending(found)
		}
	}
	return found
}

// lookUp returns what an index has under the text by which a keyword field knows
// the value.
func lookUp[T any](x *index[T], v msgpack.Value) (found T) {
	var buf [numberText]byte
	if text, ok := scalarText(buf[:0], v); ok {
		found = x.get(text)
	}
	return found
}

func ascending(list []int32) []int32 {
	if len(list) > 1 {
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}
