package program

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
)

// Set is a number of programs with an index over what they need, so that an
// event is tried against few of them: an event whose event.provider and
// event.action no program asks for costs a look-up or two.
type Set struct {
	programs []*Program
	sources  map[string]*source // by event.provider
	actions  map[string][]int32 // by event.action, of programs that ask for no provider
	always   []int32
	indexed  []bool // of each program: it is not in always
}

// source has the programs that ask for one event.provider.
type source struct {
	any     []int32            // whatever the action
	actions map[string][]int32 // by event.action
}

var (
	fieldProvider = cloudtrail.FieldNamed("event.provider")
	fieldAction   = cloudtrail.FieldNamed("event.action")
)

// mostPairs is how many pairs of provider and action a program may be listed
// under before it is listed by action alone.
const mostPairs = 4096

// mostValues is how many pairs of values of an event are looked up. An event has
// one; one with more has its members many times over, and is tried against every
// program instead.
const mostValues = 64

// NewSet indexes the programs. The place of a program in the list is what
// Match gives back.
func NewSet(programs []*Program) *Set {
	s := &Set{
		programs: programs,
		indexed:  make([]bool, len(programs)),
		sources:  map[string]*source{},
		actions:  map[string][]int32{},
	}
	for i, p := range programs {
		sources, needsSource := required(p.query, fieldProvider.Name)
		actions, needsAction := required(p.query, fieldAction.Name)
		n := int32(i)
		s.indexed[i] = needsSource || needsAction
		switch {
		case needsSource && needsAction && len(sources)*len(actions) <= mostPairs:
			for _, name := range sources {
				for _, action := range actions {
					list(s.source(name).actions, action, n)
				}
			}
		case needsAction:
			for _, action := range actions {
				list(s.actions, action, n)
			}
		case needsSource:
			for _, name := range sources {
				if of := s.source(name); !slices.Contains(of.any, n) {
					of.any = append(of.any, n)
				}
			}
		default:
			s.always = append(s.always, n)
		}
	}
	return s
}

// source returns the programs of that provider.
func (s *Set) source(name string) *source {
	of := s.sources[name]
	if of == nil {
		of = &source{actions: map[string][]int32{}}
		s.sources[name] = of
	}
	return of
}

// Often returns the fields that programs read of many events: those programs
// that no event.action rules out.
func (s *Set) Often() []*cloudtrail.Field {
	var fields []*cloudtrail.Field
	add := func(programs []int32) {
		for _, n := range programs {
			fields = append(fields, s.programs[n].Fields()...)
		}
	}
	add(s.always)
	for _, of := range s.sources {
		add(of.any)
	}
	return fields
}

func list(index map[string][]int32, key string, n int32) {
	if !slices.Contains(index[key], n) {
		index[key] = append(index[key], n)
	}
}

// Scratch is the working memory of Match, one for each goroutine. The zero
// value is ready.
type Scratch struct {
	candidates []int32
	matched    []int32
	near       []NearMiss
}

// Match returns the places of the programs that match the event, in ascending
// order. The slice belongs to the scratch and is valid until its next use.
func (s *Set) Match(e *cloudtrail.Event, scratch *Scratch) []int32 {
	scratch.matched, scratch.near = scratch.matched[:0], scratch.near[:0]
	candidates := s.candidates(e, scratch)
	for _, n := range candidates {
		if s.programs[n].Match(e) {
			scratch.matched = append(scratch.matched, n)
		} else if s.indexed[n] {
			scratch.near = s.programs[n].nearMisses(scratch.near, n, e)
		}
	}
	return scratch.matched
}

// candidates returns the programs that could match, in ascending order and
// each once.
func (s *Set) candidates(e *cloudtrail.Event, scratch *Scratch) []int32 {
	found := append(scratch.candidates[:0], s.always...)
	name, ok := e.Text(fieldProvider)
	action, okToo := e.Text(fieldAction)
	if ok && okToo {
		found = s.find(found, name, action)
	} else {
		found = s.findAll(found, e)
	}
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	scratch.candidates = found
	return found
}

// find appends the programs that ask for this provider or action.
func (s *Set) find(found []int32, name, action []byte) []int32 {
	if of := s.sources[string(name)]; of != nil {
		found = append(found, of.any...)
		found = append(found, of.actions[string(action)]...)
	}
	if len(s.actions) > 0 {
		found = append(found, s.actions[string(action)]...)
	}
	return found
}

// findAll is find for an event that has none of them, or several, or in odd
// forms.
func (s *Set) findAll(found []int32, e *cloudtrail.Event) []int32 {
	sources, actions := e.Values(fieldProvider), e.Values(fieldAction)
	if len(sources)*len(actions) > mostValues {
		for i := range s.programs {
			found = append(found, int32(i))
		}
		return found
	}
	var nameBuf, actionBuf [numberText]byte
	for _, v := range sources {
		if name, ok := scalarText(nameBuf[:0], v); ok {
			found = s.find(found, name, nil)
			for _, a := range actions {
				if action, ok := scalarText(actionBuf[:0], a); ok {
					found = s.find(found, name, action)
				}
			}
		}
	}
	for _, a := range actions {
		if action, ok := scalarText(actionBuf[:0], a); ok {
			found = s.find(found, nil, action)
		}
	}
	return found
}
