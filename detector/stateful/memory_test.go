package stateful

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// plain is a memory without transactions, tables and limits: all that arrived, looked at
// again each time.
type plain struct {
	terms  map[Key]plainTerm
	groups map[Key]plainGroup
}

type plainTerm struct{ last, touched int64 }

type plainGroup struct {
	events                             []hit // by arrival
	newest, consumed, heldOff, touched int64
}

func (p *plain) clone() *plain {
	c := &plain{maps.Clone(p.terms), maps.Clone(p.groups)}
	for k, g := range c.groups {
		g.events = slices.Clone(g.events)
		c.groups[k] = g
	}
	return c
}

// The rules of the test, times in milliseconds.
var (
	testTerms     = &rule.Rule{ID: "terms", Name: "Terms", Memory: &rule.Memory{Kind: rule.NewTerms, Fields: []string{"a"}, Window: 100 * time.Second}}
	testThreshold = &rule.Rule{ID: "threshold", Name: "Threshold", Memory: &rule.Memory{
		Kind: rule.Threshold, Fields: []string{"a"}, Window: 60 * time.Second, Count: 4, DistinctOf: "b", Distinct: 2, HoldOff: 30 * time.Second}}
	testLimits = Limits{Lateness: 50 * time.Second}
)

const (
	atTerms = iota
	atThreshold
)

// observe returns the result, and for a threshold the window.
func (p *plain) observe(o *Observation, now time.Time) string {
	at, second := o.At.Event, now.Unix()
	if o.Rule == atTerms {
		e, known := p.terms[o.Key]
		known = known && second-e.touched <= 150
		fresh := !known || at-e.last > 100_000
		if !known {
			e.last = at
		}
		p.terms[o.Key] = plainTerm{max(e.last, at), second}
		if fresh {
			return "new"
		}
		return "known"
	}
	g, known := p.groups[o.Key]
	if !known || second-g.touched > 110 {
		g = plainGroup{newest: none, consumed: none, heldOff: none}
	}
	if g.newest != none && at < g.newest-110_000 {
		return "late"
	}
	g.newest, g.touched = max(g.newest, at), second
	defer func() { p.groups[o.Key] = g }()
	if at <= g.consumed {
		return "known"
	}
	for _, h := range g.events {
		if h.at == at && h.event == o.Event {
			return "same"
		}
	}
	g.events = append(slices.Clone(g.events), hit{at: at, event: o.Event, values: o.Values})
	g.events = slices.DeleteFunc(g.events, func(h hit) bool { return h.at < g.newest-110_000 })
	starts := make([]int64, len(g.events))
	for i, h := range g.events {
		starts[i] = h.at
	}
	slices.Sort(starts)
	for _, from := range starts {
		to, n, values := int64(none), 0, map[uint64]bool{}
		for _, h := range g.events {
			if from <= h.at && h.at <= from+60_000 {
				n++
				to = max(to, h.at)
				for _, v := range h.values {
					values[v] = true
				}
			}
		}
		if from > at || at > from+60_000 || n < 4 || len(values) < 2 || to <= g.heldOff {
			continue
		}
		g.consumed, g.heldOff = to, to+30_000
		g.events = slices.DeleteFunc(g.events, func(h hit) bool { return h.at <= to })
		return fmt.Sprintf("reached %d %d %d %d", n, len(values), from, to)
	}
	return "known"
}

func describe(v *Verdict) string {
	switch v.Result {
	case Same:
		return "same"
	case TooLate:
		return "late"
	case New:
		return "new"
	case Reached:
		w := v.Window
		return fmt.Sprintf("reached %d %d %d %d", w.Count, w.Distinct, w.From.UnixMilli(), w.To.UnixMilli())
	}
	return "known"
}

// entries is a store.
type entries map[string]hold.Change

func (s entries) apply(changes []hold.Change) {
	for _, c := range changes {
		if c.Delete {
			delete(s, string(c.Key))
		} else {
			s[string(c.Key)] = c
		}
	}
}

// restored returns a memory with what is in the store, some of which has expired.
func (s entries) restored(t *testing.T, now time.Time, l Limits) *Memory {
	t.Helper()
	m := NewMemory()
	for _, k := range slices.Sorted(maps.Keys(s)) {
		c := s[k]
		if !c.Expires.IsZero() && !now.Before(c.Expires) {
			delete(s, k)
		} else if !m.Restore(c.Key, c.Value, c.Expires) {
			t.Fatalf("an entry is refused: %x", c.Key)
		}
	}
	if lines := m.Use([]*rule.Rule{testTerms, testThreshold}, l); len(lines) > 0 {
		t.Fatal(lines)
	}
	return m
}

