package stateful

import (
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// transaction is what it takes to undo changes, and to write them.
type transaction struct {
	number uint64
	undo   []undo
	secret bool  // it writes the secret
	timed  bool  // the clock has changed
	clock  clock // it was this

	// What has changed, perhaps several times:
	heads  []*ruleMemory
	terms  []changedTerm
	groups []heldGroup
	left   []storedKey // of Memory.left
	counts []countOf
}

type changedTerm struct {
	rule *ruleMemory
	key  Key
	slot uint32
}

type countOf struct {
	rule *ruleMemory
	n    Counts
}

type undo struct {
	what  undoKind
	rule  *ruleMemory
	key   Key
	term  term  // with slot 0: there was none
	entry entry // nil: there was none
	head  head
}

type undoKind uint8

const (
	undoTerm undoKind = iota
	undoGroup
	undoHead
	undoHeld // the group was among those to be summarized
)

func (t *transaction) reset() {
	clear(t.undo)
	clear(t.heads)
	clear(t.terms)
	clear(t.groups)
	clear(t.counts)
	*t = transaction{undo: t.undo[:0], heads: t.heads[:0], terms: t.terms[:0], groups: t.groups[:0], counts: t.counts[:0]}
}

// count counts something, once the transaction is final.
func (m *Memory) count(r *ruleMemory, n Counts) {
	t := m.tx()
	t.counts = append(t.counts, countOf{r, n})
}

// Beyond counts combinations of an event beyond [MaxCombinations].
func (m *Memory) Beyond(place, n int) { m.count(m.loaded[place], Counts{Beyond: uint64(n)}) }

// setTerm adds or replaces a term.
func (m *Memory) setTerm(r *ruleMemory, e term) {
	t := m.tx()
	u := undo{what: undoTerm, rule: r, key: e.key}
	if old := r.terms.get(&e.key); old != nil {
		u.term = *old
	}
	t.undo = append(t.undo, u)
	r.terms.put(e, m.limits.Terms)
	t.terms = append(t.terms, changedTerm{r, e.key, e.slot})
}

func (m *Memory) removeTerm(r *ruleMemory, k Key) {
	old := r.terms.get(&k)
	if old == nil {
		return
	}
	t := m.tx()
	t.undo = append(t.undo, undo{what: undoTerm, rule: r, key: k, term: *old})
	t.terms = append(t.terms, changedTerm{r, k, old.slot})
	r.terms.remove(&k)
}

// own returns the entry for the newest transaction to change, nil if there is none.
func (m *Memory) own(r *ruleMemory, k Key) entry {
	e := r.groups[k]
	t := m.tx()
	if e == nil || e.head().tx == t.number {
		return e
	}
	t.undo = append(t.undo, undo{what: undoGroup, rule: r, key: k, entry: e})
	t.groups = append(t.groups, heldGroup{r, k})
	e = e.clone()
	e.head().tx = t.number
	r.groups[k] = e
	return e
}

func (m *Memory) addGroup(r *ruleMemory, k Key, e entry) {
	t := m.tx()
	e.head().tx = t.number
	t.undo = append(t.undo, undo{what: undoGroup, rule: r, key: k})
	t.groups = append(t.groups, heldGroup{r, k})
	r.groups[k] = e
}

// live returns the entry for the newest transaction to change, nil if there is none or if it
// has expired.
func (m *Memory) live(r *ruleMemory, k Key, now time.Time) entry {
	e := m.own(r, k)
	if e != nil && r.expired(e.head().touched, now) {
		m.removeGroup(r, k)
		return nil
	}
	return e
}

func (m *Memory) removeGroup(r *ruleMemory, k Key) {
	t := m.tx()
	m.setHeld(heldGroup{r, k}, false)
	t.undo = append(t.undo, undo{what: undoGroup, rule: r, key: k, entry: r.groups[k]})
	t.groups = append(t.groups, heldGroup{r, k})
	delete(r.groups, k)
}

// setHeld notes whether the hold-off of a group is to be summarized.
func (m *Memory) setHeld(h heldGroup, is bool) {
	if _, was := m.held[h]; was == is {
		return
	}
	t := m.tx()
	t.undo = append(t.undo, undo{what: undoHeld, rule: h.rule, key: h.key, head: head{files: !is}})
	if is {
		m.held[h] = struct{}{}
	} else {
		delete(m.held, h)
	}
}

// Space returns the name of the space.
func (m *Memory) Space() string { return "rules" }

// Begin begins a transaction.
func (m *Memory) Begin() {
	var t *transaction
	if n := len(m.free); n > 0 {
		t, m.free = m.free[n-1], m.free[:n-1]
	} else {
		t = new(transaction)
	}
	m.number++
	t.number = m.number
	m.open = append(m.open, t)
}

// Commit makes the oldest transaction final.
func (m *Memory) Commit() {
	t := m.open[0]
	m.known = m.known || t.secret
	for _, c := range t.counts {
		c.rule.counts.Late += c.n.Late
		c.rule.counts.Evicted += c.n.Evicted
		c.rule.counts.Beyond += c.n.Beyond
	}
	n := copy(m.open, m.open[1:])
	m.open[n] = nil
	m.open = m.open[:n]
	m.recycle(t)
}

// Rollback undoes the newest transaction.
func (m *Memory) Rollback() {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.open) - 1
	t := m.open[n]
	for i := len(t.undo) - 1; i >= 0; i-- {
		m.undo(&t.undo[i])
	}
	if t.timed {
		m.clock = t.clock
	}
	m.left = append(t.left, m.left...)
	m.open[n] = nil
	m.open = m.open[:n]
	m.recycle(t)
}

