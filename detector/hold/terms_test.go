package hold_test

import (
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// terms is a memory of another kind, outside of the package: the terms that a rule
// has seen, such as the users of each account.
type terms struct {
	seen  map[string]int // by term: the transaction that brought it; 0: it is final
	open  [][]string     // the new terms of each open transaction, the oldest first
	begun int
}

func (m *terms) Space() string { return "terms" }

// New reports whether the term is new, and remembers it.
func (m *terms) New(term string) bool {
	if _, ok := m.seen[term]; ok {
		return false
	}
	m.seen[term] = m.begun
	newest := &m.open[len(m.open)-1]
	*newest = append(*newest, term)
	return true
}

func (m *terms) Restore(key, _ []byte, _ time.Time) bool {
	m.seen[string(key)] = 0
	return true
}

func (m *terms) Begin() { m.open, m.begun = append(m.open, nil), m.begun+1 }

func (m *terms) Changes(dst []hold.Change) []hold.Change {
	for _, term := range m.open[len(m.open)-1] {
		dst = append(dst, hold.Change{Space: m.Space(), Key: []byte(term), Expires: time.Now().Add(time.Hour)})
	}
	return dst
}

func (m *terms) Commit() {
	for _, term := range m.open[0] {
		m.seen[term] = 0
	}
	m.open = m.open[1:]
}

func (m *terms) Rollback() {
	for _, term := range m.open[len(m.open)-1] {
		delete(m.seen, term)
	}
	m.open = m.open[:len(m.open)-1]
}

// A memory of another kind has its transactions together with the others.
func TestAnotherMemory(t *testing.T) {
	newTerms := func() *terms { return &terms{seen: map[string]int{}} }
	duplicates, err := hold.NewDuplicates(10, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m := newTerms()
	all := hold.Memories{duplicates, m}
	decide := func(key byte, term string) (alerts bool) {
		k := hold.Key{key}
		if duplicates.Seen(k) {
			return false
		}
		duplicates.Add(k, 0)
		return m.New(term)
	}

	all.Begin()
	if !decide(1, "alice") || decide(1, "bob") {
		t.Error("of the first chunk alice is new, and bob a duplicate")
	}
	first := all.Changes(nil)
	all.Begin() // while the first is written
	if decide(2, "alice") || !decide(3, "bob") {
		t.Error("the second chunk does not see the first")
	}
	all.Rollback()
	all.Commit()

	restored := newTerms()
	for _, c := range first {
		if c.Space == restored.Space() {
			restored.Restore(c.Key, c.Value, c.Expires)
		}
	}
	for _, one := range []*terms{m, restored} {
		one.Begin()
		if one.New("alice") || !one.New("bob") {
			t.Error("what was final is forgotten, or what was rolled back is remembered")
		}
	}
}
