package stateful

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// plainCorrelation is a correlation without transactions, tallies and limits: all that
// arrived, looked at again each time.
type plainCorrelation struct {
	*rule.Memory
	groups map[Key]plainMatches
}

type plainMatches struct {
	matches                   []matched // by arrival
	newest, consumed, touched int64
}

const plainLateness = 50_000 // milliseconds

func (p *plainCorrelation) clone() *plainCorrelation {
	c := &plainCorrelation{p.Memory, maps.Clone(p.groups)}
	for k, g := range c.groups {
		g.matches = slices.Clone(g.matches)
		c.groups[k] = g
	}
	return c
}

func (p *plainCorrelation) observe(o *Observation, now time.Time) string {
	at, second, window := o.At.Event, now.Unix(), p.Window.Milliseconds()
	g, known := p.groups[o.Key]
	if !known || second-g.touched > (window+plainLateness)/1000 {
		g = plainMatches{newest: none, consumed: none}
	}
	if g.newest != none && at < g.newest-window-plainLateness {
		return "late"
	}
	g.newest, g.touched = max(g.newest, at), second
	defer func() { p.groups[o.Key] = g }()
	if at <= g.consumed {
		return "known"
	}
	for _, m := range g.matches {
		if m.at == at && m.event == o.Event && int(m.step) == o.Step {
			return "same"
		}
	}
	g.matches = append(g.matches, matched{at: at, event: o.Event, step: int32(o.Step), values: o.Values})
	g.matches = slices.DeleteFunc(g.matches, func(m matched) bool { return m.at < g.newest-window-plainLateness })
	var ends []int64
	for _, m := range g.matches {
		if at <= m.at && m.at <= at+window {
			ends = append(ends, m.at)
		}
	}
	slices.Sort(ends)
	for _, to := range ends {
		var in []matched
		for _, m := range g.matches {
			if to-window <= m.at && m.at <= to {
				in = append(in, m)
			}
		}
		x, ok := p.number(in)
		bounds := p.Correlation.Bounds
		if len(bounds) == 0 {
			bounds = []rule.Bound{{Operator: rule.Equal, Number: float64(len(p.Correlation.Rules))}}
		}
		for _, b := range bounds {
			ok = ok && b.Holds(x)
		}
		if !ok {
			continue
		}
		from, events := to, map[[2]uint64]bool{}
		for _, m := range in {
			from = min(from, m.at)
			events[[2]uint64{m.event, uint64(m.at)}] = true
		}
		g.consumed = to
		g.matches = slices.DeleteFunc(g.matches, func(m matched) bool { return m.at <= to })
		return fmt.Sprintf("reached %d %.9g %d %d", len(events), x, from, to)
	}
	return "known"
}

// number returns the number that the correlation is about.
func (p *plainCorrelation) number(in []matched) (x float64, ok bool) {
	events, values, steps := map[[2]uint64]matched{}, map[uint64]bool{}, map[int32]bool{}
	for _, m := range in {
		key := [2]uint64{m.event, uint64(m.at)}
		if first, has := events[key]; !has || m.step < first.step {
			events[key] = m
		}
		for _, v := range m.values {
			values[v] = true
		}
		steps[m.step] = true
	}
	switch p.Correlation.Type {
	case rule.EventCount:
		return float64(len(events)), true
	case rule.ValueCount:
		return float64(len(values)), true
	case rule.Temporal:
		return float64(len(steps)), true
	case rule.TemporalOrdered:
		return float64(longestRow(in, -1, none)), true
	}
	var numbers []float64
	sum := 0.0
	for _, m := range events {
		for _, v := range m.values {
			numbers = append(numbers, math.Float64frombits(v))
			sum += math.Float64frombits(v)
		}
	}
	slices.Sort(numbers)
	n := len(numbers)
	if n == 0 {
		return 0, false
	}
	rank := 0.5
	switch p.Correlation.Type {
	case rule.ValueSum:
		return sum, true
	case rule.ValueAvg:
		return sum / float64(n), true
	case rule.ValuePercentile:
		rank = p.Correlation.Percentile / 100
	}
	place := rank * float64(n-1)
	below, above := numbers[int(math.Floor(place))], numbers[int(math.Ceil(place))]
	return below + (place-math.Floor(place))*(above-below), true
}

// longestRow returns how many matches can follow one of that step and time.
func longestRow(in []matched, step int32, at int64) (most int) {
	for _, m := range in {
		if m.step > step && m.at >= at {
			most = max(most, 1+longestRow(in, m.step, m.at))
		}
	}
	return most
}