func (m *Memory) undo(u *undo) {
	switch r := u.rule; u.what {
	case undoTerm:
		if u.term.slot == 0 {
			r.terms.remove(&u.key)
		} else {
			r.terms.put(u.term, m.limits.Terms)
		}
	case undoGroup:
		if u.entry == nil {
			delete(r.groups, u.key)
		} else {
			r.groups[u.key] = u.entry
		}
	case undoHead:
		r.head = u.head
	case undoHeld:
		m.heldUntil, m.heldDue = 0, 0 // look
		if u.head.files {
			m.held[heldGroup{r, u.key}] = struct{}{}
		} else {
			delete(m.held, heldGroup{r, u.key})
		}
	}
}

func (m *Memory) recycle(t *transaction) {
	t.reset()
	if cap(t.undo) <= 1<<12 {
		m.free = append(m.free, t)
	}
}

// Changes appends the entries that the newest transaction has changed.
func (m *Memory) Changes(dst []hold.Change) []hold.Change {
	m.stored = true
	t := m.tx()
	before := len(dst)
	if t.timed || !m.known && len(t.undo) > 0 {
		t.secret = true
		dst = append(dst, m.encode())
	}
	seen := make(map[storedKey]struct{}, len(t.heads)+len(t.terms)+len(t.groups))
	once := func(k storedKey) bool {
		_, again := seen[k]
		seen[k] = struct{}{}
		return !again
	}
	for _, r := range t.heads {
		if once(headKey(r.prefix)) {
			dst = append(dst, r.encode())
		}
	}
	for _, c := range t.terms {
		k := termKey(c.rule.prefix, c.slot)
		if !once(k) {
			continue
		}
		if e := c.rule.terms.get(&c.key); e != nil && e.slot == c.slot {
			dst = append(dst, m.change(k, e.encode(), c.rule, e.touched))
		} else {
			dst = append(dst, hold.Change{Space: m.Space(), Key: k.bytes(), Delete: true})
		}
	}
	for _, c := range t.groups {
		k := groupKey(c.rule.prefix, c.key)
		if !once(k) {
			continue
		}
		if e := c.rule.groups[c.key]; e != nil {
			dst = append(dst, m.change(k, encodeEntry(e), c.rule, e.head().touched))
		} else {
			dst = append(dst, hold.Change{Space: m.Space(), Key: k.bytes(), Delete: true})
		}
	}
	if len(dst) == before {
		return dst // what is left can wait
	}
	t.left, m.left = m.left, nil
	for _, k := range t.left {
		if once(k) {
			dst = append(dst, hold.Change{Space: m.Space(), Key: k.bytes(), Delete: true})
		}
	}
	return dst
}

func (m *Memory) change(k storedKey, value []byte, r *ruleMemory, touched uint32) hold.Change {
	return hold.Change{Space: m.Space(), Key: k.bytes(), Value: value, Expires: time.Unix(int64(touched)+r.keep+1, 0)}
}
