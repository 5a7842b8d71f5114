package stateful

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/hold"
)

// transaction is what it takes to undo changes, and to write them.
type transaction struct {
	undo   []undo
	terms  []undoTerm // in the order of the changes, as undo
	secret bool       // it writes the secret
	timed  bool       // the clock has changed
	clock  clock      // it was this

	// What has changed, perhaps several times:
	heads   []*ruleMemory
	changed []changedSlot
	left    []storedKey // of Memory.left
	renewed []*ruleMemory
	counts  []countOf
}

// changedSlot is a slot of a rule whose entry has changed.
type changedSlot struct {
	rule *ruleMemory
	slot uint32
}

type countOf struct {
	rule *ruleMemory
	n    Counts
}

// undoTerm is what was in the slot of a term before a change.
type undoTerm struct {
	rule *ruleMemory
	slot uint32
	is   bool // there was a term in the slot
	key  Key
	term term
}

// undo is what was before a change of something else.
type undo struct {
	what undoKind
	is   bool // there was an entry in the slot; the group was among those to be summarized
	rule *ruleMemory
	slot uint32
	key  Key
	kept *kept
	head *head
	held heldOff
}

type undoKind uint8

const (
	undoGroup undoKind = iota
	undoHead
	undoHeld
)

func (t *transaction) reset() {
	clear(t.undo)
	clear(t.terms)
	clear(t.heads)
	clear(t.changed)
	clear(t.counts)
	*t = transaction{undo: t.undo[:0], terms: t.terms[:0], heads: t.heads[:0], changed: t.changed[:0], counts: t.counts[:0]}
}

// changes reports whether entries have changed.
func (t *transaction) changes() bool { return len(t.terms)+len(t.changed) > 0 }

// count counts something, once the transaction is final.
func (m *Memory) count(r *ruleMemory, n Counts) {
	t := m.tx()
	t.counts = append(t.counts, countOf{r, n})
}

// Beyond counts combinations of an event beyond [MaxCombinations].
func (m *Memory) Beyond(place, n int) { m.count(m.loaded[place], Counts{Beyond: uint64(n)}) }

// addTerm adds a term.
func (m *Memory) addTerm(r *ruleMemory, k Key, v term) {
	t, slot := m.tx(), r.terms.take()
	t.terms = append(t.terms, undoTerm{rule: r, slot: slot})
	r.terms.put(slot, item[term]{k, v})
}

// setTerm changes a term.
func (m *Memory) setTerm(r *ruleMemory, slot uint32, v term) {
	t, e := m.tx(), r.terms.at(slot)
	t.terms = append(t.terms, undoTerm{rule: r, slot: slot, is: true, key: e.key, term: e.value})
	e.value = v
}

// remove removes the entry in a slot.
func (m *Memory) remove(r *ruleMemory, slot uint32) {
	t := m.tx()
	if r.hasTerms() {
		e := r.terms.at(slot)
		t.terms = append(t.terms, undoTerm{rule: r, slot: slot, is: true, key: e.key, term: e.value})
		r.terms.remove(slot)
		return
	}
	t.changed = append(t.changed, changedSlot{r, slot})
	e := r.groups.at(slot)
	m.setHeld(heldGroup{r, e.key}, nil)
	was := e.value
	t.undo = append(t.undo, undo{what: undoGroup, is: true, rule: r, slot: slot, key: e.key, kept: &was})
	delete(m.unpacked, changedSlot{r, slot})
	r.groups.remove(slot)
}

// addGroup adds an entry, for the newest transaction to change.
func (m *Memory) addGroup(r *ruleMemory, k Key, e entry) {
	t, slot := m.tx(), r.groups.take()
	at := changedSlot{r, slot}
	t.undo = append(t.undo, undo{what: undoGroup, rule: r, slot: slot})
	t.changed = append(t.changed, at)
	r.groups.put(slot, item[kept]{k, kept{touched: e.head().touched, owner: e.head().owner}})
	m.unpacked[at] = e
}

