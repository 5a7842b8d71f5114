package stateful

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// What is packed is unpacked again.
func TestPack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ids := []string{"", "x", "3038ebd2-c98a-4c65-9b6e-e22506292313", "3038EBD2-C98A-4C65-9B6E-E22506292313", "3038ebd2-c98a-4c65-9b6e-e2250629231", "3038ebd2xc98a-4c65-9b6e-e22506292313"}
	for run := range 2000 {
		unit := []int64{1000, 1000, 1}[run%3]
		g := &group{newest: (1_700_000_000_000 + r.Int64N(1000)*1000) / unit * unit, consumed: none, heldOff: none}
		if run%2 == 0 {
			g.consumed = g.newest - r.Int64N(1000)*unit
			g.heldOff, g.due, g.told = g.consumed+r.Int64N(1000), r.Int64N(1<<32), r.IntN(2) == 0
		}
		at := g.newest - 100*unit
		for range r.IntN(8) {
			if at = at + r.Int64N(30)*unit; at > g.newest {
				break
			}
			h := hit{at: at, event: r.Uint64()}
			id := ids[r.IntN(len(ids))]
			h.setID(id)
			if h.ID() != id {
				t.Fatalf("%q, want %q", h.ID(), id)
			}
			for range r.IntN(3) * (run % 2) {
				h.values = append(h.values, r.Uint64())
			}
			g.hits = append(g.hits, h)
		}
		p := g.encode(nil)
		d := decoder{rest: p}
		got, ok := threshold{}.decode(g.header, &d)
		if !ok || d.failed || len(d.rest) > 0 || fmt.Sprint(*got.(*group)) != fmt.Sprint(*g) {
			t.Fatalf("%v\n%+v, want\n%+v", ok, got, g)
		}
		for n := range len(p) { // damage is noticed, or makes another group
			_, _ = threshold{}.decode(g.header, &decoder{rest: p[:n]})
		}
	}
}

// A group takes about 66 bytes of memory, and 26 for each of its events: 65,536 groups with 1, and
// with 9.
func TestGroupBytes(t *testing.T) {
	const groups = 65_536
	heap := func() int {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&s)
		return int(s.HeapAlloc)
	}
	one := *testThreshold
	memory := *one.Memory
	memory.Count, memory.Distinct, memory.DistinctOf = 100, 0, ""
	one.Memory = &memory
	now := time.Unix(1_800_000_000, 0)
	var sizes []int
	for _, hits := range []int{1, 9} {
		before := heap()
		m := NewMemory()
		m.Use([]*rule.Rule{&one}, testLimits)
		m.Begin()
		for i := range groups {
			if i%1000 == 0 {
				m.Commit()
				m.Begin()
			}
			for j := range hits {
				m.Observe(&Observation{Key: testKey(i), Event: uint64(j) * 0x9e3779b97f4a7c15, Owner: uint32(i),
					At: Moment{now.Add(time.Duration(j) * time.Second).UnixMilli(), Undated}, ID: "3038ebd2-c98a-4c65-9b6e-e22506292313"}, now)
			}
		}
		m.Commit()
		size := heap() - before
		report, _ := m.Report(0)
		if report.Keys != groups || report.Bytes < size*8/10 || report.Bytes > size*12/10 {
			t.Errorf("%d groups in %d bytes, of which %d are reported", report.Keys, size, report.Bytes)
		}
		sizes = append(sizes, size)
		runtime.KeepAlive(m)
	}
	first, each := float64(sizes[0])/groups, float64(sizes[1]-sizes[0])/groups/8
	t.Logf("%.1f bytes for a group with an event, %.1f for each more", first, each)
	if first > 66+26+12 || each > 28 { // what is allocated has one of some sizes
		t.Error("that is too much")
	}
}
