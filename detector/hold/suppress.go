package hold

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Group identifies events that resemble each other: the digest of a rule and of
// the values of its fields of suppression.
type Group [32]byte

// Suppressor lets out the first alert of a group and holds back those that
// resemble it for a while. The window begins with the first alert and does not
// grow. An event with a novel attribute is let out as well.
//
// When the suppressor is full it forgets the group that was not used for longest,
// which then alerts again.
type Suppressor struct {
	// Groups of transactions that are final.
	groups  *simplelru.LRU[Group, *window]
	holding map[Group]struct{} // those that have held something back
	// displaced are groups that were forgotten while an open transaction has a newer
	// state of them.
	displaced map[Group]*window
	lost      []lostWindow // of forgotten groups that have held something back

	open queue[suppressorTx, *suppressorTx]
	// forgotten are groups without anything to report that were forgotten: the next
	// transaction deletes them from the store.
	forgotten []Group
	stored    bool // there is a store
}

// Suppressed is what one group held back in one window.
type Suppressed struct {
	Held
	Rule string   // its ID
	By   []string // "user.name: alice" for each field of the group
}

// window is the state of a group that has let out an alert.
type window struct {
	rule string
	by   []string
	end  time.Time
	out  []Distinct // the novel attributes that were let out
	held Held
}

// lostWindow is the window of a group that was forgotten.
type lostWindow struct {
	group Group
	*window
}

type suppressorTx struct {
	staged  map[Group]*window // groups as they are now; nil: forgotten
	over    []Suppressed      // windows that ended by an event
	lost    []lostWindow      // that it reports
	deleted []Group           // of forgotten
}

func (t *suppressorTx) reset() {
	clear(t.staged)
	t.over, t.lost, t.deleted = nil, nil, nil
}

// NewSuppressor returns a suppressor of at most size groups. It fails when size
// is not positive.
func NewSuppressor(size int) (*Suppressor, error) {
	s := &Suppressor{holding: map[Group]struct{}{}, displaced: map[Group]*window{}}
	var err error
	s.groups, err = simplelru.NewLRU(size, s.gone)
	return s, err
}

// Resize changes the size; the groups not used for longest are forgotten.
func (s *Suppressor) Resize(size int) { s.groups.Resize(size) }

// gone is called for every group that leaves the LRU.
func (s *Suppressor) gone(g Group, w *window) {
	delete(s.holding, g)
	if _, ok := s.staged(g); ok {
		s.displaced[g] = w
		return
	}
	s.forget(g, w)
}

// forget keeps what is still to be done about a forgotten group.
func (s *Suppressor) forget(g Group, w *window) {
	switch {
	case w.held.Count > 0:
		s.lost = append(s.lost, lostWindow{g, w})
	case s.stored && len(s.forgotten) < maxForgotten: // else the store drops them when they expire
		s.forgotten = append(s.forgotten, g)
	}
}

// staged returns the newest state of the group in the open transactions, and
// whether there is one.
func (s *Suppressor) staged(g Group) (*window, bool) {
	for i := len(s.open.open) - 1; i >= 0; i-- {
		if w, ok := s.open.open[i].staged[g]; ok {
			return w, true
		}
	}
	return nil, false
}

// Take reports whether an alert of the group that arrives now may come out. A
// group's first alert opens its window.
func (s *Suppressor) Take(g Group, rule string, by func() []string, subject *Subject, now time.Time, length time.Duration) bool {
	w := s.window(g, now)
	if w == nil {
		w = &window{rule: rule, by: by(), end: now.Add(length), held: Held{Begin: now}}
		s.open.newest().staged[g] = w
		w.letOut(subject)
		return true
	}
	if w.isNovel(subject) {
		w.letOut(subject)
		return true
	}
	w.held.add(subject)
	return false
}

// window returns the group's window for the newest transaction to change, or nil
// when it has none. One that is over is put aside to be reported.
func (s *Suppressor) window(g Group, now time.Time) *window {
	t := s.open.newest()
	w, own := t.staged[g]
	if !own {
		var ok bool
		if w, ok = s.staged(g); !ok {
			if w, ok = s.groups.Peek(g); !ok {
				return nil
			}
		}
	}
	if w == nil {
		return nil
	}
	if !now.Before(w.end) {
		if w.held.Count > 0 {
			t.over = append(t.over, w.report(w.end))
		}
		return nil
	}
	if !own {
		copied := *w
		w = &copied
		t.staged[g] = w
	}
	return w
}

// isNovel reports whether the event has an attribute that the window has not let
// out. That an event lacks one is novel as well, if others of the group had it.
func (w *window) isNovel(s *Subject) bool {
	for _, a := range s.Attributes {
		if a.Novel && a.Value != "" && !w.hasOut(a) {
			return true
		}
	}
	for i := range w.out {
		if !s.has(w.out[i].Name) {
			return true
		}
	}
	return false
}

func (w *window) hasOut(a Attribute) bool {
	for i := range w.out {
		if w.out[i].Name == a.Name {
			return w.out[i].has(a.Value)
		}
	}
	return false
}

// has reports whether the subject has a value of the novel attribute with that
// name.
func (s *Subject) has(name string) bool {
	for _, a := range s.Attributes {
		if a.Novel && a.Name == name && a.Value != "" {
			return true
		}
	}
	return false
}

func (w *window) letOut(s *Subject) {
	w.out = append([]Distinct(nil), w.out...) // copies share it
	for _, a := range s.Attributes {
		if a.Novel {
			w.out = addValue(w.out, a)
		}
	}
}