// live returns the entry for the newest transaction to change, nil if there is none or if it
// has expired.
func (m *Memory) live(r *ruleMemory, k Key, now time.Time) entry {
	slot, ok := r.groups.find(&k)
	if !ok {
		return nil
	}
	if c, _ := m.candidate(r, slot); r.expired(c.touched, now) {
		m.remove(r, slot)
		return nil
	}
	return m.own(r, slot)
}

// own returns the entry in a slot that is in use for the newest transaction to change.
func (m *Memory) own(r *ruleMemory, slot uint32) entry {
	at := changedSlot{r, slot}
	if e := m.unpacked[at]; e != nil {
		return e
	}
	t, one := m.tx(), r.groups.at(slot)
	was := one.value
	t.undo = append(t.undo, undo{what: undoGroup, is: true, rule: r, slot: slot, key: one.key, kept: &was})
	t.changed = append(t.changed, at)
	e := r.unpack(&was)
	m.unpacked[at] = e
	return e
}

// look returns an entry to look at, nil if there is none.
func (m *Memory) look(r *ruleMemory, k Key) entry {
	slot, ok := r.groups.find(&k)
	if !ok {
		return nil
	}
	if e := m.unpacked[changedSlot{r, slot}]; e != nil {
		return e
	}
	return r.unpack(&r.groups.at(slot).value)
}

// unpack decodes an entry, which was encoded here, or checked when it came from the store.
func (r *ruleMemory) unpack(v *kept) entry {
	e, _ := kinds[r.kind].decode(header{v.touched, v.owner}, &decoder{rest: []byte(v.state)})
	return e
}

// pack encodes the entries that the newest transaction has changed: it changes them no more.
func (m *Memory) pack() {
	for at, e := range m.unpacked {
		m.packing = e.encode(m.packing[:0])
		at.rule.groups.at(at.slot).value = kept{string(m.packing), e.head().touched, e.head().owner}
	}
	clear(m.unpacked)
}

// setHeld notes what is known of the hold-off of a group, nil if there is nothing to be
// summarized.
func (m *Memory) setHeld(h heldGroup, now *heldOff) {
	was, is := m.held[h]
	if !is && now == nil {
		return
	}
	t := m.tx()
	t.undo = append(t.undo, undo{what: undoHeld, is: is, rule: h.rule, key: h.key, held: was})
	m.putHeld(h, now)
}

// putHeld changes what is known of the hold-off of a group, nil if there is nothing to be
// summarized.
func (m *Memory) putHeld(h heldGroup, now *heldOff) {
	if was, is := m.held[h]; is && was.by == nil {
		m.nameless.Add(-1)
	}
	if now == nil {
		delete(m.held, h)
		return
	}
	if now.by == nil {
		m.nameless.Add(1)
	}
	m.held[h] = *now
	m.heldUntil, m.heldDue = min(m.heldUntil, now.until), min(m.heldDue, now.due)
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
	m.pack()
	m.open = append(m.open, t)
}

// Commit makes the oldest transaction final.
func (m *Memory) Commit() {
	m.pack()
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
	clear(m.unpacked)
	n := len(m.open) - 1
	t := m.open[n]
	for i := len(t.undo) - 1; i >= 0; i-- {
		m.undo(&t.undo[i])
	}
	for i := len(t.terms) - 1; i >= 0; i-- {
		t.terms[i].undo()
	}
	if t.timed {
		m.clock = t.clock
	}
	m.left = append(t.left, m.left...)
	m.renewed = append(t.renewed, m.renewed...)
	m.open[n] = nil
	m.open = m.open[:n]
	m.recycle(t)
}

func (u *undoTerm) undo() {
	terms := &u.rule.terms
	if u.is && terms.holds(u.slot) && terms.at(u.slot).key == u.key {
		terms.at(u.slot).value = u.term
		return
	}
	if terms.holds(u.slot) {
		terms.remove(u.slot)
	}
	if u.is {
		terms.put(u.slot, item[term]{u.key, u.term})
	}
}

