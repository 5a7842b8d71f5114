package files

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
	"github.com/fluent-detect/fluent-detect/plugin/intake"
)

// timing says for how long things are waited for.
type timing struct {
	// interval is how often folders are looked at. If that takes long it is done more
	// rarely, up to maxInterval.
	interval time.Duration
	// quiet is how long nothing must have been written to a file that is read as a
	// whole.
	quiet time.Duration
	// patience is how long the end of a text may be incomplete until it is read as it is.
	patience time.Duration
	// retry is how long a file is left alone that cannot be read.
	retry time.Duration
	// rotated is how long a file that was renamed or deleted is still read.
	rotated time.Duration
	// active is how long a text to which nothing is written is kept open.
	active time.Duration
}

var defaultTiming = timing{time.Second, 2 * time.Second, 30 * time.Second, 30 * time.Second, 10 * time.Second, 10 * time.Minute}

const (
	// maxOpen is the maximum number of texts that are kept open.
	maxOpen = 256
	// startSize is how many of the first bytes tell files apart.
	startSize = 4096
)

// file is a file with something to do: it is being read, or something may be written to
// it. Unless noted otherwise only the source's goroutine uses its fields.
type file struct {
	source *Source
	id     id
	path   string
	handle *os.File // nil: not open
	known  bool     // there was a state
	gone   time.Time
	next   int64     // offset from which a text is read on
	stuck  time.Time // since when what follows is incomplete
	peeked int64     // the size of a text whose incomplete end was read
	again  time.Time // when to try again after an error

	// The source's lock protects these.
	state    state
	sections []*part // being read, or not confirmed, in order
	failed   bool    // a section was given up: read again from the confirmed position
}

// part is a section that is read.
type part struct {
	end     int64
	records int64
	done    bool
}

func (f *file) close() {
	if f.handle != nil {
		_ = f.handle.Close()
		f.handle = nil
		f.source.handles--
	}
}

// read reads what is new in a file.
func (s *Source) read(ctx context.Context, f *file, info fs.FileInfo) {
	s.mu.Lock()
	if f.failed {
		f.failed, f.sections, f.next, f.peeked = false, nil, f.state.Position, 0
	}
	busy := len(f.sections) > 0
	st := f.state
	s.mu.Unlock()
	now := time.Now()
	if now.Before(f.again) {
		return
	}
	size, modified := info.Size(), info.ModTime()
	if !busy && f.next == size && st.Modified == modified.UnixNano() {
		s.rest(f, modified, now)
		return
	}
	err := s.open(f)
	if err == nil && !busy {
		err = s.identify(f, size)
	}
	if err == nil {
		if f.state.Whole {
			err = s.readWhole(ctx, f, info)
		} else {
			err = s.readText(ctx, f, info)
		}
	}
	if f.gone.IsZero() && (f.state.Whole || now.Sub(modified) > s.active || s.handles > maxOpen) {
		f.close()
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) {
		s.Stats.Count(intake.Failed)
		s.slow.Errorf("path: %s: %v; it will be tried again", f.path, pathless(err))
		f.again = now.Add(s.retry)
	}
}

func (s *Source) open(f *file) (err error) {
	if f.handle != nil {
		return nil
	}
	if f.handle, err = os.Open(f.path); err == nil {
		s.handles++
	}
	return err
}

// rest handles a file in which there is nothing new.
func (s *Source) rest(f *file, modified, now time.Time) {
	switch {
	case !f.gone.IsZero() && now.Sub(f.gone) >= s.rotated:
		s.forget(f)
	case !f.gone.IsZero():
	case f.handle == nil, f.state.Whole, now.Sub(modified) > s.active:
		f.close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.files, f.id)
	}
}

// identify compares the file with what is known of it. If it is another one, or was cut,
// it is read from its beginning.
func (s *Source) identify(f *file, size int64) error {
	buf := make([]byte, startSize)
	n, err := f.handle.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	buf = buf[:n]
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &f.state
	same := st.StartSize > 0 && st.StartSize <= n && checksum(buf[:st.StartSize]) == st.Start
	switch {
	case same && (st.Whole || size >= f.next):
	case same:
		s.Log.Infof("path: %s was cut to %d bytes: it is read from its beginning", f.path, size)
		fallthrough
	default:
		if !same && st.StartSize > 0 {
			s.Log.Infof("path: %s has another content now: it is read from its beginning", f.path)
		}
		*st = state{Path: f.path}
		f.next, f.peeked = 0, 0
		st.Whole = !ingest.IsPlain(buf)
	}
	if n >= st.StartSize {
		st.Start, st.StartSize = checksum(buf), n
	}
	return nil
}

func checksum(b []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(b)
	return h.Sum64()
}