// randomCorrelation returns a correlation with a condition that holds now and then.
func randomCorrelation(r *rand.Rand) *rule.Rule {
	c := &rule.Correlation{Type: rule.CorrelationType(r.IntN(len(rule.CorrelationTypes))), Percentile: float64(r.IntN(5)) * 25}
	for i := range 1 + r.IntN(3) {
		c.Rules = append(c.Rules, rule.Reference{Name: fmt.Sprint(i)})
	}
	if !c.Type.IsTemporal() || r.IntN(3) == 0 {
		for range 1 + r.IntN(2) {
			c.Bounds = append(c.Bounds, rule.Bound{Operator: rule.Operator(r.IntN(6)), Number: float64(1 + r.IntN(5))})
		}
	}
	m := &rule.Memory{Kind: rule.Correlated, Fields: []string{"a"}, Window: 60 * time.Second, Correlation: c}
	return &rule.Rule{ID: "c", Name: "C", Memory: m}
}

// checkCorrelation compares a correlation with a plain one, with transactions that are
// undone, and restarts.
func checkCorrelation(t *testing.T, seed uint64, steps int, results map[string]int) {
	r := rand.New(rand.NewPCG(seed, 7))
	one := randomCorrelation(r)
	c := one.Memory.Correlation
	store := entries{}
	open := func(now time.Time) *Memory {
		m := NewMemory()
		for _, k := range slices.Sorted(maps.Keys(store)) {
			if e := store[k]; !e.Expires.IsZero() && !now.Before(e.Expires) {
				delete(store, k)
			} else if !m.Restore(e.Key, e.Value, e.Expires) {
				t.Fatalf("seed %d: an entry is refused: %x", seed, e.Key)
			}
		}
		if lines := m.Use([]*rule.Rule{one}, Limits{Lateness: plainLateness * time.Millisecond}); len(lines) > 0 {
			t.Fatal(lines)
		}
		return m
	}
	now := time.Unix(1_800_000_000, 0)
	m, oracle := open(now), &plainCorrelation{one.Memory, map[Key]plainMatches{}}
	var earlier []Observation
	for range steps {
		before := oracle.clone()
		m.Begin()
		for range r.IntN(4) {
			now = now.Add(time.Duration(r.IntN(9)) * time.Second)
			if r.IntN(60) == 0 {
				now = now.Add(120 * time.Second)
			}
			o := Observation{Key: testKey(r.IntN(3)), Step: r.IntN(len(c.Rules)), Event: uint64(r.IntN(30))}
			o.At = Moment{Event: now.UnixMilli() - int64(r.IntN(10))*1000*int64(1+12*(r.IntN(6)/5)), Record: Undated}
			for range r.IntN(3) {
				o.Values = append(o.Values, math.Float64bits(float64(r.IntN(6))))
			}
			if len(earlier) > 0 && r.IntN(4) == 0 {
				o = earlier[max(len(earlier)-1-r.IntN(8), 0)]
				o.Step = r.IntN(len(c.Rules))
			}
			earlier = append(earlier, o)
			want := oracle.observe(&o, now)
			v := m.Observe(&o, now)
			got := describe(&v)
			if w := v.Window; w != nil {
				got = fmt.Sprintf("reached %d %.9g %d %d", w.Count, w.Number, w.From.UnixMilli(), w.To.UnixMilli())
				results[c.Type.String()]++
			}
			if got != want {
				t.Fatalf("seed %d: %s %+v of %d rules: %+v: %s, want %s", seed, c.Type, c.Bounds, len(c.Rules), o, got, want)
			}
			results[want[:4]]++
		}
		changes := m.Changes(nil)
		switch r.IntN(4) {
		case 0:
			m.Rollback()
			oracle = before
		default:
			store.apply(changes)
			m.Commit()
		}
		if r.IntN(20) == 0 {
			m = open(now)
		}
	}
}

func TestCorrelationAgainstPlain(t *testing.T) {
	results := map[string]int{}
	seed := rand.Uint64()
	for i := range uint64(150) {
		checkCorrelation(t, seed+i, 60, results)
	}
	for _, what := range append([]string{"know", "same", "late"}, rule.CorrelationTypes...) {
		if results[what] < 5 {
			t.Errorf("seed %d: %d results are %s: %v", seed, results[what], what, results)
		}
	}
}

func FuzzCorrelation(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkCorrelation(t, seed, 30, map[string]int{}) })
}