func (m *Memory) undo(u *undo) {
	switch r := u.rule; u.what {
	case undoGroup:
		if r.groups.holds(u.slot) {
			r.groups.remove(u.slot)
		}
		if u.is {
			r.groups.put(u.slot, item[kept]{u.key, *u.kept})
		}
	case undoHead:
		r.head = *u.head
	case undoHeld:
		if u.is {
			m.putHeld(heldGroup{r, u.key}, &u.held)
		} else {
			m.putHeld(heldGroup{r, u.key}, nil)
		}
		m.heldUntil, m.heldDue = 0, 0 // look
	}
}

func (m *Memory) recycle(t *transaction) {
	t.reset()
	if cap(t.undo) <= 1<<12 && cap(t.terms) <= 1<<13 {
		m.free = append(m.free, t)
	}
}

// Changes appends the entries that the newest transaction has changed.
func (m *Memory) Changes(dst []hold.Change) []hold.Change {
	m.stored = true
	m.pack()
	t := m.tx()
	before := len(dst)
	if t.timed || !m.known && len(t.undo)+len(t.terms) > 0 {
		t.secret = true
		dst = append(dst, m.encode())
	}
	for i, r := range t.heads {
		if !slices.Contains(t.heads[:i], r) {
			dst = append(dst, r.encode())
		}
	}
	if len(dst) == before && !t.changes() {
		return dst // what is left or renewed can wait
	}
	t.renewed, m.renewed = m.renewed, nil
	// Blocks and slots in their order, each once.
	m.places = m.places[:0]
	for _, r := range t.renewed {
		for block, used := range r.terms.used {
			if used != 0 {
				m.places = append(m.places, changedSlot{r, uint32(block)})
			}
		}
	}
	for i := range t.terms {
		m.places = append(m.places, changedSlot{t.terms[i].rule, t.terms[i].slot / blockSize})
	}
	for _, c := range distinct(m.places) {
		dst = append(dst, c.rule.changeOfTerms(c.slot))
	}
	m.places = append(m.places[:0], t.changed...)
	for _, r := range t.renewed {
		r.groups.each(func(slot uint32, _ *item[kept]) { m.places = append(m.places, changedSlot{r, slot}) })
	}
	for _, c := range distinct(m.places) {
		dst = append(dst, c.rule.changeOfGroup(c.slot))
	}
	clear(m.places)
	if t.left, m.left = m.left, nil; len(t.left) > 0 {
		written := make(map[string]struct{}, len(dst)-before)
		for _, c := range dst[before:] {
			written[string(c.Key)] = struct{}{}
		}
		for _, k := range t.left {
			if key := k.bytes(); !has(written, key) {
				written[string(key)] = struct{}{}
				dst = append(dst, hold.Change{Space: m.Space(), Key: key, Delete: true})
			}
		}
	}
	return dst
}

func has(set map[string]struct{}, key []byte) bool {
	_, ok := set[string(key)]
	return ok
}

// distinct sorts the list and returns each of its elements once.
func distinct(list []changedSlot) []changedSlot {
	less := func(a, b changedSlot) int {
		if a.rule != b.rule {
			return bytes.Compare(a.rule.prefix[:], b.rule.prefix[:])
		}
		return cmp.Compare(a.slot, b.slot)
	}
	if !slices.IsSortedFunc(list, less) {
		slices.SortFunc(list, less)
	}
	return slices.Compact(list)
}

// changeOfTerms returns what is to be stored of a block of terms.
func (r *ruleMemory) changeOfTerms(block uint32) hold.Change {
	value, touched := encodeTerms(&r.terms, block)
	return r.change(termsKey(r.prefix, block), value, touched)
}

// changeOfGroup returns what is to be stored of the group in a slot.
func (r *ruleMemory) changeOfGroup(slot uint32) hold.Change {
	if !r.groups.holds(slot) {
		return r.change(groupKey(r.prefix, slot), nil, 0)
	}
	e := r.groups.at(slot)
	return r.change(groupKey(r.prefix, slot), encodeGroup(e), e.value.touched)
}

func (r *ruleMemory) change(k storedKey, value []byte, touched uint32) hold.Change {
	c := hold.Change{Space: (*Memory)(nil).Space(), Key: k.bytes(), Value: value, Delete: value == nil}
	if !c.Delete {
		c.Expires = time.Unix(int64(touched)+r.keep+1, 0)
	}
	return c
}
