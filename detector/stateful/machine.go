package stateful

import program "github.com/fluent-detect/fluent-detect/detector/match"

// Machine finds the matches of a sequence among events of the same keys, as Elasticsearch's
// state machine does: an event takes the newest match that waits for its step, and that one
// and all older ones wait no longer; then it counts whether the time from the first event
// on is too long. It is for one goroutine at a time.
type Machine struct {
	Stages []int // of each event of a match the place of its step
	Span   int64 // the longest time from the first to the last event, in milliseconds; 0: there is none

	chains  []chained
	waiting [][]int32 // for each stage but the first the chains that wait for it, the newest last
	members []int32
}

// Instant is what a [Machine] has to know of an event.
type Instant struct {
	At    int64  // in milliseconds
	Order int64  // events of the same order are at the same time: the earlier step is first
	Steps uint64 // which steps it is, as bits by their places, and untilStep
}

const untilStep = program.UntilStep

// chained is an event, and those of the stages before it.
type chained struct {
	event, before int32 // before: a chain, or -1
	first         int64 // the time of the first event
}

// Run calls found with each match, as the places of its events in the order of the stages.
// The events are in their order, those of the same order in that of their arrival. The slice
// is valid until found returns.
func (m *Machine) Run(events []Instant, found func(members []int32)) {
	last := len(m.Stages) - 1
	for len(m.waiting) < last {
		m.waiting = append(m.waiting, nil)
	}
	for i := range m.waiting {
		m.waiting[i] = m.waiting[i][:0]
	}
	m.chains = m.chains[:0]
	for begin, end := 0, 0; begin < len(events); begin = end {
		var steps uint64
		for end = begin; end < len(events) && events[end].Order == events[begin].Order; end++ {
			steps |= events[end].Steps
		}
		for stage, step := range m.Stages {
			if steps>>step&1 == 0 {
				continue
			}
			for i := begin; i < end; i++ {
				if events[i].Steps>>step&1 == 0 {
					continue
				}
				c, ok := m.take(events, stage, int32(i))
				switch {
				case !ok:
				case stage == last:
					found(m.list(c))
				default:
					m.chains = append(m.chains, c)
					m.waiting[stage] = append(m.waiting[stage], int32(len(m.chains)-1))
				}
			}
		}
		if steps&untilStep != 0 {
			m.end(events, events[begin].Order)
		}
	}
}

// take returns the chain that the event makes at a stage, if it can be there.
func (m *Machine) take(events []Instant, stage int, event int32) (c chained, ok bool) {
	c = chained{event: event, before: -1, first: events[event].At}
	if stage == 0 {
		return c, true
	}
	waiting := m.waiting[stage-1]
	i := len(waiting) - 1
	for i >= 0 && m.has(waiting[i], event) { // no event is two of one match
		i--
	}
	if i < 0 {
		return c, false
	}
	c.before = waiting[i]
	c.first = m.chains[c.before].first
	m.waiting[stage-1] = append(waiting[:0], waiting[i+1:]...)
	return c, m.Span == 0 || events[event].At-c.first <= m.Span
}

func (m *Machine) has(chain, event int32) bool {
	for ; chain >= 0; chain = m.chains[chain].before {
		if m.chains[chain].event == event {
			return true
		}
	}
	return false
}

// list returns the events of a chain, the first one first.
func (m *Machine) list(c chained) []int32 {
	m.members = append(m.members[:0], make([]int32, len(m.Stages))...)
	for i := len(m.Stages) - 1; ; i-- {
		m.members[i] = c.event
		if c.before < 0 {
			return m.members
		}
		c = m.chains[c.before]
	}
}

// end ends what waits, of which the last event is before that order.
func (m *Machine) end(events []Instant, order int64) {
	for stage, waiting := range m.waiting {
		n := 0
		for n < len(waiting) && events[m.chains[waiting[n]].event].Order < order {
			n++
		}
		m.waiting[stage] = append(waiting[:0], waiting[n:]...)
	}
}
