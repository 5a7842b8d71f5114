package store

import (
	"bytes"
	"fmt"
	"slices"
)

// maxDepth is how many pages may be above each other.
const maxDepth = 64

// walker reads all that is in a bbolt file, by its meta page.
type walker struct {
	*image
	meta meta
	// bucket is called for each bucket, entry for everything else, with the bucket's
	// path. entry returns false if the entry cannot be right.
	bucket func(path []string, sequence uint64)
	entry  func(path []string, key, value []byte) bool

	used     []bool // by id of page: it is in use
	free     []bool // by id of page: it is not; nil if that is not known
	problem  string // the first
	problems int
	astray   bool // a page or a bucket cannot be found
}

func (w *walker) complain(format string, args ...any) {
	if w.problems++; w.problems == 1 {
		w.problem = fmt.Sprintf(format, args...)
	}
}

// run walks over the file.
func (w *walker) run() {
	if w.meta.end > w.pages() {
		w.complain("it has %d pages of %d", w.pages(), w.meta.end)
		w.meta.end = w.pages()
	}
	w.used = make([]bool, max(w.meta.end, 2))
	w.used[0], w.used[1] = true, true
	w.page(nil, w.meta.root, 0, nil)
	w.checkFree()
}

// take notes that pages are used, and reports whether none of them was.
func (w *walker) take(id uint64, n int) bool {
	if id < 2 || id+uint64(n) > w.meta.end {
		return false
	}
	for i := range uint64(n) {
		if w.used[id+i] {
			return false
		}
	}
	for i := range uint64(n) {
		w.used[id+i] = true
	}
	return true
}

// giveBack undoes take for a page that is broken. One in the value of a bucket has no id.
func (w *walker) giveBack(p page) {
	if p.id == 0 {
		return
	}
	for i := range uint64(p.overflow + 1) {
		w.used[p.id+i] = false
	}
}

// lost notes that what is below a page cannot be found.
func (w *walker) lost(format string, args ...any) {
	w.astray = true
	w.complain(format, args...)
}

// page walks over a page and those below it. The keys are to begin at that one.
// It returns the last key.
func (w *walker) page(path []string, id uint64, depth int, from []byte) (last []byte) {
	p, err := w.read(id)
	if err != nil || depth == maxDepth || !w.take(id, p.overflow+1) {
		w.lost("page %d of %q cannot be read", id, path)
		return nil
	}
	switch p.flags {
	case leafPage:
		last, _ = w.leaf(path, p, from)
		return last
	case branchPage:
		children, ok := p.children()
		if !ok {
			w.giveBack(p)
			w.lost("page %d of %q is broken", id, path)
			return nil
		}
		for i, c := range children {
			if i > 0 && last != nil && bytes.Compare(last, c.key) >= 0 {
				w.complain("page %d of %q is not in order", id, path)
			}
			last = w.page(path, c.page, depth+1, c.key)
		}
		return last
	}
	w.giveBack(p)
	w.lost("page %d of %q is of another kind", id, path)
	return nil
}

// leaf walks over a leaf page, and the buckets in it, and reports whether all of it can be
// right. If not, the page does not count as used.
func (w *walker) leaf(path []string, p page, from []byte) (last []byte, whole bool) {
	whole = true
	next := pageHead + p.count*element
	last = from
	for i := range p.count {
		it, ok := p.item(i)
		if !ok || it.begin != next || it.flags > bucketElement || i > 0 && bytes.Compare(last, it.key) >= 0 || i == 0 && bytes.Compare(last, it.key) > 0 {
			whole = false
			break
		}
		next, last = it.end, it.key
		if it.flags == bucketElement {
			whole = w.inBucket(append(slices.Clone(path), string(it.key)), it.value) && whole
		} else if !w.entry(path, it.key, it.value) {
			whole = false
		}
	}
	switch {
	case p.id == 0: // in the value of a bucket, which ends with it
		whole = whole && next == len(p.data)
	case p.count == 0: // of an empty bucket
		whole = len(bytes.Trim(p.data[pageHead:pageHead+element], "\x00")) == 0
	}
	if p.id != 0 && (next+int(w.pageSize)-1)/int(w.pageSize) != p.overflow+1 {
		whole = false
	}
	if !whole {
		w.lost("something in %q cannot be read", path)
		w.giveBack(p)
	}
	return last, whole
}

// inBucket walks over a bucket, and returns false if its value makes no sense.
func (w *walker) inBucket(path []string, value []byte) bool {
	if len(value) < bucketTop {
		return false
	}
	root, sequence := native.Uint64(value), native.Uint64(value[8:])
	w.bucket(path, sequence)
	if root != 0 {
		before := w.problems
		w.page(path, root, 0, nil)
		return w.problems == before // else it may be no bucket at all
	}
	if len(value) < bucketTop+pageHead {
		return false
	}
	p := pageOf(value[bucketTop:])
	if p.id != 0 || p.flags != leafPage || p.overflow != 0 {
		return false
	}
	_, whole := w.leaf(path, p, nil)
	return whole
}

// checkFree checks that each page is either in use or in the list of free pages.
func (w *walker) checkFree() {
	ids, size, ok := w.image.free(w.meta)
	if !ok || !w.take(w.meta.freelist, size) {
		w.complain("the list of free pages is broken")
		return
	}
	w.free = make([]bool, len(w.used))
	for _, id := range ids {
		if w.used[id] {
			w.complain("page %d is free and in use", id)
		}
		w.free[id] = true
	}
	for id := range w.used {
		if !w.used[id] && !w.free[id] {
			w.lost("page %d is neither free nor in use", id)
			return
		}
	}
}
