package envelope

import "slices"

const (
	// maxKept is the size in bytes up to which a buffer is kept for the next record, and
	// maxKeptAll that of all buffers together.
	maxKept    = 2 << 20
	maxKeptAll = 4 << 20
	// maxSmall is the size in bytes of the buffers that any Reader may make for a record.
	// For more it needs leave, see Large.
	maxSmall = 4 << 20
	// maxCarriers is maxKept for lists of members.
	maxCarriers = 16 << 10
)

// maxLarge is how many records may be read at the same time for which more than maxSmall is
// needed: each may take a hundred megabytes.
const maxLarge = 2

// Large bounds how many large records several Readers read at the same time: those for
// which more than a few megabytes have to be decoded or decompressed.
type Large chan struct{}

// NewLarge returns a bound for Readers.
func NewLarge() Large { return make(Large, maxLarge) }

// acquire waits until a large record may be read, and returns the function that ends it.
// If others may wait for something that the Reader's goroutine has locked, it does not
// wait.
func (l Large) acquire(locked bool) (release func()) {
	if !locked {
		l <- struct{}{}
		return func() { <-l }
	}
	select {
	case l <- struct{}{}:
		return func() { <-l }
	default:
		return func() {}
	}
}

// Bound sets the bound for large records. locked reports whether the goroutine has locked
// something for which the visits of other Readers wait.
func (r *Reader) Bound(l Large, locked func() bool) { r.large, r.locked = l, locked }

// Release gives up the memory for a large record of which the Read ended in a panic.
func (r *Reader) Release() {
	if r.allowed != nil {
		r.allowed()
		r.allowed = nil
	}
}

// grow is slices.Grow for the buffers of a Reader.
func (r *Reader) grow(buf []byte, n int) []byte {
	if cap(buf)-len(buf) >= n {
		return buf
	}
	if r.made+len(buf)+n > maxSmall && r.allowed == nil && r.large != nil {
		r.allowed = r.large.acquire(r.locked())
	}
	buf = slices.Grow(buf, n)
	r.made += cap(buf)
	return buf
}

// release gives back the large buffers that one record made grow.
func (r *Reader) release() {
	if r.deepest == 0 {
		return
	}
	kept := 0
	for _, l := range r.levels[:r.deepest+1] {
		if l == nil {
			continue
		}
		for _, buf := range [...]*[]byte{&l.text, &l.packed, &l.plain, &l.inflated, &l.respelled, &l.repaired, &l.paired} {
			if kept += cap(*buf); cap(*buf) > maxKept || kept > maxKeptAll {
				kept -= cap(*buf)
				*buf = nil
			}
		}
		if cap(l.carriers) > maxCarriers {
			l.carriers = nil
		}
	}
	r.deepest, r.made = 0, 0
	r.Release()
}

// Trim gives back the large buffers that hostile events made grow. It is called
// between chunks: a buffer that one record needs may be useful for the next one.
func (r *Reader) Trim() {
	for _, l := range r.levels {
		if l != nil { // it was used
			l.event.Release()
		}
	}
}