func (w *window) report(end time.Time) Suppressed {
	h := w.held
	h.End = end
	return Suppressed{Held: h, Rule: w.rule, By: w.by}
}

// Over returns what groups held back whose windows are over now, and groups that
// were forgotten; with force, what all groups held back up to now, and their
// windows continue. It is reported by the newest transaction, once.
func (s *Suppressor) Over(now time.Time, force bool) []Suppressed {
	t := s.open.newest()
	for g := range s.holding {
		s.report(t, g, now, force)
	}
	for _, earlier := range s.open.open {
		for g := range earlier.staged {
			s.report(t, g, now, force)
		}
	}
	t.lost, s.lost = s.lost, nil
	all := t.over
	for _, l := range t.lost {
		all = append(all, l.report(l.end))
	}
	return all
}

// report puts what the group held back in t, if it is to be reported now. Windows
// that t itself has opened or changed are not over.
func (s *Suppressor) report(t *suppressorTx, g Group, now time.Time, force bool) {
	if _, ok := t.staged[g]; ok {
		return
	}
	w, ok := s.staged(g)
	if !ok {
		w, _ = s.groups.Peek(g)
	}
	switch {
	case w == nil || w.held.Count == 0:
	case !now.Before(w.end):
		t.over = append(t.over, w.report(w.end))
		t.staged[g] = nil
	case force:
		t.over = append(t.over, w.report(now))
		rest := *w
		rest.held = Held{Begin: now}
		t.staged[g] = &rest
	}
}

// Next returns when the first window ends of those that have held something back,
// and false when there is none.
func (s *Suppressor) Next() (time.Time, bool) {
	var next time.Time
	for g := range s.holding {
		if w, ok := s.groups.Peek(g); ok && (next.IsZero() || w.end.Before(next)) {
			next = w.end
		}
	}
	return next, !next.IsZero()
}

// Begin begins a transaction.
func (s *Suppressor) Begin() {
	s.open.begin()
	if t := s.open.newest(); t.staged == nil {
		t.staged = map[Group]*window{}
	}
}

// Commit makes the oldest transaction final.
func (s *Suppressor) Commit() {
	t := s.open.oldest()
	for g, w := range t.staged {
		delete(t.staged, g)
		delete(s.holding, g)
		delete(s.displaced, g)
		if old, ok := s.groups.Peek(g); ok {
			old.held.Count = 0 // w has it, or it was reported
		}
		if w == nil {
			s.groups.Remove(g)
			continue
		}
		s.groups.Add(g, w)
		if w.held.Count > 0 {
			s.holding[g] = struct{}{}
		}
	}
	s.open.removeOldest()
}

// Rollback undoes the newest transaction.
func (s *Suppressor) Rollback() {
	t := s.open.newest()
	s.lost = append(t.lost, s.lost...)
	s.forgotten = append(t.deleted, s.forgotten...)
	for g := range t.staged {
		delete(t.staged, g)
		if w, ok := s.displaced[g]; ok {
			if _, newer := s.staged(g); !newer {
				delete(s.displaced, g)
				s.forget(g, w)
			}
		}
	}
	s.open.removeNewest()
}

// Space returns the name of the space of windows.
func (s *Suppressor) Space() string { return "suppression" }

// keepHeld is how long the store keeps what was held back in an interval that is
// over: until then a process must be there that reports it.
const keepHeld = 30 * 24 * time.Hour

// Changes appends the windows that the newest transaction has changed. Groups that
// were forgotten can wait until there is one.
func (s *Suppressor) Changes(dst []Change) []Change {
	s.stored = true
	t := s.open.newest()
	if len(t.staged) == 0 && len(t.lost) == 0 {
		return dst
	}
	remove := func(g Group) {
		dst = append(dst, Change{Space: s.Space(), Key: g[:], Delete: true})
	}
	t.deleted, s.forgotten = s.forgotten, nil
	for _, g := range t.deleted {
		remove(g)
	}
	for _, l := range t.lost {
		remove(l.group)
	}
	// Of a group that was forgotten and has come again there is a newer state.
	for g, w := range t.staged {
		if w == nil {
			remove(g)
			continue
		}
		expires := w.end
		if w.held.Count > 0 {
			expires = w.end.Add(keepHeld)
		}
		dst = append(dst, Change{Space: s.Space(), Key: g[:], Value: w.encode(), Expires: expires})
	}
	return dst
}

func (w *window) encode() []byte {
	b := appendTexts(appendText([]byte{encoding}, w.rule), w.by)
	b = appendDistincts(appendTime(b, w.end), w.out)
	return appendHeld(b, &w.held)
}

// maxWindow bounds windows that were stored, should the clock have been wrong.
const maxWindow = 24 * time.Hour

// Restore adds a window.
func (s *Suppressor) Restore(key, value []byte, _ time.Time) bool {
	d := newDecoder(value)
	w := &window{rule: d.text(), by: d.texts(), end: d.time()}
	w.out = d.distincts()
	w.held = d.held()
	if !d.ok() || len(key) != len(Group{}) {
		return false
	}
	if latest := time.Now().Add(maxWindow); w.end.After(latest) {
		w.end = latest
	}
	s.stored = true
	g := Group(key)
	s.groups.Add(g, w)
	if w.held.Count > 0 {
		s.holding[g] = struct{}{}
	}
	return true
}
