package hold

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine is everything that this package remembers, on one clock.
type machine struct {
	now        time.Time
	duplicates *Duplicates
	suppressor *Suppressor
	ids        *EventIDs
	caps       *Caps
	all        Memories
}

func newMachine(t testing.TB, size int) *machine {
	t.Helper()
	m := &machine{now: time.Now().Truncate(time.Second).Add(-3 * time.Hour)} // Restore knows that the future is wrong
	var err error
	if m.duplicates, err = newDuplicatesAt(size, time.Hour, func() time.Time { return m.now }); err != nil {
		t.Fatal(err)
	}
	if m.suppressor, err = NewSuppressor(size); err != nil {
		t.Fatal(err)
	}
	m.ids = newEventIDsAt(size, time.Hour, func() time.Time { return m.now })
	m.caps = NewCaps()
	m.caps.SetRates(map[string]Rate{"a": {Max: 2, Per: time.Minute}, "b": {Max: 3, Per: time.Hour}})
	m.all = Memories{m.duplicates, m.ids, m.suppressor, m.caps}
	return m
}

// do makes a few decisions, and returns what they were.
func (m *machine) do(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		k := key(r.IntN(12))
		if m.duplicates.Seen(k) {
			b.WriteString("seen ")
			continue
		}
		m.duplicates.Add(k, Owner(r.IntN(3)))
		fmt.Fprint(&b, "reused ", m.ids.Reused(EventID{byte(r.IntN(8))}, EventID{byte(r.IntN(2))}), " ")
		rule := []string{"a", "b"}[r.IntN(2)]
		subject := about(fmt.Sprint("i-", r.IntN(3)), "", "", "")
		if !m.suppressor.Take(Group{byte(r.IntN(5))}, rule, byAlice, subject, m.now, time.Minute) {
			b.WriteString("suppressed ")
			continue
		}
		if held, ok := m.caps.Due(rule, m.now, false); ok {
			fmt.Fprintf(&b, "due %d ", held.Count)
		}
		principal := fmt.Sprint("p-", r.IntN(3))
		fmt.Fprint(&b, m.caps.Take(rule, func() *Subject { return subject }, principal, m.now), " ")
	}
	var reported []string
	for _, s := range m.suppressor.Over(m.now, false) {
		reported = append(reported, fmt.Sprint("over ", s.Count, s.Attributes, s.Rule))
	}
	slices.Sort(reported)
	return b.String() + strings.Join(reported, " ")
}

// disk is what a store has.
type disk map[string]Change

func (d disk) write(changes []Change) {
	for _, c := range changes {
		k := c.Space + "\x00" + string(c.Key)
		if c.Delete {
			delete(d, k)
		} else {
			c.Key, c.Value = slices.Clone(c.Key), slices.Clone(c.Value)
			d[k] = c
		}
	}
}

// restore gives what is on disk to the memories, as a store does.
func (d disk) restore(t *testing.T, m *machine) {
	t.Helper()
	for _, one := range m.all {
		var keys []string
		for k, c := range d {
			if c.Space == one.Space() && c.Expires.After(m.now) {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !one.Restore(d[k].Key, d[k].Value, d[k].Expires) {
				t.Fatalf("%s does not know its own entry %q", one.Space(), d[k].Key)
			}
		}
	}
}

// Transactions overlap, and are committed in their order, or rolled back from the
// newest on. Whatever happens, decisions are those of a machine that has only seen
// what was committed, and what was written restores a machine that decides alike.
func TestRollbackIsExact(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		m, twin, stored := newMachine(t, 100), newMachine(t, 100), disk{}
		m.now = twin.now
		type step struct {
			seed    uint64
			at      time.Time
			changes []Change
			said    string
		}
		var open []step
		begin := func() step {
			s := step{seed: r.Uint64(), at: m.now}
			m.all.Begin()
			s.said = m.do(rand.New(rand.NewPCG(s.seed, 2)))
			s.changes = m.all.Changes(nil)
			return s
		}
		for range 60 {
			switch n := r.IntN(10); {
			case n < 5:
				open = append(open, begin())
			case n < 8 && len(open) > 0:
				s := open[0]
				open = open[1:]
				m.all.Commit()
				stored.write(s.changes)
				twin.now = s.at
				twin.all.Begin()
				if said := twin.do(rand.New(rand.NewPCG(s.seed, 2))); said != s.said {
					t.Fatalf("seed %d: %q, and without what was rolled back %q", seed, s.said, said)
				}
				twin.all.Commit()
			case n == 8: // all that is open fails, as when a disk is full
				for range open {
					m.all.Rollback()
				}
				open = nil
			default:
				m.now = m.now.Add(time.Duration(r.IntN(40)) * time.Second)
			}
		}
		for range open {
			m.all.Rollback()
		}
		twin.now = m.now
		restored := newMachine(t, 100)
		restored.now = m.now
		restored.duplicates.start = m.now
		stored.restore(t, restored)
		for range 20 {
			n := r.Uint64()
			said := func(m *machine) string {
				m.all.Begin()
				defer m.all.Commit()
				return m.do(rand.New(rand.NewPCG(n, 3)))
			}
			one, other, third := said(m), said(twin), said(restored)
			if one != other || one != third {
				t.Fatalf("seed %d: after the rollback %q, without it %q, restored %q", seed, one, other, third)
			}
			for _, x := range []*machine{m, twin, restored} {
				x.now = m.now.Add(0)
			}
			m.now = m.now.Add(5 * time.Second)
			twin.now, restored.now = m.now, m.now
		}
	}
}

// A full memory forgets, in overlapping transactions too, and the store does not
// keep more than the memory for long.
func TestFullMemories(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 7))
		m, stored := newMachine(t, 3), disk{}
		var open [][]Change
		for range 200 {
			switch n := r.IntN(10); {
			case n < 5:
				m.all.Begin()
				m.do(r)
				open = append(open, m.all.Changes(nil))
			case n < 9 && len(open) > 0:
				m.all.Commit()
				stored.write(open[0])
				open = open[1:]
			case len(open) > 0:
				m.all.Rollback()
				open = open[:len(open)-1]
			}
			m.now = m.now.Add(time.Second)
		}
		for range open {
			m.all.Rollback()
		}
		m.all.Begin()
		m.duplicates.Add(key(1000), 0)
		m.suppressor.Take(Group{100}, "a", byAlice, &Subject{}, m.now, time.Minute)
		stored.write(m.all.Changes(nil))
		m.all.Commit()
		counts := map[string]int{}
		for _, c := range stored {
			counts[c.Space]++
		}
		if counts["duplicates"] > 3+1 || counts["suppression"] > 3+1+len(m.suppressor.lost) {
			t.Fatalf("seed %d: stored %v, of memories for 3; %d windows to be reported", seed, counts, len(m.suppressor.lost))
		}
	}
}

// Entries that make no sense are refused, not misread.
func TestRestoreRefuses(t *testing.T) {
	m := newMachine(t, 10)
	m.all.Begin()
	m.do(rand.New(rand.NewPCG(1, 1)))
	changes := m.all.Changes(nil)
	for _, one := range m.all {
		if one.Restore([]byte("x"), []byte{0xff}, m.now) || one.Restore(nil, nil, m.now) {
			t.Errorf("%s takes garbage", one.Space())
		}
		for _, c := range changes {
			if c.Space != one.Space() || len(c.Value) == 0 {
				continue
			}
			for n := range c.Value {
				if one.Restore(c.Key, c.Value[:n], c.Expires) {
					t.Errorf("%s takes %d of %d bytes", one.Space(), n, len(c.Value))
				}
			}
		}
	}
}
