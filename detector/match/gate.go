package match

import (
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
)

// gate has programs that need neither a provider nor an action, but one of some literals
// in certain members of an event: of most events these are searched once, for the
// literals of all of them.
type gate struct {
	extent   event.Extent
	literals *literal.Set
	programs []gated
}

// gated is a program behind a gate.
type gated struct {
	program  int32
	extent   event.Extent
	texts    []literal.Text
	literals *literal.Set // these texts
}

// appendCandidates appends the programs behind the gate that may match the event.
func (g *gate) appendCandidates(found []int32, e *event.Event) []int32 {
	if !e.MayHaveAny(&g.extent, g.literals) {
		return found
	}
	for i := range g.programs {
		p := &g.programs[i]
		if len(g.programs) == 1 || e.MayHaveAny(&p.extent, p.literals) {
			found = append(found, p.program)
		}
	}
	return found
}

// gateText is a literal that a program needs, and where.
type gateText struct {
	literal.Text
	extent event.Extent
}

// maxGateTexts is the maximum number of literals of a program behind a gate.
const maxGateTexts = 64

// addGates puts the programs that can be behind a gate there, and leaves the others to be
// evaluated for every event.
func (t *part) addGates() {
	var always []int32
	var all []gated
	for _, n := range t.always {
		if extent, texts, ok := t.set.programs[n].gate(); ok {
			all = append(all, gated{n, extent, texts, literal.NewSet(texts)})
		} else {
			always = append(always, n)
		}
	}
	t.always = always
	// Those that are in more members come first, so that others can join them.
	slices.SortStableFunc(all, func(a, b gated) int { return b.extent.Len() - a.extent.Len() })
	for _, one := range all {
		i := slices.IndexFunc(t.gates, func(g gate) bool { return g.extent.Covers(&one.extent) })
		if i < 0 {
			i = len(t.gates)
			t.gates = append(t.gates, gate{extent: one.extent})
		}
		g := &t.gates[i]
		g.extent = g.extent.Union(one.extent)
		g.programs = append(g.programs, one)
	}
	t.gates = mergeGates(t.gates)
	for i := range t.gates {
		t.gates[i].literals = literal.NewSet(t.gates[i].texts())
	}
}

// maxMerged is the maximum number of literals of gates that are merged: a search for so many
// takes hardly longer than one for a few, in one part of the event rather than in several.
const maxMerged = 32

// mergeGates merges gates with few literals.
func mergeGates(gates []gate) (merged []gate) {
	for _, g := range gates {
		i := slices.IndexFunc(merged, func(m gate) bool {
			return len(distinctTexts(append(m.texts(), g.texts()...))) <= maxMerged
		})
		if i < 0 {
			merged = append(merged, g)
			continue
		}
		m := &merged[i]
		m.extent, m.programs = m.extent.Union(g.extent), append(m.programs, g.programs...)
	}
	return merged
}

// texts returns the literals of all programs behind the gate.
func (g *gate) texts() (texts []literal.Text) {
	for _, one := range g.programs {
		texts = append(texts, one.texts...)
	}
	return distinctTexts(texts)
}

// gate returns literals of which at least one is in every event that the program matches,
// and where. It returns false if there are none by which many events are told apart.
func (p *Program) gate() (extent event.Extent, texts []literal.Text, ok bool) {
	needed, ok := required(p, 0, (*Condition).gateTexts, fewerTexts, distinctGateTexts)
	if !ok || len(needed) == 0 || len(needed) > maxGateTexts {
		return extent, nil, false
	}
	for i, t := range needed {
		if i == 0 {
			extent = t.extent
		}
		extent = extent.Union(t.extent)
		texts = append(texts, t.Text)
	}
	return extent, texts, !extent.IsEverywhere()
}

func (c *Condition) gateTexts() (texts []gateText, ok bool) {
	if c.keyword != nil || c.nested != nil || c.unmapped != nil || c.computed != nil || c.inverse {
		return nil, false
	}
	for i := range c.tests {
		t := &c.tests[i]
		if t.presence || t.field.FewValues { // its values are in many events
			return nil, false
		}
		extent := t.field.Extent()
		found, ok := literalsOf(t.match)
		if !ok || extent.IsEverywhere() {
			return nil, false
		}
		for _, text := range found {
			texts = append(texts, gateText{text, extent})
		}
	}
	return texts, true
}

// fewerTexts reports whether the literals a tell more events apart than b: fewer of them,
// or longer ones.
func fewerTexts(a, b []gateText) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return shortest(a) > shortest(b)
}

func shortest(texts []gateText) int {
	n := 1 << 10
	for _, t := range texts {
		n = min(n, len(t.Text.Text))
	}
	return n
}

func distinctGateTexts(texts []gateText) []gateText {
	slices.SortStableFunc(texts, func(a, b gateText) int {
		if a.Fold != b.Fold {
			if b.Fold {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Text.Text, b.Text.Text)
	})
	return slices.CompactFunc(texts, func(a, b gateText) bool { return a == b })
}
