package program

import (
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/cloudtrail"
	"github.com/fluent-detect/fluent-detect/detector/record"
)

// Set is a number of programs with an index over what they need, so that an
// event is tried against few of them: an event whose event.provider and
// event.action no program asks for costs a look-up or two.
type Set struct {
	programs []*Program
	byBoth   map[string][]int32 // provider, separator, action
	byAction map[string][]int32
	bySource map[string][]int32 // provider alone
	always   []int32
	indexed  []bool // of each program: it is not in always
}

const separator = 0x1f

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
		byBoth:   map[string][]int32{},
		byAction: map[string][]int32{},
		bySource: map[string][]int32{},
	}
	for i, p := range programs {
		sources, needsSource := required(p.query, fieldProvider.Name)
		actions, needsAction := required(p.query, fieldAction.Name)
		n := int32(i)
		s.indexed[i] = needsSource || needsAction
		switch {
		case needsSource && needsAction && len(sources)*len(actions) <= mostPairs:
			for _, source := range sources {
				for _, action := range actions {
					list(s.byBoth, source+string(rune(separator))+action, n)
				}
			}
		case needsAction:
			for _, action := range actions {
				list(s.byAction, action, n)
			}
		case needsSource:
			for _, source := range sources {
				list(s.bySource, source, n)
			}
		default:
			s.always = append(s.always, n)
		}
	}
	return s
}

// Always returns the fields that programs read of every event: those programs
// that no event.provider and no event.action rules out.
func (s *Set) Always() []*cloudtrail.Field {
	var fields []*cloudtrail.Field
	for _, n := range s.always {
		fields = append(fields, s.programs[n].Fields()...)
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
	key        []byte
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
	sources, actions := e.Values(fieldProvider), e.Values(fieldAction)
	if len(sources)*len(actions) > mostValues {
		for i := range s.programs {
			found = append(found, int32(i))
		}
		scratch.candidates = found[len(s.always):]
		return scratch.candidates
	}
	for _, source := range sources {
		key := appendText(scratch.key[:0], source)
		if len(s.bySource) > 0 {
			found = append(found, s.bySource[string(key)]...)
		}
		if len(s.byBoth) > 0 {
			key = append(key, separator)
			n := len(key)
			for _, action := range actions {
				key = appendText(key[:n], action)
				found = append(found, s.byBoth[string(key)]...)
			}
		}
		scratch.key = key
	}
	if len(s.byAction) > 0 {
		for _, action := range actions {
			scratch.key = appendText(scratch.key[:0], action)
			found = append(found, s.byAction[string(scratch.key)]...)
		}
	}
	if len(found) > 1 {
		slices.Sort(found)
		found = slices.Compact(found)
	}
	scratch.candidates = found
	return found
}

// appendText appends the text by which a keyword field knows the value.
func appendText(dst []byte, v record.Value) []byte {
	var buf [numberText]byte
	text, _ := scalarText(buf[:0], v)
	return append(dst, text...)
}