// readWhole reads a file that is compressed.
func (s *Source) readWhole(ctx context.Context, f *file, info fs.FileInfo) error {
	s.mu.Lock()
	busy, skip := len(f.sections) > 0, f.state.Records
	s.mu.Unlock()
	if age := time.Since(info.ModTime()); busy || 0 <= age && age < s.quiet && f.gone.IsZero() {
		return nil
	}
	p := &part{end: info.Size()}
	reading, finish := s.begin(f, p, info)
	report, err := s.reader.Read(ctx, reading, io.NewSectionReader(f.handle, 0, info.Size()), skip)
	if err != nil && (ctx.Err() != nil || isIO(err) || errors.Is(err, intake.ErrClosed) || errors.Is(err, intake.ErrUnconfirmed)) {
		finish(err)
		return err
	}
	f.next = p.end
	p.records = max(report.Sure, skip)
	s.Stats.Bytes.Add(uint64(info.Size()))
	s.Stats.Unreadable.Add(uint64(report.Faults))
	switch {
	case err != nil:
		s.Stats.Count(intake.Incomplete)
		s.slow.Errorf("path: %s: %v; what came before, %d records, was read; it is read again when it changes", f.path, err, report.Records)
	case report.Truncated:
		s.Stats.Count(intake.Incomplete)
	default:
		s.Stats.Count(intake.Done)
	}
	if err == nil {
		s.problems(f, report)
	}
	finish(nil)
	return nil
}

// isIO reports whether an error is of the file, not of what is in it.
func isIO(err error) bool {
	var e *fs.PathError
	return errors.As(err, &e)
}

func (s *Source) problems(f *file, report intake.Report) {
	for _, p := range report.Problems {
		s.slow.Warnf("path: %s: %s", f.path, p)
	}
}

// readText reads what is complete of a text.
func (s *Source) readText(ctx context.Context, f *file, info fs.FileInfo) error {
	size := info.Size()
	for f.next < size && ctx.Err() == nil {
		part, err := complete(f.handle, f.next, size, maxSection)
		if err != nil {
			return err
		}
		end, sure := part.end, true
		if end == f.next {
			if end, sure = s.incomplete(f, part, size); end == f.next {
				return nil
			}
		}
		if err := s.readSection(ctx, f, info, end, sure); err != nil || !sure {
			return err
		}
		f.stuck = time.Time{}
	}
	if f.next == size {
		s.touch(f, info)
	}
	return ctx.Err()
}

// incomplete decides what to do with an incomplete end of a text: it returns its beginning
// to wait for the rest, or up to where it is read as it is. If it is not sure, the same is
// read again when more is there.
func (s *Source) incomplete(f *file, part section, size int64) (end int64, sure bool) {
	now := time.Now()
	if f.stuck.IsZero() {
		f.stuck = now
	}
	final := !f.gone.IsZero() && now.Sub(f.gone) >= s.rotated
	switch {
	case now.Sub(f.stuck) < s.patience && !final, f.peeked == size && !final:
		return f.next, true
	case part.lines > f.next:
		return part.lines, true
	case final:
		return size, true
	}
	f.peeked = size
	return size, false
}

// readSection reads a text up to an offset.
func (s *Source) readSection(ctx context.Context, f *file, info fs.FileInfo, end int64, sure bool) error {
	p := &part{end: end}
	if !sure {
		p.end = f.next
	}
	reading, finish := s.begin(f, p, info)
	report, err := s.reader.Read(ctx, reading, io.NewSectionReader(f.handle, f.next, end-f.next), 0)
	if err != nil {
		finish(err)
		return err
	}
	s.Stats.Bytes.Add(uint64(end - f.next))
	s.Stats.Unreadable.Add(uint64(report.Faults))
	s.problems(f, report)
	if !sure {
		s.Stats.Count(intake.Incomplete)
		s.slow.Warnf("path: %s: the end, from byte %d on, is incomplete; it was read as it is, and is read again when it changes", f.path, f.next)
	}
	f.next = p.end
	if f.next == info.Size() && !f.known {
		f.known = true
		s.Stats.Count(intake.Done)
	}
	finish(nil)
	return nil
}

// begin begins a reading of a section. The returned function ends it.
func (s *Source) begin(f *file, p *part, info fs.FileInfo) (*intake.Reading, func(error)) {
	s.mu.Lock()
	f.sections = append(f.sections, p)
	s.mu.Unlock()
	modified := info.ModTime().UnixNano()
	reading := s.Queue.Begin(f.path, nil, func(err error) { s.confirmed(f, p, modified, err) })
	return reading, reading.End
}

// confirmed handles that all records of a section are confirmed, or that they will not
// be.
func (s *Source) confirmed(f *file, p *part, modified int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, other := range f.sections {
		found = found || other == p
	}
	if !found {
		return // it is being read again
	}
	if err != nil {
		f.failed = true
		return
	}
	p.done = true
	for len(f.sections) > 0 && f.sections[0].done {
		f.state.Position = f.sections[0].end
		if f.state.Whole {
			f.state.Records = f.sections[0].records
		}
		f.sections = f.sections[1:]
	}
	f.state.Modified = 0 // there may be more
	if len(f.sections) == 0 && f.state.Whole {
		f.state.Modified = modified
	}
	st := f.state
	s.dirty[f.id] = &st
}

// touch notes the time of a text that was read to its end.
func (s *Source) touch(f *file, info fs.FileInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if modified := info.ModTime().UnixNano(); len(f.sections) == 0 && !f.failed && f.state.Position == info.Size() && f.state.Modified != modified {
		f.state.Modified = modified
		st := f.state
		s.dirty[f.id] = &st
	}
}

// pathless returns an error of the file system without its path, which the log has
// anyway.
func pathless(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}