// oneCorrelation returns a memory of one correlation, and what adds a match of its rules.
func oneCorrelation(t *testing.T, c *rule.Correlation, l Limits) (*Memory, func(key, step int, at time.Duration, values ...float64) Verdict) {
	t.Helper()
	m := NewMemory()
	m.Use([]*rule.Rule{{ID: "c", Name: "C", Memory: &rule.Memory{Kind: rule.Correlated, Window: time.Minute, Correlation: c}}}, l)
	start := time.Unix(1_800_000_000, 0)
	n := uint64(0)
	return m, func(key, step int, at time.Duration, values ...float64) Verdict {
		n++
		o := &Observation{Key: testKey(key), Step: step, Event: n, At: Moment{Event: start.Add(at).UnixMilli(), Record: Undated}, ID: fmt.Sprint("id", n), Owner: uint32(key % 7)}
		for _, v := range values {
			o.Values = append(o.Values, math.Float64bits(v))
		}
		m.Begin()
		v := m.Observe(o, start.Add(time.Hour))
		m.Commit()
		return v
	}
}

// What is too much to remember is forgotten, and counted.
func TestCorrelationBounds(t *testing.T) {
	rules := []rule.Reference{{Name: "a"}}
	m, add := oneCorrelation(t, &rule.Correlation{Type: rule.EventCount, Rules: rules, Bounds: []rule.Bound{{Operator: rule.AtLeast, Number: 300}}}, Limits{Terms: 10, Groups: 10, Lateness: time.Hour})
	for i := range 299 {
		if v := add(0, 0, time.Duration(i)*time.Millisecond); v.Alerts() {
			t.Fatalf("%d events alert", i+1)
		}
	}
	v := add(0, 0, time.Second)
	if !v.Alerts() || v.Window.Count != 300 || len(v.Window.EventIDs) != 10 || v.Window.EventIDs[0] != "id1" {
		t.Fatalf("%+v %+v", v, v.Window)
	}
	if v := add(0, 0, 2*time.Second); v.Alerts() {
		t.Error("the window does not start anew")
	}
	for key := 1; key < 40; key++ {
		add(key, 0, 0)
	}
	if report, _ := m.Report(0); report.Keys != 10 || report.Evicted != 30 {
		t.Errorf("%+v", report)
	}
	m, add = oneCorrelation(t, &rule.Correlation{Type: rule.ValueSum, Rules: rules, Bounds: []rule.Bound{{Operator: rule.Greater, Number: 1e12}}}, Limits{Lateness: time.Hour})
	for i := range 1100 {
		add(0, 0, time.Duration(i)*time.Second, 1)
	}
	if report, _ := m.Report(0); report.Evicted != 1100-minHits || report.Late != 0 {
		t.Errorf("%+v", report)
	}
}

// Another condition keeps the memory of a correlation, others of its rules do not.
func TestChangedCorrelation(t *testing.T) {
	one := func(number float64, parts ...string) *rule.Rule {
		return &rule.Rule{ID: "c", Name: "C", Memory: &rule.Memory{Kind: rule.Correlated, Window: time.Minute, Parts: parts, Correlation: &rule.Correlation{
			Type: rule.EventCount, Rules: []rule.Reference{{Name: "a"}}, Bounds: []rule.Bound{{Operator: rule.AtLeast, Number: number}}}}}
	}
	now := time.Unix(1_800_000_000, 0)
	m := NewMemory()
	m.Use([]*rule.Rule{one(5, "a")}, testLimits)
	add := func(event uint64) bool {
		m.Begin()
		defer m.Commit()
		v := m.Observe(&Observation{Key: testKey(1), Event: event, At: Moment{now.UnixMilli(), Undated}}, now)
		return v.Alerts()
	}
	add(1)
	if lines := m.Use([]*rule.Rule{one(2, "a")}, testLimits); len(lines) > 0 || !add(2) {
		t.Errorf("another condition: %q", lines)
	}
	add(3)
	if lines := m.Use([]*rule.Rule{one(2, "b")}, testLimits); len(lines) != 1 || add(4) {
		t.Errorf("other rules: %q", lines)
	}
}

func BenchmarkCorrelation(b *testing.B) {
	for _, t := range []rule.CorrelationType{rule.EventCount, rule.ValueCount, rule.TemporalOrdered, rule.ValuePercentile} {
		b.Run(t.String(), func(b *testing.B) {
			m := NewMemory()
			m.Use([]*rule.Rule{{ID: "c", Memory: &rule.Memory{Kind: rule.Correlated, Window: time.Hour, Correlation: &rule.Correlation{
				Type: t, Rules: make([]rule.Reference, 3), Percentile: 90, Bounds: []rule.Bound{{Operator: rule.Greater, Number: 1e9}}}}}}, Limits{Lateness: time.Hour})
			now := time.Unix(1_800_000_000, 0)
			for i := 0; b.Loop(); i++ {
				o := &Observation{Key: testKey(i / 1000), Step: i % 2, Event: uint64(i), At: Moment{Event: now.UnixMilli() + int64(i), Record: Undated}, Values: []uint64{math.Float64bits(float64(i % 100))}}
				m.Begin()
				m.Observe(o, now)
				m.Commit()
			}
		})
	}
}