func testKey(n int) (k Key) {
	binary.BigEndian.PutUint64(k[:], uint64(n)*0x9e3779b97f4a7c15)
	k[15] = byte(n)
	return k
}

// A memory with transactions, of which some are undone, and with restarts, says the same
// as a plain one.
func TestAgainstPlain(t *testing.T) {
	seed := rand.Uint64()
	results := map[string]int{}
	for run := range 12 {
		var earlier []Observation
		r := rand.New(rand.NewPCG(seed, uint64(run)))
		now := time.Unix(1_800_000_000, 0)
		store := entries{}
		m := store.restored(t, now, testLimits)
		oracle := &plain{map[Key]plainTerm{}, map[Key]plainGroup{}}
		type open struct {
			before  *plain
			changes []hold.Change
		}
		var queue []open
		for range 400 {
			m.Begin()
			before := oracle.clone()
			for range r.IntN(4) {
				now = now.Add(time.Duration(r.IntN(8)) * time.Second)
				if r.IntN(100) == 0 {
					now = now.Add(90 * time.Second)
				}
				o := &Observation{Rule: r.IntN(2), Key: testKey(r.IntN(6))}
				o.At = Moment{Event: now.UnixMilli() - int64(r.IntN(30))*1000*int64(1+6*(r.IntN(6)/5)), Record: Undated}
				o.Event, o.Values = uint64(r.IntN(40)), []uint64{uint64(r.IntN(3))}
				if len(earlier) > 0 && r.IntN(4) == 0 {
					*o = earlier[max(len(earlier)-1-r.IntN(8), 0)]
				}
				earlier = append(earlier, *o)
				want := oracle.observe(o, now)
				v := m.Observe(o, now)
				if got := describe(&v); got != want {
					t.Fatalf("seed %d, run %d: %+v: %s, want %s", seed, run, o, got, want)
				}
				kind, _, _ := strings.Cut(want, " ")
				results[kind]++
			}
			queue = append(queue, open{before, m.Changes(nil)})
			for len(queue) > 0 && r.IntN(3) > 0 {
				if r.IntN(3) == 0 {
					last := queue[len(queue)-1]
					queue = queue[:len(queue)-1]
					m.Rollback()
					oracle = last.before
					continue
				}
				store.apply(queue[0].changes)
				queue = queue[1:]
				m.Commit()
			}
			if r.IntN(20) == 0 { // what is not committed is lost
				if len(queue) > 0 {
					oracle = queue[0].before
					queue = nil
				}
				m = store.restored(t, now, testLimits)
			}
		}
	}
	for _, what := range []string{"new", "known", "same", "late", "reached"} {
		if results[what] < 10 {
			t.Errorf("seed %d: %d results are %s", seed, results[what], what)
		}
	}
}

// A full memory forgets what the heaviest owner made, and counts it.
func TestFullMemory(t *testing.T) {
	l := testLimits
	l.Terms, l.Groups = 100, 100
	for place := range 2 {
		m := entries{}.restored(t, time.Now(), l)
		now := time.Unix(1_800_000_000, 0)
		add := func(key int, owner uint32) {
			m.Begin()
			m.Observe(&Observation{Rule: place, Key: testKey(key), Owner: owner, At: Moment{now.UnixMilli(), Undated}}, now)
			m.Commit()
			now = now.Add(100 * time.Millisecond)
		}
		for i := range 30 {
			add(i, 1)
		}
		for i := range 70 {
			add(1000+i, uint32(2+i%35))
		}
		for i := range 28 { // what owner 1 made is forgotten, the oldest first
			add(2000+i, 500+uint32(i))
			if m.Has(place, testKey(0)) || !m.Has(place, testKey(29)) || !m.Has(place, testKey(1000)) || !m.Has(place, testKey(2000+i)) {
				t.Fatalf("%s: after %d more: the oldest of the heaviest owner %v, its newest %v, that of another %v, the new one %v", m.loaded[place].kind, i+1,
					m.Has(place, testKey(0)), m.Has(place, testKey(29)), m.Has(place, testKey(1000)), m.Has(place, testKey(2000+i)))
			}
		}
		report, ok := m.Report(place)
		if !ok || report.Keys != 100 || report.Evicted != 28 {
			t.Errorf("%+v", report)
		}
		for i := range 1000 { // a flood by one owner forgets the flood
			add(3000+i, 9)
		}
		kept := 0
		for i := range 28 {
			if m.Has(place, testKey(2000+i)) {
				kept++
			}
		}
		if report, _ = m.Report(place); report.Keys != 100 || kept != 28 {
			t.Errorf("after a flood: %+v, of 28 others %d are left", report, kept)
		}
	}
}

