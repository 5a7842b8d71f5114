package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
)

const (
	maxInterval = 4 * time.Second
	// pruneEvery is how often states of files that are gone are looked for, and
	// forgetAfter after which time they are deleted.
	pruneEvery  = time.Hour
	forgetAfter = 24 * time.Hour
)

// Options are what a Source is made of.
type Options struct {
	Patterns []Pattern
	Insights bool // read the files of CloudTrail Insights too
	Store    *Store
	Queue    *intake.Queue
	Stats    *intake.Stats
	Log      logger.Log
}

// Source reads files.
type Source struct {
	Options
	timing
	slow    logger.Log // rate-limited
	finder  finder
	reader  *intake.Reader
	stop    context.CancelFunc
	ended   chan struct{}
	pruned  time.Time
	handles int // number of open files

	mu    sync.Mutex
	files map[id]*file  // those with something to do
	dirty map[id]*state // to be stored; nil: to be deleted
}

// Start starts to read.
func Start(o Options) *Source { return start(o, defaultTiming) }

func start(o Options, t timing) *Source {
	s := &Source{Options: o, timing: t, slow: o.Log.Limited(), ended: make(chan struct{}), files: map[id]*file{}, dirty: map[id]*state{}}
	s.reader = o.Queue.NewReader()
	s.finder = finder{
		patterns: o.Patterns, dirs: map[string]*directory{}, use: s.look,
		fail:    func(path string, err error) { s.slow.Errorf("path: %s: %v", path, pathless(err)) },
		skipped: func(string) { o.Stats.Count(intake.Skipped) },
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.run(ctx)
	return s
}

// Stop ends reading. After the queue was closed Close must be called.
func (s *Source) Stop() {
	s.stop()
	<-s.ended
}

// Close stores what was confirmed, and closes the files.
func (s *Source) Close() {
	s.flush()
	for _, f := range s.files {
		f.close()
	}
}

func (s *Source) run(ctx context.Context) {
	defer close(s.ended)
	first := true
	for {
		began := time.Now()
		if !s.Queue.Paused() {
			s.scan(ctx, began)
			if first {
				s.findRotated(ctx)
				first = false
			}
			s.prune(began)
		}
		s.flush()
		wait := max(s.interval, min(10*time.Since(began), maxInterval))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// scan looks at all files once.
func (s *Source) scan(ctx context.Context, now time.Time) {
	s.finder.context = ctx
	s.finder.find(now)
	s.mu.Lock()
	var rest []*file
	for i, f := range s.files {
		if !s.finder.seen[i] {
			rest = append(rest, f)
		}
	}
	s.mu.Unlock()
	for _, f := range rest {
		s.lost(ctx, f, now)
	}
}

// otherTrail matches the paths of files that CloudTrail puts beside those with events.
var otherTrail = regexp.MustCompile(`(?:^|/)(?:[^/]*_)?CloudTrail-(Digest|Insight)(?:_[^/]*)?(?:/|$)`)

// look looks at a file that was found.
func (s *Source) look(ctx context.Context, found found) {
	if ctx.Err() != nil {
		return
	}
	i := idOf(found.path, found.info)
	size, modified := found.info.Size(), found.info.ModTime().UnixNano()
	s.mu.Lock()
	f := s.files[i]
	s.mu.Unlock()
	if f == nil {
		st, known := s.load(i)
		if known && st.Position == size && st.Modified == modified && st.Gone == 0 {
			if st.Path != found.path {
				st.Path = found.path
				s.save(i, &st)
			}
			return
		}
		if result, other := s.notRead(found); other {
			s.Stats.Count(result)
			s.save(i, &state{Path: found.path, Position: size, Modified: modified, Whole: true})
			return
		}
		f = &file{source: s, id: i, path: found.path, known: known, state: st, next: st.Position}
		f.state.Gone = 0
	}
	f.path, f.gone = found.path, time.Time{}
	s.mu.Lock()
	f.state.Path = found.path
	s.files[i] = f
	s.mu.Unlock()
	s.read(ctx, f, found.info)
}

// notRead reports whether a file is not to be read, and as what it counts.
func (s *Source) notRead(found found) (intake.Result, bool) {
	if found.info.Size() == 0 {
		return intake.Empty, true
	}
	m := otherTrail.FindStringSubmatch(filepath.ToSlash(found.path))
	return intake.Skipped, m != nil && (m[1] == "Digest" || !s.Insights)
}

// lost handles a file with something to do that was not found. If it was renamed or
// deleted, what was written to it before is read.
func (s *Source) lost(ctx context.Context, f *file, now time.Time) {
	if info, err := os.Stat(f.path); err == nil && f.gone.IsZero() && idOf(f.path, info) == f.id {
		s.read(ctx, f, info) // in a directory that was not looked into
		return
	}
	if f.gone.IsZero() {
		f.gone = now
	}
	if f.handle == nil {
		s.forget(f)
		return
	}
	info, err := f.handle.Stat()
	if err != nil {
		s.forget(f)
		return
	}
	s.read(ctx, f, info)
}

// forget ends looking at a file that is gone. What is confirmed later does not matter any
// more.
func (s *Source) forget(f *file) {
	f.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, f.id)
	f.state.Gone = time.Now().Unix()
	st := f.state
	s.dirty[f.id] = &st
}

// load returns the state of a file.
func (s *Source) load(i id) (state, bool) {
	s.mu.Lock()
	st, ok := s.dirty[i]
	s.mu.Unlock()
	if ok && st != nil {
		return *st, true
	}
	return s.Store.get(i)
}

// save stores a state, soon.
func (s *Source) save(i id, st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty[i] = st
}

// flush stores the states that have changed.
func (s *Source) flush() {
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = map[id]*state{}
	s.mu.Unlock()
	if len(dirty) == 0 {
		return
	}
	if err := s.Store.put(dirty); err != nil {
		s.slow.Errorf("state_path: %v; after a crash files may be read again", err)
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, st := range dirty {
			if _, newer := s.dirty[i]; !newer {
				s.dirty[i] = st
			}
		}
	}
}

// findRotated finds files that were renamed while nobody looked, so that no pattern
// stands for them, in their directories.
func (s *Source) findRotated(ctx context.Context) {
	missing := map[id]state{}
	dirs := map[string]bool{}
	err := s.Store.each(func(i id, st state) {
		if !s.finder.seen[i] && !st.Whole && st.Gone == 0 {
			missing[i] = st
			dirs[filepath.Dir(st.Path)] = true
		}
	})
	if err != nil {
		s.slow.Errorf("state_path: %v", err)
		return
	}
	for dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // the directory is gone too
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			st, ok := missing[idOf(path, info)]
			if !ok || info.Size() <= st.Position {
				continue
			}
			f := &file{source: s, id: idOf(path, info), path: path, known: true, state: st, next: st.Position, gone: time.Now()}
			s.mu.Lock()
			s.files[f.id] = f
			s.mu.Unlock()
			s.read(ctx, f, info)
		}
	}
}

// prune forgets the states of files that have been gone for a while.
func (s *Source) prune(now time.Time) {
	if now.Sub(s.pruned) < pruneEvery {
		return
	}
	s.pruned = now
	changed := map[id]*state{}
	err := s.Store.each(func(i id, st state) {
		switch info, err := os.Stat(st.Path); {
		case err == nil && idOf(st.Path, info) == i:
		case err != nil && !errors.Is(err, os.ErrNotExist): // a folder that is not there now
		case st.Gone == 0:
			st.Gone = now.Unix()
			changed[i] = &st
		case now.Sub(time.Unix(st.Gone, 0)) > forgetAfter:
			changed[i] = nil
		}
	})
	if err != nil {
		s.slow.Errorf("state_path: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, st := range changed {
		if _, newer := s.dirty[i]; !newer && s.files[i] == nil {
			s.dirty[i] = st
		}
	}
}
