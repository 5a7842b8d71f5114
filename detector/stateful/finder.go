package stateful

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/fluent-detect/fluent-detect/detector/event"
	program "github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/query"
)

// Finder finds the matches of a sequence in documents that are all there, as a search in
// Elasticsearch does: documents of the same time have the order in which they were added,
// and a document may be in several matches.
type Finder struct {
	sequence *query.Sequence
	steps    *program.Steps
	lists    []keyList
	scratch  Scratch
	groups   map[string][]found
	added    int32
	newest   int64
	text     []byte
}

// found is a document that is some step.
type found struct {
	at    int64
	place int32 // in the order in which documents were added
	steps uint64
}

// NewFinder returns a finder for a sequence, of which these are the programs. Keys are
// looked for in fields by their names.
func NewFinder(n *query.Sequence, steps *program.Steps, field func(name string) *event.Field) *Finder {
	f := &Finder{sequence: n, steps: steps, groups: map[string][]found{}, newest: none}
	add := func(s *query.Step, bit uint64) {
		l := keyList{steps: bit}
		for _, k := range s.By {
			l.fields, l.optional = append(l.fields, field(k.Field.Name)), append(l.optional, k.Optional)
		}
		f.lists = append(f.lists, l)
	}
	for i := range n.Steps {
		add(&n.Steps[i], 1<<i)
	}
	if n.Until != nil {
		add(n.Until, program.UntilStep)
	}
	return f
}

// Add adds a document of that time, in milliseconds, and reports whether it may be in a match.
// One that is Undated has the newest time of those before.
func (f *Finder) Add(e *event.Event, at int64) bool {
	place := f.added
	f.added++
	if at == Undated {
		at = f.newest
	}
	f.newest = max(f.newest, at)
	steps := f.steps.Of(e)
	for i := range f.lists {
		l := &f.lists[i]
		if steps&l.steps == 0 {
			continue
		}
		f.scratch.combinations(l.fields, l.optional, e, func(values [][]byte) {
			f.text = f.text[:0]
			for _, v := range values {
				length := uint32(len(v))
				if v == nil {
					length = 1<<32 - 1
				}
				f.text = append(binary.BigEndian.AppendUint32(f.text, length), v...)
			}
			group := f.groups[string(f.text)]
			if n := len(group) - 1; n >= 0 && group[n].place == place {
				group[n].steps |= l.steps
				return
			}
			f.groups[string(f.text)] = append(group, found{at, place, l.steps})
		})
	}
	return steps&^program.UntilStep != 0
}

// Match is a match of a sequence: for each step, with its runs, the place of a document among
// those that were added, or -1 for one that must be missing.
type Match []int32

// Matches returns all matches, those that are complete first in front.
func (f *Finder) Matches() []Match {
	type complete struct {
		end  found
		keys string
		Match
	}
	var all []complete
	machine := Machine{Span: f.sequence.MaxSpan.Milliseconds()}
	for i := range f.sequence.Steps {
		for range f.sequence.Steps[i].Runs {
			if !f.sequence.Steps[i].Missing {
				machine.Stages = append(machine.Stages, i)
			}
		}
	}
	for keys, group := range f.groups {
		slices.SortStableFunc(group, func(a, b found) int { return cmp.Compare(a.at, b.at) })
		instants := make([]Instant, len(group))
		for i, one := range group {
			instants[i] = Instant{At: one.at, Order: int64(i), Steps: one.steps}
		}
		machine.Run(instants, func(members []int32) {
			if m, ok := f.complete(group, members); ok {
				all = append(all, complete{group[members[len(members)-1]], keys, m})
			}
		})
	}
	slices.SortStableFunc(all, func(a, b complete) int {
		return cmp.Or(cmp.Compare(a.end.at, b.end.at), cmp.Compare(a.end.place, b.end.place), cmp.Compare(a.keys, b.keys))
	})
	matches := make([]Match, len(all))
	for i := range all {
		matches[i] = all[i].Match
	}
	return matches
}

// complete returns the match that has those events of a group, and false if one of those
// that must be missing is there.
func (f *Finder) complete(group []found, members []int32) (m Match, ok bool) {
	next := 0 // of the members
	for i := range f.sequence.Steps {
		s := &f.sequence.Steps[i]
		if !s.Missing {
			for range s.Runs {
				m = append(m, group[members[next]].place)
				next++
			}
			continue
		}
		m = append(m, -1)
		span := f.sequence.MaxSpan.Milliseconds()
		begin, end := 0, len(group)
		from, to := int64(none), int64(never)
		if next > 0 {
			begin = int(members[next-1]) + 1
		} else {
			from = group[members[len(members)-1]].at - span
		}
		if next < len(members) {
			end = int(members[next])
		} else {
			to = group[members[0]].at + span
		}
		if slices.ContainsFunc(group[begin:end], func(one found) bool {
			return one.steps>>i&1 != 0 && from <= one.at && one.at <= to
		}) {
			return nil, false
		}
	}
	return m, true
}