// A rule whose fields change begins anew, another window keeps its memory.
func TestChangedRule(t *testing.T) {
	store := entries{}
	now := time.Unix(1_800_000_000, 0)
	observe := func(m *Memory) Result {
		m.Begin()
		v := m.Observe(&Observation{Key: testKey(1), At: Moment{now.UnixMilli(), Undated}}, now)
		store.apply(m.Changes(nil))
		m.Commit()
		return v.Result
	}
	if observe(store.restored(t, now, testLimits)) != New {
		t.Fatal("the first one is not new")
	}
	changed, longer := *testTerms, *testTerms
	memory := *testTerms.Memory
	memory.Window = time.Hour
	longer.Memory = &memory
	m := store.restored(t, now, testLimits)
	if lines := m.Use([]*rule.Rule{&longer}, testLimits); len(lines) > 0 || observe(m) != Known {
		t.Errorf("another window: %q, the combination is new", lines)
	}
	// What the longer window keeps, the store keeps too: something else is written, and then
	// the combination is known as long as that window says.
	m = store.restored(t, now, testLimits)
	m.Use([]*rule.Rule{&longer, testThreshold}, testLimits)
	m.Begin()
	m.Observe(&Observation{Rule: 1, Key: testKey(2), At: Moment{now.UnixMilli(), Undated}}, now)
	store.apply(m.Changes(nil))
	m.Commit()
	now = now.Add(59 * time.Minute)
	m = store.restored(t, now, testLimits)
	if lines := m.Use([]*rule.Rule{&longer}, testLimits); len(lines) > 0 || observe(m) != Known {
		t.Errorf("another window, and a restart: %q, the combination is new", lines)
	}
	memory2 := *testTerms.Memory
	memory2.Fields = []string{"a", "b"}
	changed.Memory = &memory2
	m = store.restored(t, now, testLimits)
	if lines := m.Use([]*rule.Rule{&changed}, testLimits); len(lines) != 1 || observe(m) != New {
		t.Errorf("other fields: %q", lines)
	}
	terms := 0
	for k := range store {
		if k[8] == termsEntry {
			terms++
		}
	}
	if terms != 1 {
		t.Errorf("%d combinations are in the store, want the new one", terms)
	}
}

// A table is a map, of which slots are used again.
func TestTable(t *testing.T) {
	const limit = 4096
	var x table[term]
	want := map[Key]uint32{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		var k Key
		binary.LittleEndian.PutUint64(k[:], uint64(r.IntN(2*limit))>>3<<54) // many that are near each other
		binary.LittleEndian.PutUint64(k[8:], uint64(r.IntN(4)))
		slot, ok := x.find(&k)
		if ok != (want[k] != 0) || ok && x.at(slot).value.owner != want[k] {
			t.Fatalf("%d: %v, want %d", i, ok, want[k])
		}
		switch {
		case ok:
			delete(want, k)
			x.remove(slot)
		case len(want) < limit:
			want[k] = uint32(i + 1)
			x.put(x.take(), item[term]{k, term{owner: uint32(i + 1)}})
		}
		if r.IntN(10_000) == 0 {
			x.findFree()
		}
		if x.count != len(want) || len(x.slots) > limit {
			t.Fatalf("%d: %d terms in %d slots, want %d", i, x.count, len(x.slots), len(want))
		}
	}
	n := 0
	x.each(func(slot uint32, e *item[term]) {
		n++
		if want[e.key] != e.value.owner || !x.holds(slot) {
			t.Errorf("%x: %d, want %d", e.key, e.value.owner, want[e.key])
		}
	})
	if n != len(want) {
		t.Errorf("each visits %d of %d", n, len(want))
	}
}
