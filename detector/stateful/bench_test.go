package stateful

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/store"
)

const million = 1_000_000

// manyRules are so many rules that together they may remember a million combinations.
func manyRules() (rules []*rule.Rule) {
	for i := range (million + DefaultLimits.Terms - 1) / DefaultLimits.Terms {
		r := *testTerms
		r.ID = fmt.Sprint("rule", i)
		memory := *r.Memory
		memory.Window = 240 * time.Hour
		r.Memory = &memory
		rules = append(rules, &r)
	}
	return rules
}

// observer makes observations as the engine does: of values.
type observer struct {
	m     *Memory
	d     Digester
	rules int
	now   time.Time
	one   Observation
}

// make makes the observation with that number.
func (o *observer) make(n int) {
	var value [8]byte
	binary.BigEndian.PutUint64(value[:], uint64(n))
	place := n % o.rules
	o.d.Begin(o.m.RuleID(place))
	o.d.Add(value[:])
	o.d.Add([]byte("arn:aws:iam::111122223333:user/somebody"))
	o.one = Observation{Rule: place, Key: o.d.Key(), Owner: uint32(n), At: Moment{o.now.UnixMilli(), Undated}}
}

func (o *observer) observe(n int) Result {
	o.make(n)
	return o.m.Observe(&o.one, o.now).Result
}

func newObserver(m *Memory) *observer {
	rules := manyRules()
	m.Use(rules, testLimits)
	return &observer{m: m, d: m.Digester(), rules: len(rules), now: time.Now()}
}

func (o *observer) fill(n int, commit func([]hold.Change)) {
	for i := range n {
		if i%1000 == 0 {
			o.m.Begin()
		}
		o.observe(i)
		if i%1000 == 999 || i == n-1 {
			if commit != nil {
				commit(o.m.Changes(nil))
			}
			o.m.Commit()
		}
	}
}

// A million combinations take at most 64 bytes of memory each.
func TestBytes(t *testing.T) {
	m := NewMemory()
	newObserver(m).fill(million, nil)
	keys, bytes := 0, 0
	for place := range m.loaded {
		r, _ := m.Report(place)
		keys, bytes = keys+r.Keys, bytes+r.Bytes
		if r.Evicted > 0 {
			t.Errorf("rule %d has forgotten %d", place, r.Evicted)
		}
	}
	if keys != million || bytes > 64*million {
		t.Errorf("%d keys in %d bytes", keys, bytes)
	}
	t.Logf("%.1f bytes for each of %d keys", float64(bytes)/float64(keys), keys)
}

// Chunks of 1,000 events with combinations that are known. If they are later, their times
// change.
func BenchmarkLookUp(b *testing.B) {
	for _, later := range []bool{false, true} {
		b.Run(fmt.Sprintf("later=%v", later), func(b *testing.B) {
			m := NewMemory()
			o := newObserver(m)
			o.fill(million, nil)
			list := make(observations, 0, 1000)
			known := func(_ int, r Result) bool {
				if r != Known {
					b.Error("it is not known")
				}
				return r == Known
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				o.make(i * 7919 % million)
				if list = append(list, o.one); len(list) == cap(list) || i == b.N-1 {
					m.Begin()
					m.ObserveAll(list, o.now, known)
					m.Commit()
					if list = list[:0]; later {
						o.now = o.now.Add(time.Second)
					}
				}
			}
		})
	}
}

type observations []Observation

func (l observations) Len() int              { return len(l) }
func (l observations) Key(i int) (int, *Key) { return l[i].Rule, &l[i].Key }
func (l observations) At(i int) *Observation { return &l[i] }

// A chunk with 1,000 new combinations, on disk.
func BenchmarkCommit(b *testing.B) {
	for _, before := range []int{0, million} {
		b.Run(fmt.Sprintf("keys=%d", before), func(b *testing.B) {
			s, err := store.Open(filepath.Join(b.TempDir(), "state"), func(line string) { b.Error(line) })
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			commit := func(changes []hold.Change) {
				if _, err := s.Commit(store.Batch{Detector: "d", Changes: changes}); err != nil {
					b.Fatal(err)
				}
			}
			m := NewMemory()
			o := newObserver(m)
			o.fill(before, commit)
			b.ResetTimer()
			for i := range b.N {
				m.Begin()
				for j := range 1000 {
					o.observe(before + 1000*i + j)
				}
				commit(m.Changes(nil))
				m.Commit()
			}
		})
	}
}

func BenchmarkStart(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "state")
	warn := func(line string) { b.Error(line) }
	s, err := store.Open(dir, warn)
	if err != nil {
		b.Fatal(err)
	}
	newObserver(NewMemory()).fill(million, func(changes []hold.Change) {
		if _, err := s.Commit(store.Batch{Detector: "d", Changes: changes}); err != nil {
			b.Fatal(err)
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if s, err = store.Open(dir, warn); err != nil {
			b.Fatal(err)
		}
		m := NewMemory()
		if err := s.Restore("d", hold.Memories{m}); err != nil {
			b.Fatal(err)
		}
		keys := 0
		m.Use(manyRules(), testLimits)
		for place := range m.loaded {
			r, _ := m.Report(place)
			keys += r.Keys
		}
		if keys != million {
			b.Fatalf("%d keys", keys)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
