package stateful

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// correlation is the kind of rules that are about matches of other rules.
type correlation struct{}

func (correlation) most(l Limits) int { return l.Groups }

// MaxMatches is how many matches of a group a correlation keeps at most, however many its
// condition asks for.
const MaxMatches = 1 << 20

// correlated is what is remembered of a group of a correlation.
type correlated struct {
	header
	matches  []matched // that are not consumed, by time, event and step
	newest   int64     // time of a match of the group; none if there was none
	consumed int64     // matches up to this time do not count any more
}

// matched is a match of one of the rules of a correlation.
type matched struct {
	at     int64    // milliseconds since 1970
	event  uint64   // a digest of what the event is
	step   int32    // the place of the rule in the correlation
	values []uint64 // digests of the values that are counted, or the bits of numbers
	id     string   // the ID of the event, or the beginning of it
}

func compareMatched(a, b matched) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.event, b.event), cmp.Compare(a.step, b.step))
}

func (correlation) observe(m *Memory, r *ruleMemory, o *Observation, at int64, now time.Time) (v Verdict) {
	g, _ := m.live(r, o.Key, now).(*correlated)
	if g == nil {
		m.makeRoom(r, o.Owner, now)
		g = &correlated{newest: none, consumed: none, header: header{owner: o.Owner}}
		m.addGroup(r, o.Key, g)
	}
	if g.newest != none && at < g.newest-r.window-r.lateness {
		m.count(r, Counts{Late: 1})
		v.Result = TooLate
		return v
	}
	g.touched = uint32(now.Unix())
	g.newest = max(g.newest, at)
	if at <= g.consumed {
		return v
	}
	one := matched{at: at, event: o.Event, step: int32(o.Step), values: o.Values, id: o.ID[:min(len(o.ID), MaxID)]}
	i, again := slices.BinarySearchFunc(g.matches, one, compareMatched)
	if again {
		v.Result = Same
		return v
	}
	g.matches = slices.Insert(g.matches, i, one)
	g.drop(g.newest - r.window - r.lateness)
	if maximum := r.maxMatches(); len(g.matches) > maximum {
		m.count(r, Counts{Evicted: uint64(len(g.matches) - maximum)})
		g.matches = slices.Delete(g.matches, 0, len(g.matches)-maximum)
	}
	if v.Window = g.reached(r.correlation, at, r.window); v.Window == nil {
		return v
	}
	v.Result = Reached
	g.consumed = v.Window.To.UnixMilli()
	g.drop(g.consumed + 1)
	return v
}

// maxMatches returns the maximum number of matches of a group.
func (r *ruleMemory) maxMatches() int {
	n := float64(minHits)
	if !r.correlation.Type.IsNumeric() {
		for _, b := range r.correlation.Bounds {
			n = max(n, 4*b.Number)
		}
	}
	return int(min(n, MaxMatches))
}

// drop drops the matches before that time.
func (g *correlated) drop(before int64) {
	n, _ := slices.BinarySearchFunc(g.matches, before, func(m matched, at int64) int { return cmp.Compare(m.at, at) })
	g.matches = slices.Delete(g.matches, 0, n)
}

func (g *correlated) events(see func(at int64)) int {
	for i := range g.matches {
		see(g.matches[i].at)
	}
	if g.newest != none {
		see(g.newest)
	}
	return len(g.matches)
}

func (g *correlated) encode(b []byte) []byte {
	b = binary.AppendVarint(binary.AppendVarint(b, g.newest), g.consumed)
	b = binary.AppendUvarint(b, uint64(len(g.matches)))
	before := int64(0)
	for i := range g.matches {
		one := &g.matches[i]
		b = binary.AppendVarint(b, one.at-before)
		before = one.at
		b = binary.BigEndian.AppendUint64(b, one.event)
		b = binary.AppendVarint(b, int64(one.step))
		b = binary.AppendUvarint(b, uint64(len(one.values)))
		for _, v := range one.values {
			b = binary.BigEndian.AppendUint64(b, v)
		}
		b = append(binary.AppendUvarint(b, uint64(len(one.id))), one.id...)
	}
	return b
}

func (correlation) decode(h header, d *decoder) (entry, bool) {
	g := &correlated{header: h, newest: d.varint(), consumed: d.varint()}
	before := int64(0)
	for range d.count(12) {
		one := matched{at: before + d.varint(), event: d.uint64(), step: int32(d.varint())}
		before = one.at
		for range d.count(8) {
			one.values = append(one.values, d.uint64())
		}
		one.id = string(d.take(d.count(1)))
		if n := len(g.matches); one.step < 0 || n > 0 && compareMatched(g.matches[n-1], one) >= 0 {
			return nil, false
		}
		g.matches = append(g.matches, one)
	}
	return g, true
}

// reached returns the first window of that length that has the match at that time, ends
// with a match, and of which the condition holds; nil if there is none.
func (g *correlated) reached(c *rule.Correlation, at, length int64) *Window {
	w := newTally(c)
	begin, _ := slices.BinarySearchFunc(g.matches, at-length, func(m matched, at int64) int { return cmp.Compare(m.at, at) })
	end := begin
	for end < len(g.matches) {
		to := g.matches[end].at
		if to > at+length {
			break
		}
		for ; end < len(g.matches) && g.matches[end].at == to; end++ {
			w.add(&g.matches[end], g.isFirst(end))
		}
		for ; g.matches[begin].at < to-length; begin++ {
			w.remove(&g.matches[begin], g.isFirst(begin))
		}
		if to < at {
			continue
		}
		if x, ok := w.number(g.matches[begin:end]); ok && fulfils(c, x) {
			return describeMatches(c, g.matches[begin:end], x)
		}
	}
	return nil
}

// fulfils reports whether the condition of a correlation holds for a number.
func fulfils(c *rule.Correlation, x float64) bool {
	if len(c.Bounds) == 0 { // of a temporal correlation
		return x == float64(len(c.Rules))
	}
	return c.Hold(x)
}

// isFirst reports whether a match is the first one of its event.
func (g *correlated) isFirst(i int) bool {
	return i == 0 || g.matches[i-1].event != g.matches[i].event || g.matches[i-1].at != g.matches[i].at
}

// describeMatches returns what an alert says of the matches in a window.
func describeMatches(c *rule.Correlation, matches []matched, x float64) *Window {
	w := &Window{From: timeOf(matches[0].at), To: timeOf(matches[len(matches)-1].at), Number: x}
	steps := make([]bool, len(c.Rules))
	for i := range matches {
		m := &matches[i]
		if int(m.step) < len(steps) {
			steps[m.step] = true
		}
		if i > 0 && matches[i-1].event == m.event && matches[i-1].at == m.at {
			continue
		}
		w.Count++
		if m.id != "" && len(w.EventIDs) < maxIDs {
			w.EventIDs = append(w.EventIDs, m.id)
		}
		if c.Type.IsTemporal() {
			w.Events = append(w.Events, m.event)
		}
	}
	for i, has := range steps {
		if has {
			w.Rules = append(w.Rules, i)
		}
	}
	if c.Type == rule.ValueCount {
		w.Distinct = int(x)
	}
	return w
}
