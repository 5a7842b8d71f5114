package limit

import (
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Group names events that resemble each other: the digest of a rule and of the
// values of its fields of suppression.
type Group [32]byte

// Suppressor lets out the first alert of a group and holds back those that
// resemble it for a while. The window begins with the first alert and does not
// grow.
//
// An event of an instance, a key, an OS user or a source address that the group
// has not let out yet in the window is let out as well: nobody hides a second
// machine behind the first. When the suppressor is full it forgets the group
// that was not used for longest, and so alerts again.
type Suppressor struct {
	groups  *simplelru.LRU[Group, *window]
	holding map[Group]struct{} // groups that have held something back
	lost    []Suppressed       // what forgotten groups had held back
	// Since the last Commit or Rollback:
	staged   map[Group]*window // groups as they are to be; nil is to be forgotten
	over     []Suppressed      // windows that ended
	reported int               // how many of lost Over gave
}

// Suppressed is what one group held back in one window.
type Suppressed struct {
	Held
	Rule string   // its ID
	By   []string // "user.name: alice" for each field of the group
}

// window is a group that has let out an alert.
type window struct {
	rule                           string
	by                             []string
	end                            time.Time
	instances, keys, users, source Distinct // that were let out
	held                           Held
}

// NewSuppressor returns a suppressor of at most size groups. It fails when size
// is not positive.
func NewSuppressor(size int) (*Suppressor, error) {
	s := &Suppressor{holding: map[Group]struct{}{}, staged: map[Group]*window{}}
	var err error
	s.groups, err = simplelru.NewLRU(size, s.evicted)
	return s, err
}

// Resize changes the size; the groups not used for longest are forgotten.
func (s *Suppressor) Resize(size int) { s.groups.Resize(size) }

// evicted is called for every group that leaves the LRU.
func (s *Suppressor) evicted(g Group, w *window) {
	if w.held.Count > 0 {
		s.lost = append(s.lost, w.report(w.end))
	}
	delete(s.holding, g)
}

// Take reports whether an alert of the group that arrives now may come out. A
// group's first alert opens its window. What is done is staged until Commit.
func (s *Suppressor) Take(g Group, rule string, by []string, subject Subject, now time.Time, length time.Duration) bool {
	w := s.open(g, now)
	if w == nil {
		w = &window{rule: rule, by: by, end: now.Add(length)}
		w.held.Begin = now
		s.staged[g] = w
		w.letOut(subject)
		return true
	}
	if w.isNew(subject) {
		w.letOut(subject)
		return true
	}
	w.held.note(subject)
	return false
}

// open returns the group's window, staged, or nil when it has none. One that
// is over is put aside to be reported.
func (s *Suppressor) open(g Group, now time.Time) *window {
	w, ok := s.staged[g]
	if !ok {
		old, found := s.groups.Peek(g)
		if !found {
			return nil
		}
		copied := *old
		w = &copied
	}
	if w == nil || !now.Before(w.end) {
		if w != nil && w.held.Count > 0 {
			s.over = append(s.over, w.report(w.end))
		}
		return nil
	}
	s.staged[g] = w
	return w
}

// isNew reports whether the event is of something that the window has not let out.
// What an event does not tell is new as well, if others of the group told it.
func (w *window) isNew(s Subject) bool {
	return w.instances.isNew(s.Instance) || w.keys.isNew(s.Key) || w.users.isNew(s.OSUser) || w.source.isNew(s.Source)
}

func (d *Distinct) isNew(name string) bool {
	if name == "" {
		return len(d.Names) > 0
	}
	return !d.has(name)
}

func (w *window) letOut(s Subject) {
	w.instances.add(s.Instance)
	w.keys.add(s.Key)
	w.users.add(s.OSUser)
	w.source.add(s.Source)
}

func (w *window) report(end time.Time) Suppressed {
	h := w.held
	h.End = end
	return Suppressed{Held: h, Rule: w.rule, By: w.by}
}

// Over returns what groups held back whose windows are over now, or of all
// groups with force, and groups that were forgotten. With Commit it is reported;
// after Rollback it comes again.
func (s *Suppressor) Over(now time.Time, force bool) []Suppressed {
	for g := range s.holding {
		if _, staged := s.staged[g]; staged {
			continue
		}
		if w, ok := s.groups.Peek(g); ok && (force || !now.Before(w.end)) {
			s.over = append(s.over, w.report(w.end))
			s.staged[g] = nil
		}
	}
	s.reported = len(s.lost)
	return append(s.over, s.lost...)
}

// Commit makes what was staged true.
func (s *Suppressor) Commit() {
	s.lost = append([]Suppressed(nil), s.lost[s.reported:]...)
	for g, w := range s.staged {
		delete(s.holding, g)
		if w == nil {
			if old, ok := s.groups.Peek(g); ok {
				old.held.Count = 0 // reported
			}
			s.groups.Remove(g)
			continue
		}
		s.groups.Add(g, w)
		if w.held.Count > 0 {
			s.holding[g] = struct{}{}
		}
	}
	s.Rollback()
}

// Rollback forgets what was staged.
func (s *Suppressor) Rollback() {
	clear(s.staged)
	s.over, s.reported = nil, 0
}

// Next returns when the first window ends of those that have held something
// back, and false when there is none.
func (s *Suppressor) Next() (time.Time, bool) {
	var next time.Time
	for g := range s.holding {
		if w, ok := s.groups.Peek(g); ok && (next.IsZero() || w.end.Before(next)) {
			next = w.end
		}
	}
	return next, !next.IsZero()
}
